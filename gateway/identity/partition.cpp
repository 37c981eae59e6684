#include "gateway/identity/partition.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "gateway/identity/crowding.h"
#include "gateway/identity/parts.h"
#include "gateway/identity/roster.h"

namespace guanxi::identity {
namespace {

using models::Identity;
using models::Trust;

// Statements that may join or suggest, in the order in which they are judged, and those that were
// replaced.
struct Docket {
  std::vector<std::uint32_t> order;
  std::vector<std::uint32_t> superseded;
};

class Docketing {
 public:
  Docketing(const World& world, const Roster& roster) : world_(world), roster_(roster) {}

  Docket run() {
    docket_.order.reserve(world_.statements.size());
    for (std::uint32_t place = 0; place < world_.statements.size(); ++place) {
      if (roster_.is_of_persons(statement(place))) docket_.order.push_back(place);
    }
    supersede();
    std::ranges::sort(docket_.order, [&](std::uint32_t x, std::uint32_t y) {
      return precedes(statement(x), statement(y));
    });
    return std::move(docket_);
  }

 private:
  const Statement& statement(std::uint32_t place) const { return world_.statements[place]; }
  const Identity& identity(Node node) const { return *world_.members[node].identity; }

  static bool renames(const Statement& stated) {
    return stated.nature == Nature::renamed && stated.trust == Trust::account_bound;
  }

  bool precedes(const Statement& x, const Statement& y) const {
    if (renames(x) != renames(y)) return renames(x);
    if (std::tie(x.trust, x.at) != std::tie(y.trust, y.at)) {
      return std::tie(x.trust, x.at) < std::tie(y.trust, y.at);
    }
    if (x.a != y.a) return identity(x.a) < identity(y.a);
    if (x.b != y.b) return identity(x.b) < identity(y.b);
    return x.nature < y.nature;
  }

  // Who reports a new id of one kind has the old one no longer.
  void supersede() {
    std::vector<std::uint32_t> reports;
    for (const std::uint32_t place : docket_.order) {
      const Statement& stated = statement(place);
      if (stated.nature == Nature::named && stated.trust == Trust::account_bound &&
          roster_.is_strong(stated.a) && roster_.is_strong(stated.b)) {
        reports.push_back(place);
      }
    }
    if (reports.size() < 2) return;
    const auto kind = [&](std::uint32_t place) {
      return std::pair(statement(place).a, roster_.slot(statement(place).b));
    };
    std::ranges::sort(reports, [&](std::uint32_t x, std::uint32_t y) {
      if (kind(x) != kind(y)) return kind(x) < kind(y);
      const Statement& a = statement(x);
      const Statement& b = statement(y);
      if (a.last_at != b.last_at) return a.last_at > b.last_at;
      return a.b != b.b && identity(b.b) < identity(a.b);
    });
    std::uint32_t newest = reports.front();
    for (const std::uint32_t place : reports) {
      if (kind(place) != kind(newest)) newest = place;
      if (statement(place).b != statement(newest).b) docket_.superseded.push_back(place);
    }
    if (docket_.superseded.empty()) return;
    std::ranges::sort(docket_.superseded);
    std::erase_if(docket_.order, [&](std::uint32_t place) {
      return std::ranges::binary_search(docket_.superseded, place);
    });
  }

  const World& world_;
  const Roster& roster_;
  Docket docket_;
};

class Judging {
 public:
  Judging(const World& world, const Limits& limits)
      : world_(world),
        limits_(limits),
        roster_(world),
        separations_(world),
        names_(names_of(world, roster_)),
        docket_(Docketing(world, roster_).run()),
        parts_(roster_, separations_, names_, world.members.size()) {}

  Partition run() {
    // What only suggests is the last of the order.
    const auto joining = std::ranges::partition_point(docket_.order, [&](std::uint32_t place) {
      return statement(place).trust != Trust::staff_typed;
    });
    crowded_ = crowded_values({world_, limits_, roster_, separations_, names_,
                               std::span(docket_.order.begin(), joining)});
    join_by_verdicts();
    auto place = docket_.order.begin();
    while (place != joining && statement(*place).trust == Trust::account_bound) judge(*place++);
    find_shared({docket_.order.begin(), joining});
    while (place != docket_.order.end()) judge(*place++);
    return result();
  }

 private:
  const Statement& statement(std::uint32_t place) const { return world_.statements[place]; }

  void join_by_verdicts() {
    for (std::uint32_t place = 0; place < world_.verdicts.size(); ++place) {
      const Verdict& verdict = world_.verdicts[place];
      if (verdict.kind != Verdict::Kind::join) continue;
      std::vector<Node> all = verdict.one;
      all.insert(all.end(), verdict.other.begin(), verdict.other.end());
      bool is_so = true;
      for (const Node node : all) {
        const Node a = parts_.root(all.front());
        const Node b = parts_.root(node);
        if (a == b) continue;
        if (parts_.are_apart(a, b)) {
          is_so = false;
        } else {
          parts_.unite(a, b);
        }
      }
      if (!is_so) partition_.overruled.push_back(place);
    }
  }

