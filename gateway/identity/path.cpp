#include <algorithm>
#include <tuple>

#include "gateway/identity/partition.h"
#include "gateway/identity/roster.h"

namespace guanxi::identity {
namespace {

using models::Identity;
using models::Trust;

// A step out of an identity. The lower the rank, the better it is trusted.
struct Edge {
  Step step;
  int rank = 0;
};

class Paths {
 public:
  Paths(const World& world, const Partition& partition)
      : world_(world), partition_(partition), edges_(world.members.size()) {
    add_verdicts();
    add_statements();
  }

  std::vector<Step> from_to(Node from, Node to) const {
    std::vector<Arrival> arrivals(world_.members.size());
    arrivals[from].distance = 0;
    std::vector<Node> reached{from};
    // A node's own arrival is final when the nodes before it have all been left.
    for (std::size_t i = 0; i < reached.size() && reached[i] != to; ++i) {
      const Arrival& here = arrivals[reached[i]];
      for (const Edge& edge : edges_[reached[i]]) {
        Arrival& there = arrivals[edge.step.to];
        const Arrival next{here.distance + 1, here.rank + edge.rank, edge.step};
        if (there.distance == kNever) reached.push_back(edge.step.to);
        if (is_better(next, there)) there = next;
      }
    }
    std::vector<Step> steps;
    for (Node at = to; at != from && arrivals[at].distance != kNever;) {
      steps.push_back(arrivals[at].by);
      at = steps.back().from;
    }
    std::ranges::reverse(steps);
    return steps;
  }

 private:
  static constexpr std::uint32_t kNever = UINT32_MAX;
  struct Arrival {
    std::uint32_t distance = kNever;
    int rank = 0;  // of all steps together
    Step by;
  };

  bool is_better(const Arrival& a, const Arrival& b) const {
    if (std::tie(a.distance, a.rank) != std::tie(b.distance, b.rank)) {
      return std::tie(a.distance, a.rank) < std::tie(b.distance, b.rank);
    }
    // Either would do; let it not depend on how the members are numbered.
    return identity(a.by.from) < identity(b.by.from);
  }

  const Identity& identity(Node node) const { return *world_.members[node].identity; }

  void add(Step step, int rank) {
    if (step.from == step.to || partition_.part[step.from] != partition_.part[step.to]) return;
    edges_[step.from].push_back({step, rank});
    std::swap(step.from, step.to);
    edges_[step.from].push_back({step, rank});
  }

  void add_verdicts() {
    for (std::uint32_t place = 0; place < world_.verdicts.size(); ++place) {
      const Verdict& verdict = world_.verdicts[place];
      if (verdict.kind != Verdict::Kind::join) continue;
      std::vector<Node> all = verdict.one;
      all.insert(all.end(), verdict.other.begin(), verdict.other.end());
      for (const Node node : all) add({all.front(), node, std::nullopt, place}, 0);
    }
  }

  void add_statements() {
    const Roster roster(world_);
    std::vector<char> crowded(world_.members.size());
    for (const Node node : partition_.demoted) crowded[node] = 1;
    for (std::uint32_t place = 0; place < world_.statements.size(); ++place) {
      const Statement& stated = world_.statements[place];
      // Those two may be one person for another reason; then this one is none.
      if (!roster.is_of_persons(stated) || stated.trust == Trust::staff_typed ||
          roster.is_blocked(stated) || crowded[stated.a] != 0 || crowded[stated.b] != 0 ||
          std::ranges::binary_search(partition_.superseded, place)) {
        continue;
      }
      add({stated.a, stated.b, place, std::nullopt}, 1 + static_cast<int>(stated.trust));
    }
  }

  const World& world_;
  const Partition& partition_;
  std::vector<std::vector<Edge>> edges_;  // by where they begin
};

}  // namespace

std::vector<Step> path(const World& world, const Partition& partition, Node from, Node to) {
  if (from == to || partition.part[from] != partition.part[to]) return {};
  return Paths(world, partition).from_to(from, to);
}

}  // namespace guanxi::identity
