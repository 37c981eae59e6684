// Every platform that this binary knows: the manifests and packs embedded from
// adapters/<platform>/, and those of a rules directory, which add or override.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/adapter.h"

namespace guanxi::adapters {

// A setting of a channel, as the platform's manifest.json describes it.
struct SettingDescription {
  std::string name;
  bool secret = false;
  bool required = false;
  std::string pattern;        // ECMAScript, whole match; empty: any text
  std::string default_value;  // may name another setting: "$corp_id"
  std::string help;           // one sentence, where the console shows it
};

struct PlatformDescription {
  std::string name;  // "wecom"
  std::string title;
  std::vector<SettingDescription> settings;
  std::vector<std::string> pack_versions;   // ascending
  std::vector<std::string> added_versions;  // of these, what is of the rules directory
};

// One complaint about a pack or manifest: where, and what is wrong.
struct Finding {
  std::string file;     // "wecom/rules/2024-12-19.json"
  std::string pointer;  // JSON pointer into it
  std::string reason;
};

class Registry {
 public:
  // Loads the built-in platforms, then `rules_dir` if not empty (<dir>/<platform>/<date>.json and
  // <dir>/<platform>/manifest.json). Throws std::runtime_error naming file, pointer and reason.
  explicit Registry(const std::string& rules_dir = {});
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  std::vector<PlatformDescription> platforms() const;
  // Binds a channel. Errors (malformed) name the setting and the cure; secrets are not quoted.
  Result<std::shared_ptr<const Adapter>> bind(const ChannelSettings& channel) const;
  // A compiled pack; null when there is none of that version.
  std::shared_ptr<const Pack> pack(std::string_view platform, std::string_view version) const;

 private:
  struct Platforms;
  std::unique_ptr<Platforms> platforms_;
};

// A pack with everything it extends, as its author would have written it whole. `not_found` names
// what there is.
Result<models::Json> resolved_pack(const std::string& rules_dir, const std::string& platform,
                                   const std::string& version);

// Everything wrong with the packs below `dir` (as `rules_dir`), examples run; empty: clean.
std::vector<Finding> lint(const std::string& dir);
// The same for the packs in the binary.
std::vector<Finding> lint_built_in();

}  // namespace guanxi::adapters
