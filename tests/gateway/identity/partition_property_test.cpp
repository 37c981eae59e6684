// Over random histories with merges, splits, blocks, limits and late arrivals: the partition is
// what the rules say by the letter, in whatever order things were told.
#include <doctest/doctest.h>

#include "tests/gateway/identity/naive_partition.h"
#include "tests/gateway/identity/random_world.h"

using namespace guanxi::identity;
using namespace guanxi::identity::tests;

namespace {

constexpr std::uint32_t kSmallWorlds = 1000;
constexpr std::uint32_t kLargeWorlds = 25;

// What a partition says, by members and statements and not by their numbers.
struct Outcome {
  std::set<std::set<Node>> parts;
  std::map<std::uint32_t, Reason> refused;
  std::set<std::uint32_t> superseded;
  std::set<Node> demoted;
  std::set<std::uint32_t> overruled;

  bool operator==(const Outcome&) const = default;
};

// Where each member and statement stands in the world as it was written.
struct Numbering {
  std::vector<Node> members;
  std::vector<std::uint32_t> statements;
};

Numbering as_written(const World& world) {
  Numbering numbering{std::vector<Node>(world.members.size()),
                      std::vector<std::uint32_t>(world.statements.size())};
  std::iota(numbering.members.begin(), numbering.members.end(), Node{0});
  std::iota(numbering.statements.begin(), numbering.statements.end(), 0U);
  return numbering;
}

Outcome outcome_of(const Partition& found, const Numbering& numbering) {
  Outcome outcome;
  std::vector<std::set<Node>> parts(found.parts);
  for (std::size_t i = 0; i < found.part.size(); ++i) {
    parts[found.part[i]].insert(numbering.members[i]);
  }
  outcome.parts.insert(parts.begin(), parts.end());
  for (const Refusal& refusal : found.refused) {
    outcome.refused[numbering.statements[refusal.statement]] = refusal.reason;
  }
  for (const auto place : found.superseded) outcome.superseded.insert(numbering.statements[place]);
  for (const Node node : found.demoted) outcome.demoted.insert(numbering.members[node]);
  outcome.overruled.insert(found.overruled.begin(), found.overruled.end());
  return outcome;
}

// The same world told in another order. Decisions have theirs.
World shuffled(const World& world, Dice& dice, Numbering& numbering) {
  numbering = as_written(world);
  dice.shuffle(numbering.members);
  dice.shuffle(numbering.statements);
  std::vector<Node> now(world.members.size());
  World other;
  for (std::size_t i = 0; i < now.size(); ++i) {
    now[numbering.members[i]] = static_cast<Node>(i);
    other.members.push_back(world.members[numbering.members[i]]);
  }
  for (const std::uint32_t place : numbering.statements) {
    Statement stated = world.statements[place];
    stated.a = now[stated.a];
    stated.b = now[stated.b];
    other.statements.push_back(stated);
  }
  other.verdicts = world.verdicts;
  for (Verdict& verdict : other.verdicts) {
    for (Node& node : verdict.one) node = now[node];
    for (Node& node : verdict.other) node = now[node];
  }
  return other;
}

void check_by_the_letter(const WorldBuilder& built) {
  const NaivePartition naive(built.world, built.limits);
  const Outcome expected{naive.parts, naive.refused, naive.superseded, naive.demoted,
                         naive.overruled};
  CHECK(outcome_of(built.solve(), as_written(built.world)) == expected);
}

void check_in_other_orders(const WorldBuilder& built, Dice& dice) {
  const Outcome expected = outcome_of(built.solve(), as_written(built.world));
  for (int i = 0; i < 4; ++i) {
    Numbering numbering;
    const World other = shuffled(built.world, dice, numbering);
    CHECK(outcome_of(partition(other, built.limits), numbering) == expected);
  }
}

void check_paths(const WorldBuilder& built, const Partition& found) {
  const auto size = static_cast<Node>(found.part.size());
  for (Node from = 0; from < size; ++from) {
    for (Node to = 0; to < size; ++to) {
      const std::vector<Step> steps = path(built.world, found, from, to);
      CHECK(steps.empty() == (from == to || found.part[from] != found.part[to]));
      Node at = from;
      for (const Step& step : steps) {
        CHECK(step.from == at);
        CHECK(step.statement.has_value() != step.verdict.has_value());
        at = step.to;
      }
      if (!steps.empty()) CHECK(at == to);
    }
  }
}

void check_facts(const WorldBuilder& built, const Partition& found) {
  for (const Refusal& refusal : found.refused) {
    const Statement& stated = built.world.statements[refusal.statement];
    CHECK(found.part[stated.a] != found.part[stated.b]);
  }
  for (std::size_t i = 0; i < built.world.verdicts.size(); ++i) {
    const Verdict& verdict = built.world.verdicts[i];
    if (verdict.kind != Verdict::Kind::apart) continue;
    const bool may_be_lifted = std::any_of(
        built.world.verdicts.begin() + static_cast<std::ptrdiff_t>(i), built.world.verdicts.end(),
        [](const Verdict& later) { return later.overrides; });
    for (const Node one : verdict.one) {
      for (const Node other : verdict.other) {
        CHECK((may_be_lifted || one == other || found.part[one] != found.part[other]));
      }
    }
  }
}

// Without people's word a part has one id of each kind, unless ids were renamed.
void check_exclusivity(const WorldBuilder& built, const Partition& found) {
  const auto joins = [](const Verdict& verdict) { return verdict.kind == Verdict::Kind::join; };
  const auto renames = [](const Statement& stated) { return stated.nature == Nature::renamed; };
  if (std::ranges::any_of(built.world.verdicts, joins)) return;
  if (std::ranges::any_of(built.world.statements, renames)) return;
  std::set<std::tuple<std::uint32_t, std::string, std::string>> taken;
  for (std::size_t i = 0; i < found.part.size(); ++i) {
    const guanxi::models::Identity& identity = *built.world.members[i].identity;
    if (identity.side != Side::customer || guanxi::models::is_contact(identity)) continue;
    CHECK(taken.emplace(found.part[i], identity.name_space, identity.scope).second);
  }
}

template <typename Check>
void for_random_worlds(std::uint32_t count, std::uint32_t least, std::uint32_t spread,
                       const Check& check) {
  for (std::uint32_t seed = 1; seed <= count; ++seed) {
    CAPTURE(seed);
    Dice dice(seed * 7919 + least);
    WorldBuilder built;
    make_random_world(built, dice, least + dice.below(spread));
    check(built, dice);
  }
}

}  // namespace

