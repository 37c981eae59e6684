// A rule pack: resolved, linted, compiled. Serves any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/adapter.h"
#include "adapters/protocol/transport.h"
#include "adapters/rules/manifest.h"
#include "adapters/rules/pack_source.h"
#include "adapters/rules/plan.h"

namespace guanxi::adapters::rules {

class RulePack final : public Pack {
 public:
  // Of files that the suite has proven: compiled when something of it is first wanted, since of a
  // platform's history few packs ever are.
  RulePack(std::string platform, std::string version, std::shared_ptr<const PackSource> source);
  // `resolved` is the pack with everything it extends. Complaints are added for what is wrong with
  // it, examples included; the pack is usable only if there were none.
  RulePack(std::string platform, std::string version, const Json& resolved,
           const Manifest& manifest, std::vector<Complaint>& complaints);

  const std::string& platform() const override { return platform_; }
  const std::string& version() const override { return version_; }
  const std::string& hash() const override { return text().hash; }
  std::vector<std::string> event_names() const override;
  bool knows(std::string_view event, std::string_view place) const override;
  // Of examples that are callbacks.
  std::vector<std::string> example_names() const override;
  // By the example's name, else the first example of that event. The text is in the example's
  // format.
  Result<std::pair<std::string, Json>> example(std::string_view name) const override;

  const RulePlan& plan() const;
  std::shared_ptr<const protocol::Transport> transport() const;

 private:
  // As text, since a tree takes ten times the room and few ask for one.
  struct Example {
    std::string event;
    std::string text;
  };
  // What is not needed to read events.
  struct Text {
    std::string hash;
    std::map<std::string, Example, std::less<>> examples;  // those that are callbacks
  };

  const Text& text() const;
  static Text text_of(const Json& resolved);

  std::string platform_;
  std::string version_;
  std::shared_ptr<const PackSource> source_;  // null: compiled from the start
  std::shared_ptr<const protocol::Transport> transport_;
  mutable std::once_flag compiled_;
  mutable RulePlan plan_;
  mutable std::once_flag written_;
  mutable Text text_;
};

// Whether a version is a day, "2024-12-19".
bool is_version(std::string_view text);

}  // namespace guanxi::adapters::rules
