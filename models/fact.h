// What one callback or API answer says about people and things: facts, the system of record beside
// the inbox. Customers, relations, tags and groups are folds of facts (semantics.md, 1).
#pragma once

#include <compare>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/time.h"

namespace guanxi::models {

using Json = nlohmann::json;

// Whom or what an identity names.
enum class Side : std::uint8_t { customer, staff, department, tag, group, notice, lead, lookup };
std::string_view side_text(Side side);
std::optional<Side> side_from(std::string_view text);

// A name of a person or thing, unique by (tenant, name_space, scope, value), compared bytewise.
struct Identity {
  std::string kind;        // the platform's word: "external_userid", "unionid", "userid", "chat_id"
  std::string name_space;  // "wecom.external_userid"; "phone" and "email" belong to no platform
  std::string
      scope;  // in which the value is unique: corp and caller, app, unionid scope, tenant ("")
  std::string value;
  Side side = Side::customer;

  // Two words of a platform for one name are one identity.
  bool operator==(const Identity& other) const { return (*this <=> other) == 0; }
  // By value first, in which identities differ soonest.
  std::strong_ordering operator<=>(const Identity& other) const;
};

// A phone or an e-mail address, which belongs to no platform and which people may share.
bool is_contact(const Identity& identity);

// How far a statement that two identities are one person is believed (semantics.md, 2).
enum class Trust : std::uint8_t {
  account_bound,  // the platform names both in one authenticated payload: joins
  self_stated,    // typed by the person into a form: attaches to a sole holder
  staff_typed,    // typed by staff, or from an unauthenticated source: only suggests
};
std::string_view trust_text(Trust trust);
std::optional<Trust> trust_from(std::string_view text);

// The kinds of fact that rule packs may state (rule-packs.md, B.4).
enum class FactKind : std::uint8_t {
  person,
  relation,
  interaction,
  lead,
  staff,
  department,
  tag,
  group,
  member,
  alias,
  consent,
  erase,
  notice,
  credential,
};
std::string_view fact_kind_text(FactKind kind);
std::optional<FactKind> fact_kind_from(std::string_view text);

// The part an identity plays in a fact.
enum class Role : std::uint8_t {
  customer,
  staff,
  party,
  self,
  group,
  reply_to,
  of,
  to,
  owner,
  by,
  member
};
std::string_view role_text(Role role);
std::optional<Role> role_from(std::string_view text);

struct Named {
  Role role{};
  Identity identity;

  bool operator==(const Named&) const = default;
};

// One statement. Keyed by (inbox row, rule, index) so that reading a row twice states it once.
//
// `fields` holds what the kind's table in rule-packs.md B.4 lists besides parties, under those
// names: text, numbers, booleans and lists as JSON; times as milliseconds since 1970; `set` as an
// object of field name to value, where JSON null means "cleared" and absence means "unknown". Tags
// of a relation are `set.tags`: [{"id","name"?,"group"?,"type"?}].
struct Fact {
  FactKind kind{};
  std::string rule;         // name of the rule in its pack that stated it
  std::uint32_t index = 0;  // which element, when the rule runs over a list
  Time at{};                // when it became true, by the platform's clock
  Trust trust = Trust::account_bound;
  std::vector<Named> names;  // the first name of each role is the primary one
  Json fields = Json::object();
  // The role whose whole list this fact belongs to: others of that kind, not listed, are over.
  std::optional<Role> complete;
  bool unproven = false;  // nothing proved that the payload came from its platform

  bool operator==(const Fact&) const = default;

  // The primary identity of a role; null when the fact names nobody there.
  const Identity* primary(Role role) const;
  // The identity whose history this fact belongs to: an id by which a platform knows the person; a
  // lead by its own name if it has no such id, for several people may give one phone; else a phone
  // or e-mail; for facts of things the thing. It depends on nothing but the fact.
  const Identity* subject() const;
};

// Facts as JSON and back, for the store. Nothing for what facts_state() did not write.
Json facts_state(const std::vector<Fact>& facts);
std::optional<std::vector<Fact>> facts_from_state(const Json& json);

// A platform call that would complete a thin event.
struct WantedCall {
  std::string call;       // name in the pack's api section
  Json arguments;         // object of text
  Milliseconds after{0};  // not before this long after receipt
  enum class When : std::uint8_t {
    always,
    gap,      // only if the group's stored version is not `version_before`
    unknown,  // only if the entity named by `about` has no name yet
  } when = When::always;
  std::optional<Identity> about;    // for gap and unknown
  std::string version_before;       // for gap
  std::vector<std::string> latest;  // arguments by which no two calls differ; the newest are used

  bool operator==(const WantedCall&) const = default;
};

// Something the pack did not know. The sample never holds a value, only its shape.
struct Drift {
  enum class Kind : std::uint8_t {
    unknown_event,
    variant,
    unknown_field,
    unknown_value,
    retyped,
    silent,
    unknown_error,
    vanished,  // no single event shows it
  } kind{};
  std::string event;
  std::string pointer;  // JSON pointer, or the enum's name for unknown_value
  std::string sample;   // redacted: type and length; the value itself only for enum codes

  bool operator==(const Drift&) const = default;
};
std::string_view drift_kind_text(Drift::Kind kind);

// One event read from one payload.
struct Event {
  enum class Status : std::uint8_t { mapped, unmapped, none } status = Status::mapped;
  std::string name;  // "event/change_external_contact/add_external_contact"
  // Equal for one event however often and through whatever channel of one account it is delivered:
  // the inlet's `id`, else SHA-256 (hex) of name and canonical message less `volatile`.
  std::string id;
  Time at{};
  std::vector<Fact> facts;
  std::vector<WantedCall> calls;
  std::vector<Drift> drift;
  // Of the fields that the pack knows, those that a callback has, empty or not: JSON pointers, with
  // `*` for any element of a list.
  std::vector<std::string> present = {};

  bool operator==(const Event&) const = default;
};

}  // namespace guanxi::models
