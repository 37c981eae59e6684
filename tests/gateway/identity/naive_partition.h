// Who is who by the letter of the rules, slowly and without any cleverness: what the tests hold the
// real partition against. It shares no code with it.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "gateway/identity/partition.h"

namespace guanxi::identity::tests {

class NaivePartition {
 public:
  using Set = std::set<Node>;

  NaivePartition(const World& world, const Limits& limits) : world_(world), limits_(limits) {
    judge_all();
  }

  std::set<Set> parts;
  std::map<std::uint32_t, Reason> refused;
  std::set<std::uint32_t> superseded;
  Set demoted;
  std::set<std::uint32_t> overruled;

 private:
  using Trust = models::Trust;
  using Side = models::Side;
  using Words = std::tuple<std::string, std::string, std::string>;

  const models::Identity& identity(Node node) const { return *world_.members[node].identity; }
  const Statement& statement(std::uint32_t place) const { return world_.statements[place]; }
  Words words(Node node) const {
    return {identity(node).value, identity(node).scope, identity(node).name_space};
  }

  // ---- members ----

  bool is_value(Node node) const {
    return identity(node).side == Side::customer &&
           (identity(node).name_space == "phone" || identity(node).name_space == "email");
  }
  bool is_id(Node node) const { return identity(node).side == Side::customer && !is_value(node); }
  bool is_nobody(Node node) const {
    return identity(node).side != Side::customer && identity(node).side != Side::lead;
  }
  bool are_of_a_kind(Node a, Node b) const {
    return is_id(a) && is_id(b) && identity(a).name_space == identity(b).name_space &&
           identity(a).scope == identity(b).scope;
  }

  int last_word(Node node) const {  // 1: allowed, -1: blocked, 0: nothing was said
    int word = 0;
    for (const Verdict& verdict : world_.verdicts) {
      if (std::ranges::count(verdict.one, node) == 0) continue;
      if (verdict.kind == Verdict::Kind::allow) word = 1;
      if (verdict.kind == Verdict::Kind::block) word = -1;
    }
    return word;
  }
  bool is_blocked(Node node) const {
    if (last_word(node) != 0) return last_word(node) < 0;
    return world_.members[node].blocked ||
           std::ranges::any_of(world_.statements, [&](const Statement& stated) {
             return stated.nature == Nature::staffs && stated.b == node;
           });
  }
  bool is_blocked(const Statement& stated) const {
    return is_blocked(stated.a) || is_blocked(stated.b);
  }

  bool are_apart(Node a, Node b) const {
    bool apart = false;
    for (const Verdict& verdict : world_.verdicts) {
      const auto has = [](const std::vector<Node>& side, Node node) {
        return std::ranges::count(side, node) > 0;
      };
      if (a == b || !((has(verdict.one, a) && has(verdict.other, b)) ||
                      (has(verdict.one, b) && has(verdict.other, a)))) {
        continue;
      }
      if (verdict.kind == Verdict::Kind::apart) apart = true;
      if (verdict.kind == Verdict::Kind::join && verdict.overrides) apart = false;
    }
    return apart;
  }

  bool are_one_name(Node a, Node b) const {
    Set known{a};
    for (std::size_t size = 0; size != known.size();) {
      size = known.size();
      for (const Statement& stated : world_.statements) {
        if (stated.nature != Nature::renamed || stated.trust != Trust::account_bound) continue;
        if (is_blocked(stated)) continue;
        if (known.contains(stated.a)) known.insert(stated.b);
        if (known.contains(stated.b)) known.insert(stated.a);
      }
    }
    return known.contains(b);
  }

  // ---- parts ----

  static const Set& part_of(const std::set<Set>& among, Node node) {
    return *std::ranges::find_if(among, [&](const Set& part) { return part.contains(node); });
  }
  static void unite(std::set<Set>& among, Node a, Node b) {
    Set whole = part_of(among, a);
    const Set other = part_of(among, b);
    among.erase(whole);
    among.erase(other);
    whole.insert(other.begin(), other.end());
    among.insert(whole);
  }
  std::set<Set> singles() const {
    std::set<Set> among;
    for (Node node = 0; node < world_.members.size(); ++node) among.insert({node});
    return among;
  }

