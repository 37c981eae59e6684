// The closed words of rule packs: kinds of fact, their roles, fields and types
// (docs/rule-packs.md).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "models/fact.h"

namespace guanxi::adapters::rules {

using models::FactKind;
using models::Role;
using models::Side;
using models::Trust;

// What a field holds; values are converted to it.
enum class Type : std::uint8_t {
  text,
  integer,
  boolean,
  time,    // milliseconds since 1970
  list,    // of text
  phone,   // E.164, or an object saying why not
  phones,  // list of phone
  tags,    // list of {id, name, group, type}
  hint,    // text, number, or a phone that could not be one
};

using Words = std::span<const std::string_view>;

struct FieldRule {
  std::string_view name;
  Type type = Type::text;
  bool required = false;
  Words closed{};  // the only values; empty: any
};

struct RoleRule {
  std::string_view name;  // as packs spell it
  Role role{};
  bool required = false;
  bool thing = false;  // may be written as a plain value of the only kind of `side`
  Side side = Side::customer;
  bool key = true;  // part of what makes two facts one
};

struct FactRule {
  FactKind kind{};
  std::span<const RoleRule> roles;
  std::span<const FieldRule> fields;
  bool set = false;
  bool answers = false;
};

const FactRule& fact_rule(FactKind kind);

// A field of `set`; null for names outside the closed table. "attributes.x" is text.
const FieldRule* set_field(std::string_view name);
// Every name of the table but "attributes.*".
std::vector<std::string_view> set_field_names();

bool contains(Words words, std::string_view word);

// The candidate with the fewest edits from `word`; empty when none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace guanxi::adapters::rules
