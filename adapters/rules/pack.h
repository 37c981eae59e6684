// A rule pack: loaded, resolved, linted, compiled. Immutable; serves any thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/adapter.h"
#include "adapters/protocol/transport.h"
#include "adapters/rules/manifest.h"
#include "adapters/rules/plan.h"

namespace guanxi::adapters::rules {

class RulePack final : public Pack {
 public:
  // `resolved` is the pack with everything it extends. Complaints are added for what is wrong with
  // it, examples included; the pack is usable only if there were none. A transport that equals
  // `earlier`'s is shared with it.
  RulePack(std::string platform, std::string version, const Json& resolved,
           const Manifest& manifest, const RulePack* earlier, std::vector<Complaint>& complaints);

  const std::string& platform() const override { return platform_; }
  const std::string& version() const override { return version_; }
  const std::string& hash() const override { return hash_; }
  std::vector<std::string> event_names() const override;
  // Of examples that are callbacks.
  std::vector<std::string> example_names() const override;
  // By the example's name, else the first example of that event. The text is in the example's
  // format.
  Result<std::pair<std::string, Json>> example(std::string_view name) const override;

  const RulePlan& plan() const { return plan_; }
  const std::shared_ptr<const protocol::Transport>& transport() const { return transport_; }

 private:
  // As text, since a tree takes ten times the room and few ask for one.
  struct Example {
    std::string event;
    std::string text;
  };

  void keep_examples(const Json& resolved);

  std::string platform_;
  std::string version_;
  std::string hash_;
  std::string transport_text_;
  std::map<std::string, Example, std::less<>> examples_;  // those that are callbacks
  RulePlan plan_;
  std::shared_ptr<const protocol::Transport> transport_;
};

// Whether a version is a day, "2024-12-19".
bool is_version(std::string_view text);

// A pack's file, not yet resolved.
struct PackFile {
  std::string file;  // "wecom/rules/2024-12-19.json", for findings
  Json json;
};
using PackFiles = std::map<std::string, PackFile, std::less<>>;  // by version

// The pack over everything it extends, without `extends`. Complains if a base is missing, or later.
Json resolve_pack(const PackFiles& files, const std::string& version,
                  std::vector<Complaint>& complaints);

}  // namespace guanxi::adapters::rules
