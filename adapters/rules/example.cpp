#include "adapters/rules/example.h"

#include <algorithm>
#include <set>

#include "adapters/rules/api.h"
#include "adapters/rules/convert.h"
#include "adapters/rules/normalize.h"

namespace guanxi::adapters::rules {
namespace {

using models::Drift;
using models::Event;
using models::Fact;
using models::WantedCall;

constexpr std::string_view kDefaultReceived = "2025-01-01T00:00:00.000Z";

bool is_time_field(FactKind kind, std::string_view name) {
  const auto& fields = fact_rule(kind).fields;
  const auto found = std::ranges::find(fields, name, &FieldRule::name);
  return found != fields.end() && found->type == Type::time;
}

// The word by which packs write a role of this kind.
std::string role_name(FactKind kind, Role role) {
  const auto& roles = fact_rule(kind).roles;
  const auto found = std::ranges::find(roles, role, &RoleRule::role);
  return std::string(found == roles.end() ? models::role_text(role) : found->name);
}

Json with_cleared(const Json& set) {
  Json shown = set;
  for (auto& [name, value] : shown.items()) {
    if (value.is_null()) value = {{"cleared", true}};
  }
  return shown;
}

Json readable_fact(const Fact& fact, Time event_at) {
  Json shown{{"fact", models::fact_kind_text(fact.kind)}};
  for (const models::Named& name : fact.names) {
    shown[role_name(fact.kind, name.role)][name.identity.kind] = name.identity.value;
  }
  for (const auto& [name, value] : fact.fields.items()) {
    if (name == "set") {
      shown[name] = with_cleared(value);
    } else if (is_time_field(fact.kind, name)) {
      shown[name] = format_time(from_ms(value.get<std::int64_t>()));
    } else {
      shown[name] = value;
    }
  }
  if (fact.at != event_at) shown["at"] = format_time(fact.at);
  if (fact.trust != Trust::account_bound) shown["trust"] = models::trust_text(fact.trust);
  if (fact.complete) shown["complete"] = Json::array({role_name(fact.kind, *fact.complete)});
  return shown;
}

Json readable_call(const WantedCall& call) {
  Json shown{{"call", call.call}};
  if (!call.arguments.empty()) shown["with"] = call.arguments;
  if (call.after.count() != 0) shown["after"] = std::to_string(call.after.count() / 1000) + "s";
  if (call.when == WantedCall::When::gap) shown["when"] = "gap";
  if (call.when == WantedCall::When::unknown) shown["when"] = "unknown";
  if (call.about) shown["about"] = {{call.about->kind, call.about->value}};
  if (!call.version_before.empty()) shown["version_before"] = call.version_before;
  return shown;
}

// What an author may write in more than one way, written in ours.
class Expectation {
 public:
  Expectation(const RulePlan& plan, Time received_at) : plan_(plan), received_at_(received_at) {}

  Json event(const Json& written) const {
    Json expected{{"event", written.value("event", Json(""))},
                  {"facts", Json::array()},
                  {"calls", written.value("calls", Json::array())},
                  {"drift", written.value("drift", Json::array())}};
    if (written.contains("at")) expected["at"] = time(written.at("at"));
    for (const Json& one : written.value("facts", Json::array())) {
      expected["facts"].push_back(fact(one));
    }
    return expected;
  }

 private:
  Json time(const Json& written) const {
    const auto parsed = to_time(written);
    return parsed ? Json(format_time(*parsed)) : written;
  }

  Json fact(const Json& written) const {
    if (!written.is_object()) return written;
    const auto kind = models::fact_kind_from(written.value("fact", std::string()));
    if (!kind) return written;
    Json expected = written;
    for (const RoleRule& role : fact_rule(*kind).roles) {
      const auto found = expected.find(role.name);
      if (found == expected.end() || found->is_object() || !role.thing) continue;
      if (const std::string sole = kind_of(role.side); !sole.empty()) {
        *found = Json{{sole, *found}};
      }
    }
    for (const FieldRule& field : fact_rule(*kind).fields) {
      if (field.type != Type::time || !expected.contains(field.name)) continue;
      expected[std::string(field.name)] = time(expected[std::string(field.name)]);
    }
    if (expected.contains("at")) expected["at"] = time(expected["at"]);
    return expected;
  }

  std::string kind_of(Side side) const {
    std::string sole;
    for (const IdentityPlan& identity : plan_.identities) {
      if (identity.by_org || identity.side != side) continue;
      if (!sole.empty()) return {};
      sole = identity.kind;
    }
    return sole;
  }

  const RulePlan& plan_;
  Time received_at_;
};

constexpr std::size_t kLongest = 300;

std::string first_difference(const Json& expected, const Json& actual) {
  const Json patch = Json::diff(expected, actual);
  if (patch.empty()) return "differs";
  std::string pointer = patch.front().at("path").get<std::string>();
  if (patch.front().at("op") == "add" && pointer.ends_with("/-")) {
    const Json& value = patch.front().at("value");
    return "at " + pointer.substr(0, pointer.size() - 1) + "…: not written is " +
           value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, kLongest);
  }
  const Json::json_pointer place(pointer);
  const auto shown = [&](const Json& json) {
    if (!json.contains(place)) return std::string("nothing");
    return json.at(place).dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, kLongest);
  };
  return "at " + pointer + ": written is " + shown(expected) + ", read is " + shown(actual);
}

