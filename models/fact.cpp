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

constexpr Words<Drift::Kind, 8> kDriftKinds{{{Drift::Kind::unknown_event, "unknown_event"},
                                             {Drift::Kind::variant, "variant"},
                                             {Drift::Kind::unknown_field, "unknown_field"},
                                             {Drift::Kind::unknown_value, "unknown_value"},
                                             {Drift::Kind::retyped, "retyped"},
                                             {Drift::Kind::silent, "silent"},
                                             {Drift::Kind::unknown_error, "unknown_error"},
                                             {Drift::Kind::vanished, "vanished"}}};

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
  return std::tie(value, scope, name_space) <=>
         std::tie(other.value, other.scope, other.name_space);
}

const Identity* Fact::primary(Role role) const {
  const auto found = std::ranges::find(names, role, &Named::role);
  return found == names.end() ? nullptr : &found->identity;
}

const Identity* Fact::subject() const {
  const bool has_party =
      kind == FactKind::interaction || kind == FactKind::consent || kind == FactKind::member;
  const Identity* value = nullptr;  // a phone or e-mail
  for (const Named& named : names) {
    if (named.role != (has_party ? Role::party : Role::customer)) continue;
    if (named.identity.side != Side::customer) continue;
    if (!is_contact(named.identity)) return &named.identity;
    if (value == nullptr) value = &named.identity;
  }
  if (const Identity* self = primary(Role::self); self != nullptr && kind == FactKind::lead) {
    return self;
  }
  if (value != nullptr) return value;
  for (const Role role :
       {Role::customer, Role::party, Role::of, Role::self, Role::staff, Role::group}) {
    if (const Identity* identity = primary(role)) return identity;
  }
  return nullptr;
}

bool is_contact(const Identity& identity) {
  return identity.name_space == "phone" || identity.name_space == "email";
}

}  // namespace guanxi::models
