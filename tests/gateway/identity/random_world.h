// Small worlds in which everything happens that may, and much at once.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "tests/gateway/identity/dice.h"
#include "tests/gateway/identity/world_builder.h"

namespace guanxi::identity::tests {

inline void add_random_member(WorldBuilder& world, Dice& dice, const std::string& name) {
  switch (dice.below(12)) {
    case 0:
    case 1:
      world.phone(name);
      break;
    case 2:
      world.email(name);
      break;
    case 3:
    case 4:
      world.lead(name);
      break;
    case 5:
      world.staff(name);
      break;
    default:
      // Values repeat, so that equal ones meet in several scopes.
      world.id(dice.once_in(2) ? "x.id" : "y.id", name, dice.once_in(3) ? "s2" : "s1");
      break;
  }
  if (dice.once_in(20)) world.block(static_cast<Node>(world.world.members.size() - 1));
}

inline void add_random_statement(WorldBuilder& world, Dice& dice) {
  const auto size = static_cast<std::uint32_t>(world.world.members.size());
  // Who said something often says more.
  const bool again = !world.world.statements.empty() && dice.once_in(3);
  const Node a = again ? world.world.statements.back().a : dice.below(size);
  const Node b = dice.below(size);
  if (a == b) return;
  if (world.world.members[a].identity->side == Side::staff) {
    if (dice.once_in(2)) world.staffs(a, b);
    return;
  }
  const Trust trust = dice.once_in(2)   ? Trust::account_bound
                      : dice.once_in(4) ? Trust::staff_typed
                                        : Trust::self_stated;
  const Nature nature = dice.once_in(6)   ? Nature::renamed
                        : dice.once_in(3) ? Nature::typed
                                          : Nature::named;
  const auto place = world.state(a, b, trust, nature);
  Statement& stated = world.world.statements[place];
  stated.at = from_ms(dice.below(8));
  stated.last_at = stated.at + Milliseconds{dice.below(4)};
}

inline void add_random_verdict(WorldBuilder& world, Dice& dice) {
  std::vector<Node> nodes(world.world.members.size());
  std::iota(nodes.begin(), nodes.end(), Node{0});
  dice.shuffle(nodes);
  const auto take = [&](std::uint32_t most) {
    std::vector<Node> side;
    for (std::uint32_t left = 1 + dice.below(most); left > 0 && !nodes.empty(); --left) {
      side.push_back(nodes.back());
      nodes.pop_back();
    }
    return side;
  };
  const std::vector<Node> one = take(2);
  switch (dice.below(6)) {
    case 0:
      world.block_value(one.front());
      break;
    case 1:
      world.allow_value(one.front());
      break;
    case 2:
    case 3:
      world.apart(one, take(3));
      break;
    default:
      world.join(one, take(2), dice.once_in(3));
      break;
  }
}

inline void make_random_world(WorldBuilder& world, Dice& dice, std::uint32_t members) {
  for (std::uint32_t i = 0; i < members; ++i) {
    add_random_member(world, dice, std::to_string(dice.once_in(4) ? i / 2 : i));
  }
  // Two members are never one identity.
  for (std::size_t i = 0; i < world.world.members.size(); ++i) {
    for (std::size_t j = 0; j < i;) {
      if (*world.world.members[i].identity == *world.world.members[j].identity) {
        world.rename(static_cast<Node>(i), "again" + std::to_string(i));
        j = 0;
      } else {
        ++j;
      }
    }
  }
  const std::uint32_t statements = dice.below(3 * members);
  for (std::uint32_t i = 0; i < statements; ++i) add_random_statement(world, dice);
  if (!world.world.statements.empty() && dice.once_in(3)) {
    world.world.statements.push_back(dice.of(world.world.statements));
  }
  const std::uint32_t verdicts = dice.once_in(2) ? 0 : dice.below(5);
  for (std::uint32_t i = 0; i < verdicts; ++i) add_random_verdict(world, dice);
  world.limits = {1 + dice.below(3), 1 + dice.below(3), 2 + dice.below(4)};
}

}  // namespace guanxi::identity::tests