class Examples {
 public:
  Examples(const RulePlan& plan, const Manifest& manifest, const Json& recipes,
           std::vector<Complaint>& complaints)
      : plan_(plan),
        scopes_(plan, manifest, example_settings(manifest)),
        recipes_(recipes),
        complaints_(complaints) {}

  void run(const std::string& name, const Json& example) {
    const std::string pointer = "/examples/" + escape_step(name);
    static const std::set<std::string, std::less<>> kKeys{
        "payload", "format", "event",  "at",        "facts",       "calls", "drift",
        "with",    "next",   "events", "answer_to", "received_at", "recipe"};
    for (const auto& [key, value] : example.items()) {
      if (!kKeys.contains(key)) complaints_.push_back({pointer + '/' + key, "unknown key"});
    }
    const auto received = parse_time(example.value("received_at", std::string(kDefaultReceived)));
    if (!received) {
      complaints_.push_back({pointer + "/received_at", "is no RFC 3339 time"});
      return;
    }
    std::string next;
    const auto events = read(example, pointer, *received, next);
    if (!events) return;
    compare(example, pointer, *received, *events);
    const std::string expected = example.value("next", std::string());
    if (next != expected) {
      complaints_.push_back(
          {pointer + "/next", "written is \"" + expected + "\", read is \"" + next + "\""});
    }
  }

  void check_coverage() {
    for (const auto& [name, entry] : plan_.events) {
      if (!events_seen_.contains(name)) {
        complaints_.push_back({"/events/" + escape_step(name), "has no example"});
      }
    }
    for (const auto& [name, call] : plan_.api.calls) {
      if (call.reads && !calls_seen_.contains(name)) {
        complaints_.push_back({"/api/calls/" + escape_step(name), "has no example"});
      }
    }
  }

 private:
  // Any distinct values do: scopes are not compared.
  static Settings example_settings(const Manifest& manifest) {
    Settings settings;
    for (const SettingDescription& setting : manifest.settings) {
      settings[setting.name] = setting.name;
    }
    return settings;
  }

  std::optional<std::vector<Event>> read(const Json& example, const std::string& pointer,
                                         Time received, std::string& next) {
    Situation situation{plan_, scopes_, Trust::account_bound, received};
    if (!example.contains("answer_to")) {
      const std::string recipe = example.value("recipe", std::string());
      if (!recipe.empty() && !recipes_.contains(recipe)) {
        complaints_.push_back({pointer + "/recipe", "the transport has no such recipe"});
        return std::nullopt;
      }
      if (const auto weak = plan_.recipe_trust.find(recipe); weak != plan_.recipe_trust.end()) {
        situation.trust = weak->second;
      }
      return read_message(situation, recipe, example.at("payload"));
    }
    const std::string name = example.value("answer_to", std::string());
    const auto call = plan_.api.calls.find(name);
    if (call == plan_.api.calls.end()) {
      complaints_.push_back({pointer + "/answer_to", "there is no call \"" + name + "\""});
      return std::nullopt;
    }
    calls_seen_.insert(name);
    const CallContext context{name, example.value("with", Json::object()), received};
    if (call->second.pages) {
      next = next_page(*call->second.pages, example.at("payload"),
                       context.arguments.value("page", std::string()));
    }
    return read_answer(situation, call->second, context, example.at("payload"));
  }

  void compare(const Json& example, const std::string& pointer, Time received,
               const std::vector<Event>& events) {
    const Expectation expectation(plan_, received);
    Json expected = Json::array();
    if (example.contains("events")) {
      for (const Json& one : example.at("events")) expected.push_back(expectation.event(one));
    } else {
      Json one = example;
      if (example.contains("answer_to")) one["event"] = example.at("answer_to");
      expected.push_back(expectation.event(one));
    }
    Json actual = Json::array();
    for (const Event& event : events) {
      events_seen_.insert(event.name);
      Json shown = readable(event);
      const std::size_t i = actual.size();
      if (i >= expected.size() || !expected[i].contains("at")) shown.erase("at");
      actual.push_back(std::move(shown));
    }
    if (expected != actual) {
      complaints_.push_back({pointer, first_difference(expected, actual)});
    }
  }

  const RulePlan& plan_;
  Scopes scopes_;
  const Json& recipes_;
  std::vector<Complaint>& complaints_;
  std::set<std::string, std::less<>> events_seen_;
  std::set<std::string, std::less<>> calls_seen_;
};

}  // namespace

Json readable(const Event& event) {
  Json shown{{"event", event.name},
             {"at", format_time(event.at)},
             {"facts", Json::array()},
             {"calls", Json::array()},
             {"drift", Json::array()}};
  for (const Fact& fact : event.facts) shown["facts"].push_back(readable_fact(fact, event.at));
  for (const WantedCall& call : event.calls) shown["calls"].push_back(readable_call(call));
  for (const Drift& drift : event.drift) {
    shown["drift"].push_back(
        {{"kind", models::drift_kind_text(drift.kind)}, {"pointer", drift.pointer}});
  }
  return shown;
}

void run_examples(const RulePlan& plan, const Manifest& manifest, const Json& pack,
                  std::vector<Complaint>& complaints) {
  static const Json kNone = Json::object();
  const Json::json_pointer place("/transport/recipes");
  Examples examples(plan, manifest, pack.contains(place) ? pack.at(place) : kNone, complaints);
  for (const auto& [name, example] : pack.at("examples").items()) {
    if (example.is_object() && example.contains("payload")) examples.run(name, example);
  }
  examples.check_coverage();
}

}  // namespace guanxi::adapters::rules