  bool any_apart(const Set& a, const Set& b) const {
    return std::ranges::any_of(a, [&](Node one) {
      return std::ranges::any_of(b, [&](Node other) { return are_apart(one, other); });
    });
  }
  bool has_name(const Set& part, Node name) const {
    return std::ranges::any_of(
        part, [&](Node node) { return are_of_a_kind(node, name) && are_one_name(node, name); });
  }
  // A name of each, of one kind, that were not together before.
  bool exclude(const Set& a, const Set& b) const {
    return std::ranges::any_of(a, [&](Node one) {
      return std::ranges::any_of(b, [&](Node other) {
        return are_of_a_kind(one, other) && !has_name(a, other) && !has_name(b, one);
      });
    });
  }
  bool has_id(const Set& part) const {
    return std::ranges::any_of(part, [&](Node node) { return is_id(node); });
  }
  std::size_t values(const Set& part, const char* kind) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        part, [&](Node node) { return is_value(node) && identity(node).name_space == kind; }));
  }

  // ---- statements ----

  bool is_of_persons(const Statement& stated) const {
    return stated.nature != Nature::staffs && !is_nobody(stated.a) && !is_nobody(stated.b);
  }
  bool reports_id(const Statement& stated) const {
    return is_of_persons(stated) && stated.nature == Nature::named &&
           stated.trust == Trust::account_bound && is_id(stated.a) && is_id(stated.b);
  }
  bool is_superseded(const Statement& stated) const {
    if (!reports_id(stated)) return false;
    const auto age = [&](const Statement& report) {
      return std::pair(report.last_at, words(report.b));
    };
    const Statement* newest = &stated;
    for (const Statement& report : world_.statements) {
      if (reports_id(report) && report.a == stated.a && are_of_a_kind(report.b, stated.b) &&
          age(report) > age(*newest)) {
        newest = &report;
      }
    }
    return newest->b != stated.b;
  }
  bool may_join(const Statement& stated) const {
    return is_of_persons(stated) && stated.trust != Trust::staff_typed && !is_superseded(stated);
  }

  std::vector<std::uint32_t> in_order() const {
    const auto key = [&](std::uint32_t place) {
      const Statement& stated = statement(place);
      const bool first = stated.nature == Nature::renamed && stated.trust == Trust::account_bound;
      return std::tuple(first ? 0 : 1, stated.trust, stated.at, words(stated.a), words(stated.b),
                        stated.nature);
    };
    std::vector<std::uint32_t> places;
    for (std::uint32_t place = 0; place < world_.statements.size(); ++place) {
      if (is_of_persons(statement(place)) && !superseded.contains(place)) places.push_back(place);
    }
    std::ranges::sort(places, [&](auto x, auto y) { return key(x) < key(y); });
    return places;
  }

  // ---- values ----

  Set staters(Node value) const {
    Set who;
    for (const Statement& stated : world_.statements) {
      if (!may_join(stated) || is_blocked(stated)) continue;
      if (stated.b == value) who.insert(stated.a);
      if (stated.a == value) who.insert(stated.b);
    }
    return who;
  }

  // The persons as platforms by themselves know them at a time, computed from the beginning.
  std::set<Set> persons_at(Time now) const {
    std::set<Set> persons = singles();
    std::vector<std::uint32_t> places = in_order();
    std::ranges::stable_sort(places, {}, [&](auto place) { return statement(place).at; });
    for (const std::uint32_t place : places) {
      const Statement& stated = statement(place);
      if (stated.at > now || stated.trust != Trust::account_bound || is_blocked(stated)) continue;
      if (!is_id(stated.a) || !is_id(stated.b)) continue;
      const Set& a = part_of(persons, stated.a);
      const Set& b = part_of(persons, stated.b);
      if (a != b && !any_apart(a, b) && !exclude(a, b)) unite(persons, stated.a, stated.b);
    }
    return persons;
  }

  std::size_t claimants(Node value, Time now, const std::set<Set>& persons) const {
    std::set<Set> claiming;
    for (const Statement& stated : world_.statements) {
      if (!may_join(stated) || is_blocked(stated) || stated.at > now) continue;
      if (stated.b == value && is_id(stated.a)) claiming.insert(part_of(persons, stated.a));
      if (stated.a == value && is_id(stated.b)) claiming.insert(part_of(persons, stated.b));
    }
    return claiming.size();
  }

  void demote() {
    for (Node node = 0; node < world_.members.size(); ++node) {
      if (!is_value(node) || last_word(node) > 0) continue;
      if (staters(node).size() > limits_.statements_per_value) demoted.insert(node);
    }
    for (const Statement& moment : world_.statements) {
      const std::set<Set> persons = persons_at(moment.at);
      for (Node node = 0; node < world_.members.size(); ++node) {
        if (!is_value(node) || last_word(node) > 0) continue;
        if (claimants(node, moment.at, persons) > limits_.persons_per_value) demoted.insert(node);
      }
    }
  }

  // ---- judgement ----

  void judge_all() {
    for (std::uint32_t place = 0; place < world_.statements.size(); ++place) {
      if (is_superseded(statement(place))) superseded.insert(place);
    }
    demote();
    parts = singles();
    for (std::uint32_t place = 0; place < world_.verdicts.size(); ++place) join(place);
    const std::vector<std::uint32_t> places = in_order();
    for (const Trust trust : {Trust::account_bound, Trust::self_stated, Trust::staff_typed}) {
      const std::set<Set> before = parts;
      for (const std::uint32_t place : places) {
        if (statement(place).trust == trust) judge(place, before);
      }
    }
    std::erase_if(refused, [&](const auto& entry) {
      return part_of(parts, statement(entry.first).a).contains(statement(entry.first).b);
    });
  }

  void join(std::uint32_t place) {
    const Verdict& verdict = world_.verdicts[place];
    if (verdict.kind != Verdict::Kind::join) return;
    std::vector<Node> all = verdict.one;
    all.insert(all.end(), verdict.other.begin(), verdict.other.end());
    for (const Node node : all) {
      if (any_apart(part_of(parts, all.front()), part_of(parts, node))) {
        overruled.insert(place);
      } else if (!part_of(parts, all.front()).contains(node)) {
        unite(parts, all.front(), node);
      }
    }
  }

  void judge(std::uint32_t place, const std::set<Set>& before) {
    const Statement& stated = statement(place);
    const Set& a = part_of(parts, stated.a);
    const Set& b = part_of(parts, stated.b);
    const auto crowded = [&](Node node) { return demoted.contains(node); };
    const auto allowed = [&](Node node) { return last_word(node) > 0; };
    const auto shared = [&](Node node) { return is_value(node) && is_shared(node, before); };
    if (a == b) return;
    if (any_apart(a, b)) {
      refused[place] = Reason::apart;
    } else if (is_blocked(stated)) {
      refused[place] = Reason::blocked;
    } else if (crowded(stated.a) || crowded(stated.b)) {
      refused[place] = Reason::crowded_value;
    } else if (stated.trust == Trust::staff_typed) {
      refused[place] = Reason::only_suggests;
    } else if (exclude(a, b)) {
      refused[place] = Reason::exclusive;
    } else if (stated.trust == Trust::self_stated && has_id(a) && has_id(b)) {
      refused[place] = Reason::two_persons;
    } else if (stated.trust == Trust::self_stated && !is_id(stated.a) && !is_id(stated.b) &&
               (shared(stated.a) || shared(stated.b))) {
      refused[place] = Reason::two_persons;
    } else if (!allowed(stated.a) && !allowed(stated.b) &&
               (has_too_many(a, b, "phone") || has_too_many(a, b, "email"))) {
      refused[place] = Reason::many_values;
    } else {
      unite(parts, stated.a, stated.b);
    }
  }

  bool has_too_many(const Set& a, const Set& b, const char* kind) const {
    if (values(a, kind) == 0 || values(b, kind) == 0) return false;
    return values(a, kind) + values(b, kind) > limits_.values_per_person;
  }

  bool is_shared(Node value, const std::set<Set>& among) const {
    std::set<Set> holders;
    for (const Node who : staters(value)) {
      if (is_id(who)) holders.insert(part_of(among, who));
    }
    return holders.size() > 1;
  }

  const World& world_;
  const Limits& limits_;
};

}  // namespace guanxi::identity::tests
