#include "gateway/identity/crowding.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace guanxi::identity {
namespace {

using models::Trust;

struct Claim {
  Node value = 0;
  Node by = 0;
  auto operator<=>(const Claim&) const = default;
};

class Crowding {
 public:
  explicit Crowding(const Case& judged) : case_(judged), crowded_(judged.world.members.size()) {}

  std::vector<char> run() {
    std::vector<Claim> claims = all_claims();
    if (claims.empty()) return std::move(crowded_);
    bool may_have_many = false;
    for (auto from = claims.begin(); from != claims.end();) {
      const auto to = std::find_if(from, claims.end(),
                                   [&](const Claim& claim) { return claim.value != from->value; });
      if (static_cast<std::size_t>(to - from) > case_.limits.statements_per_value) {
        demote(from->value);
      }
      const auto ids = static_cast<std::size_t>(std::count_if(
          from, to, [&](const Claim& claim) { return case_.roster.is_strong(claim.by); }));
      may_have_many = may_have_many || ids > case_.limits.persons_per_value;
      from = to;
    }
    if (may_have_many) count_persons();
    return std::move(crowded_);
  }

 private:
  const Statement& statement(std::uint32_t place) const { return case_.world.statements[place]; }

  void demote(Node value) {
    if (!case_.roster.is_allowed(value)) crowded_[value] = 1;
  }

  std::vector<Claim> all_claims() const {
    std::vector<Claim> claims;
    for (const std::uint32_t place : case_.statements) {
      const Statement& stated = statement(place);
      if (case_.roster.is_blocked(stated)) continue;
      if (case_.roster.is_value(stated.b)) claims.push_back({stated.b, stated.a});
      if (case_.roster.is_value(stated.a)) claims.push_back({stated.a, stated.b});
    }
    std::ranges::sort(claims);
    const auto repeated = std::ranges::unique(claims);
    claims.erase(repeated.begin(), repeated.end());
    return claims;
  }

  bool ties_ids(const Statement& stated) const {
    return stated.trust == Trust::account_bound && case_.roster.is_strong(stated.a) &&
           case_.roster.is_strong(stated.b);
  }
  bool is_claim(const Statement& stated) const {
    return (case_.roster.is_value(stated.a) && case_.roster.is_strong(stated.b)) ||
           (case_.roster.is_value(stated.b) && case_.roster.is_strong(stated.a));
  }

  // Of one moment first what ties ids, then who claims what.
  std::vector<std::uint32_t> in_time() const {
    std::vector<std::uint32_t> places;
    for (const std::uint32_t place : case_.statements) {
      const Statement& stated = statement(place);
      if (case_.roster.is_blocked(stated)) continue;
      if (ties_ids(stated) || is_claim(stated)) places.push_back(place);
    }
    std::ranges::stable_sort(places, {}, [&](std::uint32_t place) {
      return std::pair(statement(place).at, is_claim(statement(place)));
    });
    return places;
  }

  void count_persons() {
    const std::size_t size = case_.world.members.size();
    Parts persons(case_.roster, case_.separations, case_.names, size);
    std::vector<std::vector<Node>> claimed(size);  // by root, sorted
    std::vector<std::uint32_t> claimants(size);    // of a value
    for (const std::uint32_t place : in_time()) {
      const Statement& stated = statement(place);
      if (ties_ids(stated)) {
        tie(persons, stated, claimed, claimants);
        continue;
      }
      const bool a_is_value = case_.roster.is_value(stated.a);
      const Node value = a_is_value ? stated.a : stated.b;
      auto& values = claimed[persons.root(a_is_value ? stated.b : stated.a)];
      const auto known = std::ranges::lower_bound(values, value);
      if (known != values.end() && *known == value) continue;
      values.insert(known, value);
      if (++claimants[value] > case_.limits.persons_per_value) demote(value);
    }
  }

  void tie(Parts& persons, const Statement& stated, std::vector<std::vector<Node>>& claimed,
           std::vector<std::uint32_t>& claimants) const {
    const Node a = persons.root(stated.a);
    const Node b = persons.root(stated.b);
    if (a == b || persons.are_apart(a, b) || persons.exclude_each_other(a, b)) return;
    const Node whole = persons.unite(a, b);
    std::vector<Node> both;
    std::ranges::set_union(claimed[a], claimed[b], std::back_inserter(both));
    std::vector<Node> shared;
    std::ranges::set_intersection(claimed[a], claimed[b], std::back_inserter(shared));
    for (const Node value : shared) --claimants[value];
    claimed[whole] = std::move(both);
  }

  const Case& case_;
  std::vector<char> crowded_;
};

}  // namespace

std::vector<char> crowded_values(const Case& judged) { return Crowding(judged).run(); }

}  // namespace guanxi::identity
