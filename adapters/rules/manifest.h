// A platform's manifest.json: which settings a channel has, and what tells its scopes apart.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "adapters/registry.h"
#include "adapters/rules/path.h"

namespace guanxi::adapters::rules {

// Where in a file, and what is wrong there.
struct Complaint {
  std::string pointer;
  std::string reason;

  bool operator==(const Complaint&) const = default;
};

struct Manifest {
  std::string title;
  std::vector<SettingDescription> settings;
  std::map<std::string, std::vector<std::string>, std::less<>> not_built;  // setting → values
  std::map<std::string, std::vector<std::string>, std::less<>> scopes;
  std::vector<std::string> capabilities;

  const SettingDescription* setting(std::string_view name) const;
};

// Settings that every channel has, whatever its platform.
bool is_common_setting(std::string_view name);

// "$org|corp_id" of a scope: the first that has a value counts.
std::vector<std::string> alternatives_of(const std::string& text);

// Compiles a manifest; complaints are added for what is wrong with it. `proven`: its patterns need
// not be tried.
Manifest compile_manifest(const Json& json, std::vector<Complaint>& complaints,
                          bool proven = false);

// The settings of a channel with defaults filled in. The error names the setting and the cure, and
// never quotes a secret.
Result<Settings> complete_settings(const Manifest& manifest, const ChannelSettings& channel);

}  // namespace guanxi::adapters::rules
