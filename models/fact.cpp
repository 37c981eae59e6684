#include "models/fact.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace guanxi::models {
namespace {

template <typename Enum, std::size_t N>
using Words = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Words<Side, 8> kSides{{{Side::customer, "customer"},
                                 {Side::staff, "staff"},
                                 {Side::department, "department"},
                                 {Side::tag, "tag"},
                                 {Side::group, "group"},
                                 {Side::notice, "notice"},
                                 {Side::lead, "lead"},
                                 {Side::lookup, "lookup"}}};

constexpr Words<Trust, 3> kTrusts{{{Trust::account_bound, "account-bound"},
                                   {Trust::self_stated, "self-stated"},
                                   {Trust::staff_typed, "staff-typed"}}};

constexpr Words<FactKind, 14> kFactKinds{{{FactKind::person, "person"},
                                          {FactKind::relation, "relation"},
                                          {FactKind::interaction, "interaction"},
                                          {FactKind::lead, "lead"},
                                          {FactKind::staff, "staff"},
                                          {FactKind::department, "department"},
                                          {FactKind::tag, "tag"},
                                          {FactKind::group, "group"},
                                          {FactKind::member, "member"},
                                          {FactKind::alias, "alias"},
                                          {FactKind::consent, "consent"},
                                          {FactKind::erase, "erase"},
                                          {FactKind::notice, "notice"},
                                          {FactKind::credential, "credential"}}};

constexpr Words<Role, 11> kRoles{{{Role::customer, "customer"},
                                  {Role::staff, "staff"},
                                  {Role::party, "party"},
                                  {Role::self, "self"},
                                  {Role::group, "group"},
                                  {Role::reply_to, "reply_to"},
                                  {Role::of, "of"},
                                  {Role::to, "to"},
                                  {Role::owner, "owner"},
                                  {Role::by, "by"},
                                  {Role::member, "member"}}};

constexpr Words<Drift::Kind, 7> kDriftKinds{{{Drift::Kind::unknown_event, "unknown_event"},
                                             {Drift::Kind::variant, "variant"},
                                             {Drift::Kind::unknown_field, "unknown_field"},
                                             {Drift::Kind::unknown_value, "unknown_value"},
                                             {Drift::Kind::retyped, "retyped"},
                                             {Drift::Kind::silent, "silent"},
                                             {Drift::Kind::unknown_error, "unknown_error"}}};

template <typename Enum, std::size_t N>
std::string_view word(const Words<Enum, N>& words, Enum value) {
  const auto found = std::ranges::find(words, value, &std::pair<Enum, std::string_view>::first);
  return found == words.end() ? std::string_view{} : found->second;
}

template <typename Enum, std::size_t N>
std::optional<Enum> meaning(const Words<Enum, N>& words, std::string_view text) {
  const auto found = std::ranges::find(words, text, &std::pair<Enum, std::string_view>::second);
  if (found == words.end()) return std::nullopt;
  return found->first;
}

Json name_to_json(const Named& name) {
  const Identity& id = name.identity;
  return {{"role", role_text(name.role)},
          {"kind", id.kind},
          {"namespace", id.name_space},
          {"scope", id.scope},
          {"value", id.value},
          {"side", side_text(id.side)}};
}

const std::string* text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

std::optional<Named> name_from_json(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  const auto* role = text_at(json, "role");
  const auto* kind = text_at(json, "kind");
  const auto* name_space = text_at(json, "namespace");
  const auto* scope = text_at(json, "scope");
  const auto* value = text_at(json, "value");
  const auto* side = text_at(json, "side");
  if (!role || !kind || !name_space || !scope || !value || !side) return std::nullopt;
  const auto known_role = role_from(*role);
  const auto known_side = side_from(*side);
  if (!known_role || !known_side) return std::nullopt;
  return Named{*known_role, Identity{*kind, *name_space, *scope, *value, *known_side}};
}

Json fact_to_json(const Fact& fact) {
  Json names = Json::array();
  for (const Named& name : fact.names) names.push_back(name_to_json(name));
  Json json{{"kind", fact_kind_text(fact.kind)},
            {"rule", fact.rule},
            {"index", fact.index},
            {"at", to_ms(fact.at)},
            {"trust", trust_text(fact.trust)},
            {"names", std::move(names)},
            {"fields", fact.fields}};
  if (fact.complete) json["complete"] = role_text(*fact.complete);
  return json;
}

std::optional<Fact> fact_from_json(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  const auto* kind = text_at(json, "kind");
  const auto* rule = text_at(json, "rule");
  const auto* trust = text_at(json, "trust");
  const auto index = json.find("index");
  const auto at = json.find("at");
  const auto names = json.find("names");
  const auto fields = json.find("fields");
  if (!kind || !rule || !trust || index == json.end() || !index->is_number_unsigned() ||
      at == json.end() || !at->is_number_integer() || names == json.end() || !names->is_array() ||
      fields == json.end() || !fields->is_object()) {
    return std::nullopt;
  }
  const auto known_kind = fact_kind_from(*kind);
  const auto known_trust = trust_from(*trust);
  if (!known_kind || !known_trust) return std::nullopt;
  Fact fact{*known_kind,
            *rule,
            index->get<std::uint32_t>(),
            from_ms(at->get<std::int64_t>()),
            *known_trust,
            {},
            *fields,
            {}};
  for (const Json& entry : *names) {
    auto name = name_from_json(entry);
    if (!name) return std::nullopt;
    fact.names.push_back(std::move(*name));
  }
  if (json.contains("complete")) {
    const auto* complete = text_at(json, "complete");
    if (complete) fact.complete = role_from(*complete);
    if (!fact.complete) return std::nullopt;
  }
  return fact;
}

}  // namespace

