// A channel of the platform under test, bound to the packs in the binary.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "adapters/registry.h"

namespace guanxi::adapters::wecom_test {

using models::Json;

inline const Registry& registry() {
  static const Registry built_in;
  return built_in;
}

// The settings of the synthetic vectors, changed by `more`; freshness is not what these tests are
// about.
inline ChannelSettings channel(const Settings& more = {}, const std::string& rules = "latest") {
  ChannelSettings made;
  made.id = "acme";
  made.platform = "wecom";
  made.tenant = "default";
  made.rules = rules;
  made.freshness = Milliseconds{0};
  made.settings = {{"corp_id", "ww00scrmdemo000001"},
                   {"token", "gatewayTok1"},
                   {"encoding_aes_key", "3bfcOEhSXJjE8rE3R5EYPQNzDxiGjwei4JP+tYrijVE"},
                   {"secret", "demo-secret"}};
  for (const auto& [name, value] : more) made.settings[name] = value;
  return made;
}

inline std::shared_ptr<const Adapter> adapter_with(const Settings& more = {},
                                                   const std::string& rules = "latest") {
  auto bound = registry().bind(channel(more, rules));
  if (!bound) throw std::runtime_error(bound.error().detail);
  return *bound;
}

inline Json read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return Json::parse(text.str());
}

inline std::vector<std::filesystem::path> json_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

inline std::filesystem::path source_dir() { return GUANXI_SOURCE_DIR; }

// 2026-11-22T00:00:00Z: later than every pack.
inline Time today() { return from_ms(1795305600000); }

inline Forgery forgery(const std::string& recipe) {
  return {today(), "9001", "0123456789abcdef", recipe};
}

// Facts as golden files show them, without the rules that stated them.
inline Json plain_facts(const std::vector<models::Fact>& facts) {
  Json json = Json::array();
  for (const models::Fact& fact : facts) {
    Json names = Json::array();
    for (const auto& [role, identity] : fact.names) {
      names.push_back({{"role", models::role_text(role)},
                       {"kind", identity.kind},
                       {"namespace", identity.name_space},
                       {"scope", identity.scope},
                       {"value", identity.value},
                       {"side", models::side_text(identity.side)}});
    }
    Json one{{"kind", models::fact_kind_text(fact.kind)},
             {"at", to_ms(fact.at)},
             {"trust", models::trust_text(fact.trust)},
             {"names", std::move(names)},
             {"fields", fact.fields}};
    if (fact.complete) one["complete"] = models::role_text(*fact.complete);
    json.push_back(std::move(one));
  }
  return json;
}

inline Json plain_calls(const std::vector<models::WantedCall>& calls) {
  static constexpr const char* kWhen[] = {"always", "gap", "unknown"};
  Json json = Json::array();
  for (const models::WantedCall& call : calls) {
    Json one{{"call", call.call},
             {"with", call.arguments},
             {"after_ms", call.after.count()},
             {"when", kWhen[static_cast<std::size_t>(call.when)]}};
    if (call.about) {
      one["about"] = {{"kind", call.about->kind},
                      {"namespace", call.about->name_space},
                      {"scope", call.about->scope},
                      {"side", models::side_text(call.about->side)},
                      {"value", call.about->value}};
    }
    if (!call.version_before.empty()) one["version_before"] = call.version_before;
    json.push_back(std::move(one));
  }
  return json;
}

// Everything an event says, for comparing two readings of it.
inline Json plain_event(const models::Event& event) {
  Json drift = Json::array();
  for (const models::Drift& one : event.drift) {
    drift.push_back({models::drift_kind_text(one.kind), one.pointer});
  }
  return {{"event", event.name},
          {"status", static_cast<int>(event.status)},
          {"at", to_ms(event.at)},
          {"facts", plain_facts(event.facts)},
          {"calls", plain_calls(event.calls)},
          {"drift", std::move(drift)}};
}

inline Json plain_reading(const Reading& reading) {
  Json json = Json::array();
  for (const models::Event& event : reading.events) json.push_back(plain_event(event));
  return json;
}

}  // namespace guanxi::adapters::wecom_test