TEST_CASE("the partition is what the rules say by the letter") {
  const auto check = [](const WorldBuilder& built, Dice&) { check_by_the_letter(built); };
  for_random_worlds(kSmallWorlds, 2, 12, check);
  for_random_worlds(kLargeWorlds, 20, 10, check);
}

TEST_CASE("the partition does not depend on the order in which things are told") {
  const auto check = [](const WorldBuilder& built, Dice& dice) {
    check_in_other_orders(built, dice);
  };
  for_random_worlds(kSmallWorlds, 2, 14, check);
  for_random_worlds(kLargeWorlds, 40, 60, check);
}

TEST_CASE("nothing that people or exclusivity forbid is so, and what was refused is not") {
  const auto check = [](const WorldBuilder& built, Dice&) {
    const Partition found = built.solve();
    check_facts(built, found);
    check_exclusivity(built, found);
    check_paths(built, found);
  };
  for_random_worlds(kSmallWorlds, 2, 14, check);
  for_random_worlds(kLargeWorlds, 40, 20, check);
}

TEST_CASE("random worlds hold everything that may happen") {
  std::map<Reason, int> refused;
  int superseded = 0;
  int demoted = 0;
  int overruled = 0;
  for_random_worlds(kSmallWorlds, 2, 14, [&](const WorldBuilder& built, Dice&) {
    const Partition found = built.solve();
    for (const Refusal& refusal : found.refused) ++refused[refusal.reason];
    superseded += found.superseded.empty() ? 0 : 1;
    demoted += found.demoted.empty() ? 0 : 1;
    overruled += found.overruled.empty() ? 0 : 1;
  });
  for (const Reason reason :
       {Reason::only_suggests, Reason::two_persons, Reason::exclusive, Reason::apart,
        Reason::crowded_value, Reason::many_values, Reason::blocked}) {
    CAPTURE(reason_text(reason));
    CHECK(refused[reason] >= 10);
  }
  CHECK(superseded >= 10);
  CHECK(demoted >= 10);
  CHECK(overruled >= 10);
}