std::string_view side_text(Side side) { return word(kSides, side); }
std::optional<Side> side_from(std::string_view text) { return meaning(kSides, text); }
std::string_view trust_text(Trust trust) { return word(kTrusts, trust); }
std::optional<Trust> trust_from(std::string_view text) { return meaning(kTrusts, text); }
std::string_view fact_kind_text(FactKind kind) { return word(kFactKinds, kind); }
std::optional<FactKind> fact_kind_from(std::string_view text) { return meaning(kFactKinds, text); }
std::string_view role_text(Role role) { return word(kRoles, role); }
std::optional<Role> role_from(std::string_view text) { return meaning(kRoles, text); }
std::string_view drift_kind_text(Drift::Kind kind) { return word(kDriftKinds, kind); }

std::strong_ordering Identity::operator<=>(const Identity& other) const {
  return std::tie(value, scope, name_space, kind, side) <=>
         std::tie(other.value, other.scope, other.name_space, other.kind, other.side);
}

const Identity* Fact::primary(Role role) const {
  const auto found = std::ranges::find(names, role, &Named::role);
  return found == names.end() ? nullptr : &found->identity;
}

const Identity* Fact::subject() const {
  for (const Role role :
       {Role::customer, Role::party, Role::of, Role::self, Role::staff, Role::group}) {
    if (const Identity* identity = primary(role)) return identity;
  }
  return nullptr;
}

Json facts_to_json(const std::vector<Fact>& facts) {
  Json json = Json::array();
  for (const Fact& fact : facts) json.push_back(fact_to_json(fact));
  return json;
}

std::optional<std::vector<Fact>> facts_from_json(const Json& json) {
  if (!json.is_array()) return std::nullopt;
  std::vector<Fact> facts;
  facts.reserve(json.size());
  for (const Json& entry : json) {
    auto fact = fact_from_json(entry);
    if (!fact) return std::nullopt;
    facts.push_back(std::move(*fact));
  }
  return facts;
}

}  // namespace guanxi::models
