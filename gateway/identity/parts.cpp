#include "gateway/identity/parts.h"

#include <algorithm>
#include <iterator>

namespace guanxi::identity {
namespace {

using models::Trust;

constexpr char kOne = 1;
constexpr char kOther = 2;

bool all_within(std::ranges::subrange<std::vector<Name>::const_iterator> some,
                std::ranges::subrange<std::vector<Name>::const_iterator> others) {
  return std::ranges::includes(others, some);
}

}  // namespace

Unions::Unions(std::size_t size) : parent_(size) {
  for (std::size_t i = 0; i < size; ++i) parent_[i] = static_cast<Node>(i);
}

Node Unions::root(Node node) {
  while (parent_[node] != node) node = parent_[node] = parent_[parent_[node]];
  return node;
}

Separations::Separations(const World& world) {
  for (const Verdict& verdict : world.verdicts) {
    if (verdict.kind == Verdict::Kind::apart) separate(verdict);
    if (verdict.kind == Verdict::Kind::join && verdict.overrides) {
      lift(verdict, world.members.size());
    }
  }
  if (pairs_.empty()) return;
  std::ranges::sort(pairs_);
  const auto repeated = std::ranges::unique(pairs_);
  pairs_.erase(repeated.begin(), repeated.end());
  concerned_.resize(world.members.size());
  for (const auto& [a, b] : pairs_) concerned_[a] = concerned_[b] = 1;
}

bool Separations::hold(Node a, Node b) const {
  return std::ranges::binary_search(pairs_, std::pair<Node, Node>(std::minmax(a, b)));
}

void Separations::separate(const Verdict& verdict) {
  for (const Node one : verdict.one) {
    for (const Node other : verdict.other) {
      if (one != other) pairs_.emplace_back(std::minmax(one, other));
    }
  }
}

void Separations::lift(const Verdict& verdict, std::size_t members) {
  if (pairs_.empty()) return;
  std::vector<char> sides(members);
  for (const Node node : verdict.one) sides[node] |= kOne;
  for (const Node node : verdict.other) sides[node] |= kOther;
  std::erase_if(pairs_, [&](const std::pair<Node, Node>& pair) {
    const auto [a, b] = std::pair(sides[pair.first], sides[pair.second]);
    return ((a & kOne) != 0 && (b & kOther) != 0) || ((a & kOther) != 0 && (b & kOne) != 0);
  });
}

std::vector<Node> names_of(const World& world, const Roster& roster) {
  Unions unions(world.members.size());
  for (const Statement& stated : world.statements) {
    if (stated.nature != Nature::renamed || stated.trust != Trust::account_bound) continue;
    if (roster.is_blocked(stated)) continue;
    const Node a = unions.root(stated.a);
    const Node b = unions.root(stated.b);
    if (a != b) unions.unite(a, b);
  }
  std::vector<Node> names(world.members.size());
  for (Node node = 0; node < names.size(); ++node) names[node] = unions.root(node);
  return names;
}

Parts::Parts(const Roster& roster, const Separations& separations, const std::vector<Node>& names,
             std::size_t members)
    : separations_(separations), unions_(members), parts_(members) {
  for (Node node = 0; node < members; ++node) {
    Part& part = parts_[node];
    if (roster.is_strong(node)) part.names.push_back({roster.slot(node), names[node]});
    if (roster.is_value(node)) ++(roster.is_phone(node) ? part.phones : part.emails);
    if (separations.concern(node)) part.guarded.push_back(node);
  }
}

Node Parts::unite(Node a, Node b) {
  if (parts_[a].size < parts_[b].size) std::swap(a, b);
  Part& into = parts_[a];
  Part& from = parts_[b];
  unions_.unite(a, b);
  for (const Name& name : from.names) {
    const auto place = std::ranges::lower_bound(into.names, name);
    if (place == into.names.end() || *place != name) into.names.insert(place, name);
  }
  into.guarded.insert(into.guarded.end(), from.guarded.begin(), from.guarded.end());
  into.size += from.size;
  into.phones += from.phones;
  into.emails += from.emails;
  from = {};
  return a;
}

bool Parts::are_apart(Node a, Node b) const {
  return std::ranges::any_of(parts_[a].guarded, [&](Node one) {
    return std::ranges::any_of(parts_[b].guarded,
                               [&](Node other) { return separations_.hold(one, other); });
  });
}

bool Parts::exclude_each_other(Node a, Node b) const {
  const bool a_is_smaller = parts_[a].names.size() < parts_[b].names.size();
  const std::vector<Name>& few = parts_[a_is_smaller ? a : b].names;
  const std::vector<Name>& many = parts_[a_is_smaller ? b : a].names;
  for (auto from = few.begin(); from != few.end();) {
    const auto to =
        std::find_if(from, few.end(), [&](const Name& name) { return name.slot != from->slot; });
    const std::ranges::subrange ours(from, to);
    const std::ranges::subrange theirs =
        std::ranges::equal_range(many, from->slot, {}, &Name::slot);
    if (!theirs.empty() && !all_within(ours, theirs) && !all_within(theirs, ours)) return true;
    from = to;
  }
  return false;
}

}  // namespace guanxi::identity