  // Two whom platforms know have stated the value, and nothing ties them: whose it is, nobody can
  // tell. Platforms' own word is all heard by now, and nothing after it makes the two one.
  void find_shared(std::span<const std::uint32_t> joining) {
    std::vector<std::pair<Node, Node>> holders;
    for (const std::uint32_t place : joining) {
      const Statement& stated = statement(place);
      if (roster_.is_blocked(stated)) continue;
      if (roster_.is_value(stated.b) && roster_.is_strong(stated.a)) {
        holders.emplace_back(stated.b, parts_.root(stated.a));
      } else if (roster_.is_value(stated.a) && roster_.is_strong(stated.b)) {
        holders.emplace_back(stated.a, parts_.root(stated.b));
      }
    }
    if (holders.size() < 2) return;
    std::ranges::sort(holders);
    for (std::size_t i = 1; i < holders.size(); ++i) {
      if (holders[i].first != holders[i - 1].first || holders[i] == holders[i - 1]) continue;
      if (shared_.empty()) shared_.resize(world_.members.size());
      shared_[holders[i].first] = 1;
    }
  }

  void judge(std::uint32_t place) {
    const Statement& stated = statement(place);
    const Node a = parts_.root(stated.a);
    const Node b = parts_.root(stated.b);
    if (a == b) return;
    if (const auto reason = objection(stated, a, b)) {
      partition_.refused.push_back({place, *reason});
    } else {
      parts_.unite(a, b);
    }
  }

  std::optional<Reason> objection(const Statement& stated, Node a, Node b) const {
    if (parts_.are_apart(a, b)) return Reason::apart;
    if (roster_.is_blocked(stated)) return Reason::blocked;
    if (crowded_[stated.a] != 0 || crowded_[stated.b] != 0) return Reason::crowded_value;
    if (stated.trust == Trust::staff_typed) return Reason::only_suggests;
    if (parts_.exclude_each_other(a, b)) return Reason::exclusive;
    if (stated.trust == Trust::self_stated && is_of_two_persons(stated, a, b)) {
      return Reason::two_persons;
    }
    if (has_many_values(stated, a, b)) return Reason::many_values;
    return std::nullopt;
  }

  bool is_of_two_persons(const Statement& stated, Node a, Node b) const {
    if (parts_.of(a).has_ids() && parts_.of(b).has_ids()) return true;
    // A lead goes to the sole holder of what it states, and to nobody if there are two.
    const bool is_shared = !shared_.empty() && (shared_[stated.a] != 0 || shared_[stated.b] != 0);
    return is_shared && !roster_.is_strong(stated.a) && !roster_.is_strong(stated.b);
  }

  bool has_many_values(const Statement& stated, Node a, Node b) const {
    if (roster_.is_allowed(stated.a) || roster_.is_allowed(stated.b)) return false;
    const auto are_many = [&](std::uint32_t some, std::uint32_t others) {
      return some > 0 && others > 0 && some + others > limits_.values_per_person;
    };
    const Part& one = parts_.of(a);
    const Part& other = parts_.of(b);
    return are_many(one.phones, other.phones) || are_many(one.emails, other.emails);
  }

  Partition result() {
    number_parts();
    // What something else has joined needs no suggestion.
    std::erase_if(partition_.refused, [&](const Refusal& refusal) {
      const Statement& stated = statement(refusal.statement);
      return partition_.part[stated.a] == partition_.part[stated.b];
    });
    std::ranges::sort(partition_.refused, {}, &Refusal::statement);
    partition_.superseded = std::move(docket_.superseded);
    for (Node node = 0; node < crowded_.size(); ++node) {
      if (crowded_[node] != 0) partition_.demoted.push_back(node);
    }
    return std::move(partition_);
  }

  void number_parts() {
    constexpr std::uint32_t kNone = UINT32_MAX;
    std::vector<std::uint32_t> numbers(world_.members.size(), kNone);
    partition_.part.reserve(numbers.size());
    for (Node node = 0; node < numbers.size(); ++node) {
      std::uint32_t& number = numbers[parts_.root(node)];
      if (number == kNone) number = partition_.parts++;
      partition_.part.push_back(number);
    }
  }

  const World& world_;
  const Limits& limits_;
  const Roster roster_;
  const Separations separations_;
  const std::vector<Node> names_;
  Docket docket_;
  Parts parts_;
  std::vector<char> crowded_;  // of each member
  std::vector<char> shared_;   // of each member, or empty: nothing is
  Partition partition_;
};

}  // namespace

std::string_view reason_text(Reason reason) {
  switch (reason) {
    case Reason::only_suggests:
      return "only_suggests";
    case Reason::two_persons:
      return "two_persons";
    case Reason::exclusive:
      return "exclusive";
    case Reason::apart:
      return "apart";
    case Reason::crowded_value:
      return "crowded_value";
    case Reason::many_values:
      return "many_values";
    case Reason::blocked:
      return "blocked";
  }
  return "";
}

Partition partition(const World& world, const Limits& limits) {
  return Judging(world, limits).run();
}

}  // namespace guanxi::identity
