#include "adapters/rules/manifest.h"

#include <algorithm>
#include <array>
#include <regex>

#include "adapters/rules/vocabulary.h"

namespace guanxi::adapters::rules {
namespace {

constexpr std::array<std::string_view, 2> kCommon{"public_url", kSharedScopeSetting};

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::vector<std::string> texts_of(const Json& list) {
  std::vector<std::string> texts;
  if (!list.is_array()) return texts;
  for (const Json& text : list) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  return texts;
}

void compile_setting(const std::string& name, const Json& json, bool proven, Manifest& manifest,
                     std::vector<Complaint>& complaints) {
  const std::string pointer = "/settings/" + escape_step(name);
  SettingDescription setting{name,
                             flag_of(json, "secret"),
                             flag_of(json, "required"),
                             text_of(json, "pattern"),
                             text_of(json, "default"),
                             text_of(json, "help")};
  if (setting.help.empty()) complaints.push_back({pointer, "has no help"});
  if (setting.secret && !setting.default_value.empty()) {
    complaints.push_back({pointer, "a secret with a default is no secret"});
  }
  if (is_common_setting(name)) complaints.push_back({pointer, "every channel has it already"});
  if (!setting.pattern.empty() && !proven) {
    try {
      static_cast<void>(std::regex(setting.pattern, std::regex::ECMAScript));
    } catch (const std::regex_error&) {
      complaints.push_back({pointer + "/pattern", "is no ECMAScript pattern"});
    }
  }
  if (json.contains("not_built")) manifest.not_built[name] = texts_of(json.at("not_built"));
  manifest.settings.push_back(std::move(setting));
}

std::string cure(const SettingDescription& setting) {
  return setting.help.empty() ? "" : " (" + setting.help + ")";
}

tl::unexpected<Error> refuse(const ChannelSettings& channel, const std::string& reason) {
  return fail(ErrorCode::malformed, "channel \"" + channel.id + "\": " + reason);
}

std::string unknown_setting(const Manifest& manifest, const std::string& name) {
  std::vector<std::string_view> names(kCommon.begin(), kCommon.end());
  for (const SettingDescription& setting : manifest.settings) names.push_back(setting.name);
  const std::string_view near = nearest(name, names);
  std::string reason = "unknown setting \"" + name + "\"";
  if (!near.empty()) reason += "; did you mean \"" + std::string(near) + "\"?";
  return reason;
}

}  // namespace

const SettingDescription* Manifest::setting(std::string_view name) const {
  const auto found = std::ranges::find(settings, name, &SettingDescription::name);
  return found == settings.end() ? nullptr : &*found;
}

bool is_common_setting(std::string_view name) {
  return std::ranges::find(kCommon, name) != kCommon.end();
}

std::vector<std::string> alternatives_of(const std::string& text) {
  std::vector<std::string> names;
  std::size_t from = 0;
  for (std::size_t bar = text.find('|'); bar != std::string::npos; bar = text.find('|', from)) {
    names.push_back(text.substr(from, bar - from));
    from = bar + 1;
  }
  names.push_back(text.substr(from));
  return names;
}

Manifest compile_manifest(const Json& json, std::vector<Complaint>& complaints, bool proven) {
  Manifest manifest;
  if (!json.is_object()) {
    complaints.push_back({"", "is no object"});
    return manifest;
  }
  manifest.title = text_of(json, "title");
  if (const auto settings = json.find("settings");
      settings != json.end() && settings->is_object()) {
    for (const auto& [name, setting] : settings->items()) {
      if (setting.is_object()) compile_setting(name, setting, proven, manifest, complaints);
    }
  }
  for (const SettingDescription& setting : manifest.settings) {
    if (!setting.default_value.starts_with('$')) continue;
    const std::string other = setting.default_value.substr(1);
    if (other == setting.name || manifest.setting(other) == nullptr) {
      complaints.push_back({"/settings/" + escape_step(setting.name) + "/default",
                            "names no other setting: \"" + other + "\""});
    }
  }
  if (const auto scopes = json.find("scopes"); scopes != json.end() && scopes->is_object()) {
    for (const auto& [name, list] : scopes->items()) {
      manifest.scopes[name] = texts_of(list);
      for (const std::string& written : manifest.scopes[name]) {
        for (const std::string& setting : alternatives_of(written)) {
          if (setting == "$org" || setting == "$app") continue;
          const SettingDescription* described = manifest.setting(setting);
          if (described == nullptr || described->secret) {
            complaints.push_back({"/scopes/" + escape_step(name),
                                  "\"" + setting + "\" is no setting, or a secret one"});
          }
        }
      }
    }
  }
  if (json.contains("capabilities")) manifest.capabilities = texts_of(json.at("capabilities"));
  return manifest;
}

Result<Settings> complete_settings(const Manifest& manifest, const ChannelSettings& channel) {
  Settings settings;
  for (const auto& [name, value] : channel.settings) {
    if (manifest.setting(name) == nullptr && !is_common_setting(name)) {
      return refuse(channel, unknown_setting(manifest, name));
    }
    if (!value.empty()) settings[name] = value;
  }
  // Defaults that name another setting take its value, so plain ones are filled in first.
  for (const bool references : {false, true}) {
    for (const SettingDescription& setting : manifest.settings) {
      if (settings.contains(setting.name) || setting.default_value.empty()) continue;
      if (setting.default_value.starts_with('$') != references) continue;
      // A value given as empty is meant: an individual developer's receiver id, for one.
      if (channel.settings.contains(setting.name) && !setting.required) {
        settings[setting.name];
        continue;
      }
      const auto other =
          references ? settings.find(setting.default_value.substr(1)) : settings.end();
      if (!references) {
        settings[setting.name] = setting.default_value;
      } else if (other != settings.end()) {
        settings[setting.name] = other->second;
      }
    }
  }
  for (const SettingDescription& setting : manifest.settings) {
    // An empty key would mean none, and with it a weaker recipe than its owner believes.
    const auto given = channel.settings.find(setting.name);
    if (setting.secret && given != channel.settings.end() && given->second.empty()) {
      return refuse(channel, "the setting \"" + setting.name +
                                 "\" is empty; give its value, or leave it out" + cure(setting));
    }
    const auto found = settings.find(setting.name);
    if (found == settings.end()) {
      if (!setting.required) continue;
      return refuse(channel, "the setting \"" + setting.name + "\" is missing" + cure(setting));
    }
    const std::string& value = found->second;
    if (const auto list = manifest.not_built.find(setting.name);
        list != manifest.not_built.end() &&
        std::ranges::find(list->second, value) != list->second.end()) {
      return refuse(channel, setting.name + " = \"" + value + "\" is not built yet");
    }
    constexpr std::size_t kLongest = 4096;  // std::regex recurses by length
    // Compiled here, since a channel sets few of a platform's settings.
    if (value.size() > kLongest ||
        (!setting.pattern.empty() &&
         !std::regex_match(value, std::regex(setting.pattern, std::regex::ECMAScript)))) {
      return refuse(channel, "the setting \"" + setting.name +
                                 "\" does not look like one: it must match " + setting.pattern +
                                 cure(setting));
    }
  }
  settings.emplace(kSharedScopeSetting, kSharedScopeDefault);
  return settings;
}

}  // namespace guanxi::adapters::rules
