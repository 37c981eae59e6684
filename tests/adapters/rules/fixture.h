// Small packs for tests of the vocabulary: one inlet, a few kinds of id, and what a test adds.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "adapters/rules/compile.h"
#include "adapters/rules/example.h"
#include "adapters/rules/normalize.h"

namespace guanxi::adapters::rules::test {

inline constexpr std::int64_t kReceived = 1735689600000;  // 2025-01-01T00:00:00Z

inline Json manifest_json() {
  return Json::parse(R"({
    "title": "Chat",
    "settings": {"corp": {"required": true, "help": "The company."},
                 "secret": {"secret": true, "help": "The secret."},
                 "api_base": {"help": "The address."}},
    "scopes": {"org": ["corp"], "tenant_org": ["$org"], "either": ["$org|corp"]}})");
}

// A pack without events, enums and api: tests patch them in.
inline Json base_pack() {
  return Json::parse(R"({
    "interface": 1,
    "source": {"sheet": "read 2026-01-01"},
    "transport": {},
    "identities": {
      "cid": {"namespace": "chat.cid", "scope": "org", "side": "customer"},
      "uid": {"namespace": "chat.uid", "scope": "org", "side": "staff"},
      "union": {"namespace": "chat.union", "scope": "unionid_scope", "side": "customer"},
      "mobile": {"namespace": "phone", "scope": "tenant", "side": "customer", "trust": "self-stated"},
      "tag": {"namespace": "chat.tag", "scope": "org", "side": "tag"},
      "group": {"namespace": "chat.group", "scope": "org", "side": "group"},
      "lead": {"namespace": "chat.lead", "scope": "org", "side": "lead"},
      "notice": {"namespace": "chat.notice", "scope": "org", "side": "notice"}},
    "inlets": {"main": {"has": ["/type"], "name": ["/type"], "time": "/time"}},
    "events": {},
    "examples": {}})");
}

inline Json patched(Json pack, const char* patch) {
  pack.merge_patch(Json::parse(patch));
  return pack;
}
inline Json pack_with(const char* patch) { return patched(base_pack(), patch); }

// A compiled pack and everything it was complained of.
struct Compiled {
  explicit Compiled(const Json& pack) {
    std::vector<Complaint> of_manifest;
    manifest = compile_manifest(manifest_json(), of_manifest);
    REQUIRE(of_manifest.empty());
    plan = compile_rules(pack, manifest, complaints);
    scopes =
        Scopes(plan, manifest, {{"corp", "C1"}, {"secret", "S"}, {"unionid_scope", "default"}});
  }

  bool complains(std::string_view pointer, std::string_view reason) const {
    for (const Complaint& complaint : complaints) {
      if (complaint.pointer == pointer && complaint.reason.find(reason) != std::string::npos) {
        return true;
      }
    }
    return false;
  }
  std::string all() const {
    std::string text;
    for (const Complaint& complaint : complaints) {
      text += complaint.pointer + ": " + complaint.reason + "\n";
    }
    return text;
  }

  std::vector<models::Event> read(const Json& message, std::string_view recipe = "") const {
    return read_message({plan, scopes, models::Trust::account_bound, from_ms(kReceived)}, recipe,
                        message);
  }

  Manifest manifest;
  RulePlan plan;
  Scopes scopes;
  std::vector<Complaint> complaints;
};

inline Compiled clean(const Json& pack) {
  Compiled compiled(pack);
  INFO(compiled.all());
  REQUIRE(compiled.complaints.empty());
  return compiled;
}

// The one event of a message, as examples spell it.
inline Json event_of(const Compiled& pack, const char* message) {
  const auto events = pack.read(Json::parse(message));
  REQUIRE(events.size() == 1);
  return readable(events.front());
}

inline Json facts_of(const Compiled& pack, const char* message) {
  return event_of(pack, message).at("facts");
}

inline Json drift_of(const Compiled& pack, const char* message) {
  return event_of(pack, message).at("drift");
}

// A pack whose event "e" sets one field of a person to `value`.
inline Json setting(const char* field, const char* value, const char* enums = "{}") {
  Json pack = base_pack();
  pack["events"]["e"] = {{"facts",
                          {{"p",
                            {{"fact", "person"},
                             {"customer", {{"cid", "/c"}}},
                             {"set", {{field, Json::parse(value)}}}}}}}};
  pack["enums"] = Json::parse(enums);
  return pack;
}

}  // namespace guanxi::adapters::rules::test
