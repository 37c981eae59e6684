// How well a partition tells generated people apart, by the truth about them.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/gateway/identity/generated_people.h"

namespace guanxi::identity::tests {

struct Score {
  std::uint64_t people = 0;
  std::uint64_t members = 0;
  std::uint64_t statements = 0;
  std::uint64_t wrong = 0;      // pairs in one part that are not one person's
  std::uint64_t permitted = 0;  // pairs of one person's that the rules permit to find
  std::uint64_t found = 0;      // of these
};

// The pairs that the rules permit, by the truth: tied by what platforms say, and by what people
// typed where one person alone states it and it leads to one of her ids' groups only. Limits and
// the times at which things were told do not excuse anything.
class PermittedPairs {
 public:
  explicit PermittedPairs(const Group& group)
      : group_(group), world_(group.built->world), parent_(group.owners.size()) {
    for (Node node = 0; node < parent_.size(); ++node) parent_[node] = node;
    find_disputed();
    for (const Statement& stated : world_.statements) {
      if (stated.trust == Trust::account_bound && is_permitted(stated)) unite(stated.a, stated.b);
    }
    unite_typed();
  }

  // One and the same for two members if the rules permit to find that they are one person's.
  Node root(Node node) const {
    while (parent_[node] != node) node = parent_[node];
    return node;
  }

 private:
  using Owners = std::vector<PersonNumber>;

  const models::Identity& identity(Node node) const { return *world_.members[node].identity; }
  bool is_value(Node node) const { return models::is_contact(identity(node)); }
  bool is_id(Node node) const { return identity(node).side == Side::customer && !is_value(node); }
  void unite(Node a, Node b) { parent_[root(a)] = root(b); }

  // Values that somebody states who does not own them alone.
  void find_disputed() {
    for (const Statement& stated : world_.statements) {
      if (stated.trust != Trust::staff_typed && is_value(stated.b) && is_id(stated.a) &&
          group_.owners[stated.a] != group_.owners[stated.b]) {
        disputed_.insert(stated.b);
      }
    }
  }

  bool is_permitted(const Statement& stated) const {
    const Owners& owners = group_.owners[stated.a];
    return owners.size() == 1 && owners == group_.owners[stated.b] &&
           stated.nature != Nature::staffs && stated.trust != Trust::staff_typed &&
           !is_replaced(stated);
  }

  bool is_replaced(const Statement& stated) const {
    return std::ranges::any_of(world_.statements, [&](const Statement& later) {
      return later.nature == Nature::named && stated.nature == Nature::named &&
             later.trust == Trust::account_bound && later.a == stated.a && later.b != stated.b &&
             is_id(later.b) && identity(later.b).name_space == identity(stated.b).name_space &&
             identity(later.b).scope == identity(stated.b).scope && later.last_at > stated.last_at;
    });
  }

  bool has_sole_holder(Node value) const {
    std::set<Node> holders;
    for (const Statement& stated : world_.statements) {
      if (stated.b == value && stated.trust != Trust::staff_typed && is_id(stated.a)) {
        holders.insert(root(stated.a));
      }
    }
    return !disputed_.contains(value) && holders.size() <= 1;
  }

  // Where what was typed leads to two groups of ids, the rules have no way to tell which is hers.
  void unite_typed() {
    std::vector<const Statement*> typed;
    for (const Statement& stated : world_.statements) {
      if (stated.trust == Trust::self_stated && is_permitted(stated) && has_sole_holder(stated.b)) {
        typed.push_back(&stated);
      }
    }
    std::set<Node> known;
    for (Node node = 0; node < parent_.size(); ++node) {
      if (is_id(node)) known.insert(root(node));
    }
    const std::vector<Node> before = parent_;
    for (const Statement* stated : typed) unite(stated->a, stated->b);
    std::map<Node, std::size_t> groups;
    for (const Node node : known) ++groups[root(node)];
    const std::vector<Node> after = parent_;
    parent_ = before;
    const auto root_after = [&](Node node) {
      while (after[node] != node) node = after[node];
      return node;
    };
    for (const Statement* stated : typed) {
      if (groups[root_after(stated->a)] <= 1) unite(stated->a, stated->b);
    }
  }

  const Group& group_;
  const World& world_;
  std::vector<Node> parent_;
  std::set<Node> disputed_;
};

inline void add_score(Score& score, const Group& group, const Partition& found) {
  const PermittedPairs permitted(group);
  const auto size = static_cast<Node>(group.owners.size());
  score.people += group.people;
  score.members += size;
  score.statements += group.built->world.statements.size();
  const auto share_an_owner = [&](Node a, Node b) {
    return std::ranges::any_of(group.owners[a], [&](PersonNumber owner) {
      return std::ranges::find(group.owners[b], owner) != group.owners[b].end();
    });
  };
  for (Node a = 0; a < size; ++a) {
    for (Node b = 0; b < a; ++b) {
      const bool are_one = found.part[a] == found.part[b];
      if (are_one && !share_an_owner(a, b)) ++score.wrong;
      if (permitted.root(a) != permitted.root(b)) continue;
      ++score.permitted;
      if (are_one) ++score.found;
    }
  }
}

// So many people, and all that the dice make of them.
inline Score score_people(std::uint64_t people, Dice& dice) {
  Score score;
  while (score.people < people) {
    const Group group = GroupMaker(dice).run();
    add_score(score, group, group.built->solve());
  }
  return score;
}

}  // namespace guanxi::identity::tests
