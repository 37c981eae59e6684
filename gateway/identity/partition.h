// Who is who: the partition of identities into persons, a pure function of what was stated, of what
// people decided and of limits (semantics.md, 2). The same input in any order gives the same
// partition, and nothing else does: no clock, no store, no order of arrival.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "models/fact.h"
#include "models/time.h"

namespace guanxi::identity {

using Node = std::uint32_t;  // place among World::members

// An identity in question. The pointer is never null and outlives the world.
struct Member {
  const models::Identity* identity = nullptr;
  bool blocked = false;  // a placeholder or a value that the configuration lists: joins nobody
};

// What a statement says of its two identities.
enum class Nature : std::uint8_t {
  named = 0,    // both are names of one person
  renamed = 1,  // `a` is now called `b`: two names that share one place
  typed = 2,    // `b` is a phone or e-mail that somebody typed beside `a`
  staffs = 3,   // `b` is a phone or e-mail of the staff member `a`
};

struct Statement {
  Node a = 0;  // who reports
  Node b = 0;
  models::Trust trust{};
  Nature nature = Nature::named;
  Time at{};       // the earliest time at which it was said
  Time last_at{};  // and the latest
};

// What people decided, in force, in the order in which they did.
struct Verdict {
  enum class Kind : std::uint8_t {
    join,   // all of `one` and `other` are one person, whatever limits say
    apart,  // nobody of `one` is ever one person with anybody of `other`
    block,  // the values in `one` join nobody
    allow,  // the values in `one` join, whatever limits say
  } kind{};
  std::vector<Node> one;
  std::vector<Node> other;
  bool overrides = false;  // a join that lifts every earlier `apart` between its two sides
};

// How much is believed. Counts are of what may be at most.
struct Limits {
  std::uint32_t persons_per_value =
      2;  // known to platforms by themselves, that share one phone or e-mail
  std::uint32_t values_per_person = 10;  // phones, and as many e-mails
  // Of identities that state one phone or e-mail: beyond it nobody is joined by it.
  std::uint32_t statements_per_value = 64;
};

struct World {
  std::vector<Member> members;
  std::vector<Statement> statements;
  std::vector<Verdict> verdicts;
};

enum class Reason : std::uint8_t {
  only_suggests,  // typed by staff, or from a source that nobody proved
  // The person typed it, and both sides are known to platforms; or a lead states a phone or e-mail
  // of which two hold that it is theirs.
  two_persons,
  exclusive,      // one person would have two ids of one kind and scope
  apart,          // people decided that they are not one person
  crowded_value,  // more share the value than may
  many_values,    // one person would have more phones or e-mails than may be
  blocked,        // the value is a placeholder, a staff member's, or blocked by people
};
std::string_view reason_text(Reason reason);  // "only_suggests", …

// A statement that joined nobody.
struct Refusal {
  std::uint32_t statement = 0;  // place among World::statements
  Reason reason{};
  bool operator==(const Refusal&) const = default;
};

struct Partition {
  std::vector<std::uint32_t> part;  // of each member; parts are numbered by their first member
  std::uint32_t parts = 0;
  std::vector<Refusal> refused;           // by place of the statement
  std::vector<std::uint32_t> superseded;  // places of statements that a newer one of `a` replaced
  std::vector<Node> demoted;              // values over a limit, ascending
  std::vector<std::uint32_t> overruled;   // places of `join` verdicts of which some part is not so
};

Partition partition(const World& world, const Limits& limits);

// One step from an identity to another.
struct Step {
  Node from = 0;
  Node to = 0;
  std::optional<std::uint32_t> statement;  // which says so
  std::optional<std::uint32_t> verdict;    // or which decision
  bool operator==(const Step&) const = default;
};

// The shortest path by what joined, the better trusted where two are as short; empty if the two are
// not one person, or the same identity.
std::vector<Step> path(const World& world, const Partition& partition, Node from, Node to);

}  // namespace guanxi::identity
