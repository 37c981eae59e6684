// The parts of a partition while they grow, and what stands against uniting two of them. Private to
// the folder.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "gateway/identity/partition.h"
#include "gateway/identity/roster.h"

namespace guanxi::identity {

// Disjoint sets of nodes.
class Unions {
 public:
  explicit Unions(std::size_t size);
  Node root(Node node);
  // Of two roots `from` becomes part of `into`.
  void unite(Node into, Node from) { parent_[from] = into; }

 private:
  std::vector<Node> parent_;
};

// The pairs that people keep apart, by their verdicts in order.
class Separations {
 public:
  explicit Separations(const World& world);

  bool hold(Node a, Node b) const;
  bool concern(Node node) const { return !concerned_.empty() && concerned_[node] != 0; }

 private:
  void separate(const Verdict& verdict);
  void lift(const Verdict& verdict, std::size_t members);

  std::vector<std::pair<Node, Node>> pairs_;  // sorted, in each the smaller first
  std::vector<char> concerned_;
};

// Which ids are one name, for a platform renamed them: of each node one that stands for its name.
std::vector<Node> names_of(const World& world, const Roster& roster);

// What a part has in a slot.
struct Name {
  Slot slot = 0;
  Node name = 0;
  auto operator<=>(const Name&) const = default;
};

struct Part {
  std::vector<Name> names;    // sorted, each once
  std::vector<Node> guarded;  // members whom people keep apart from somebody
  std::uint32_t size = 1;
  std::uint32_t phones = 0;
  std::uint32_t emails = 0;

  bool has_ids() const { return !names.empty(); }
};

// At first each member is alone. What it is made of outlives it.
class Parts {
 public:
  Parts(const Roster& roster, const Separations& separations, const std::vector<Node>& names,
        std::size_t members);

  Node root(Node node) { return unions_.root(node); }
  const Part& of(Node root) const { return parts_[root]; }
  // The root of what two roots become.
  Node unite(Node a, Node b);

  // People keep a member of the one apart from a member of the other.
  bool are_apart(Node a, Node b) const;
  // Together they would have two names in a slot which neither has alone.
  bool exclude_each_other(Node a, Node b) const;

 private:
  const Separations& separations_;
  Unions unions_;
  std::vector<Part> parts_;  // by root
};

}  // namespace guanxi::identity
