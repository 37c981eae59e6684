#include "gateway/pipeline/grouping.h"

#include <algorithm>

namespace guanxi::pipeline {
namespace {

using identity::Nature;
using identity::Reason;
using models::Identity;
using models::Side;
using models::Trust;
using store::Contest;
using store::Key;

// More than one, none of whom alone.
constexpr Key kSeveral = [] {
  Key key{};
  key.fill(0xFF);
  return key;
}();

struct Part {
  std::vector<Identity> members;
  bool makes_customer = false;
};

class Grouping {
 public:
  Grouping(WorkingSet& set, const News& news, const GroupingContext& context, store::Batch& batch)
      : set_(set), news_(news), context_(context), batch_(batch) {}

  Result<GroupingOutcome> run() {
    for (const Identity& identity : news_.changed) doubt(identity);
    if (news_.decision || news_.taken_back != 0) {
      for (const auto& [identity, row] : set_.stored) doubt(identity);
    }
    for (const FreshStatement& fresh : news_.statements) take(fresh.stated);
    for (const Identity& identity : news_.customers) take_customer(identity);
    for (const auto& component : components()) {
      if (auto done = settle_simply(component); !done)
        return tl::unexpected(std::move(done.error()));
    }
    if (doubtful_.empty()) return std::move(outcome_);
    auto found = survey(set_, doubtful_, news_, context_);
    if (!found) return tl::unexpected(std::move(found.error()));
    if (auto done = settle(*found); !done) return tl::unexpected(std::move(done.error()));
    return std::move(outcome_);
  }

 private:
  // ---- what is new ----

  void doubt(const Identity& identity) { doubtful_.insert(identity); }

  const store::KnownIdentity* row_of(const Identity& identity) const {
    const auto found = set_.stored.find(identity);
    return found == set_.stored.end() ? nullptr : &found->second;
  }

  const Key& key_of(const Identity& identity) {
    auto [entry, fresh] = set_.keys.try_emplace(identity);
    if (fresh) entry->second = context_.store.key_of(context_.tenant, identity);
    return entry->second;
  }

  Contest contest_of(const Identity& identity) const {
    const store::KnownIdentity* row = row_of(identity);
    return row == nullptr ? Contest::none : row->contest;
  }

  void take(const identity::Stated& stated) {
    if (contest_of(stated.b) == Contest::crowded || context_.policy.is_blocked(stated.b)) return;
    if (context_.policy.is_blocked(stated.a)) return;
    if (stated.nature == Nature::staffs) {
      take_claim(stated, Contest::some);
      return;
    }
    if (stated.trust == Trust::staff_typed) {
      if (models::is_contact(stated.b)) {
        take_claim(stated, Contest::none);
      } else if (!is_one_already(stated)) {
        doubt(stated.a);
        doubt(stated.b);
      }
      return;
    }
    if (is_one_already(stated) && contest_of(stated.a) == Contest::none) return;
    connect(node_of(stated.a), node_of(stated.b));
    simple_.push_back(&stated);
  }

  bool is_one_already(const identity::Stated& stated) const {
    const Uuid holder = set_.holdings.holder(stated.a);
    return !holder.is_nil() && holder == set_.holdings.holder(stated.b);
  }

  // A phone or e-mail that joins nobody tells something as soon as a second one states it too.
  void take_claim(const identity::Stated& stated, Contest contest) {
    const Key& stater = key_of(stated.a);
    const store::KnownIdentity* row = row_of(stated.b);
    if (row == nullptr) {
      const auto [claim, fresh] = outcome_.stated_by.try_emplace(stated.b, stater);
      if (contest != Contest::none) outcome_.contests[stated.b] = contest;
      if (!fresh && claim->second != stater) doubt(stated.b);
      return;
    }
    if (row->stated_by == stater) return;
    if (is_one_already(stated) && contest == Contest::none) return;
    const bool is_first = row->customer.is_nil() && row->stated_by == Key{} &&
                          row->contest == Contest::none && contest == Contest::none;
    if (is_first) {
      const auto [claim, fresh] = outcome_.stated_by.try_emplace(stated.b, stater);
      if (fresh) batch_.stated_by.emplace_back(row->key, stater);
      if (!fresh && claim->second != stater) doubt(stated.b);
      return;
    }
    doubt(stated.a);
    doubt(stated.b);
  }

  // What makes somebody a customer who was none may bring along whatever is tied to her.
  void take_customer(const Identity& identity) {
    if (!set_.holdings.holder(identity).is_nil()) return;
    node_of(identity);
  }

  // ---- components of what is new, without reading anything ----

  std::size_t node_of(const Identity& identity) {
    const auto [entry, fresh] = nodes_.try_emplace(identity, members_.size());
    if (!fresh) return entry->second;
    const std::size_t node = entry->second;
    members_.push_back(&entry->first);
    parent_.push_back(node);
    const Uuid holder = set_.holdings.holder(identity);
    if (holder.is_nil()) return node;
    const auto [first, first_of_customer] = customer_node_.try_emplace(holder, node);
    if (!first_of_customer) {
      connect(first->second, node);
      return node;
    }
    for (const models::CustomerIdentity& held : set_.customers[holder].now.identities) {
      connect(node, node_of(held.identity));
    }
    return node;
  }

  std::size_t root_of(std::size_t node) {
    while (parent_[node] != node) node = parent_[node] = parent_[parent_[node]];
    return node;
  }

  void connect(std::size_t a, std::size_t b) { parent_[root_of(a)] = root_of(b); }

  std::vector<std::vector<Identity>> components() {
    std::map<std::size_t, std::vector<Identity>> by_root;
    for (std::size_t node = 0; node < members_.size(); ++node) {
      by_root[root_of(node)].push_back(*members_[node]);
    }
    std::vector<std::vector<Identity>> found;
    for (auto& [root, members] : by_root) found.push_back(std::move(members));
    return found;
  }

  // Where nothing is at odds, all that is tied together is one person, in whatever order it came.
  Result<void> settle_simply(const std::vector<Identity>& component) {
    const bool is_doubtful = std::ranges::any_of(component,
                                                 [&](const Identity& identity) {
                                                   return doubtful_.contains(identity) ||
                                                          is_contested(identity) ||
                                                          has_a_past(identity, component);
                                                 }) ||
                             !is_consistent(component);
    if (is_doubtful) {
      for (const Identity& identity : component) doubt(identity);
      return {};
    }
    Part part{component, makes_customer(component)};
    return assign({std::move(part)});
  }

  bool is_contested(const Identity& identity) const {
    if (contest_of(identity) != Contest::none) return true;
    const auto customer = set_.customers.find(set_.holdings.holder(identity));
    if (customer == set_.customers.end()) return false;
    const auto& held = customer->second.now.identities;
    const auto mine = std::ranges::find(held, identity, &models::CustomerIdentity::identity);
    return mine != held.end() && mine->contested;
  }

  // Known, and nobody's: what is tied to it is in the store.
  bool has_a_past(const Identity& identity, const std::vector<Identity>& component) const {
    const store::KnownIdentity* row = row_of(identity);
    if (row == nullptr || !set_.holdings.holder(identity).is_nil()) return false;
    return component.size() > 1 || makes_customer(component);
  }

  bool makes_customer(const std::vector<Identity>& component) const {
    return std::ranges::any_of(
        component, [&](const Identity& identity) { return news_.customers.contains(identity); });
  }

  // Whether the new statements join all of the component, and no limit is near.
  bool is_consistent(const std::vector<Identity>& component) {
    if (component.size() == 1) return true;
    identity::World world;
    std::map<Identity, identity::Node> nodes;
    std::map<Uuid, identity::Verdict> customers;
    std::size_t strong = 0;
    bool has_value = false;
    for (const Identity& identity : component) {
      const auto node = static_cast<identity::Node>(world.members.size());
      nodes.emplace(identity, node);
      world.members.push_back({&identity, false});
      if (models::is_contact(identity)) {
        has_value = true;
      } else if (identity.side == Side::customer) {
        ++strong;
      }
      if (const Uuid holder = set_.holdings.holder(identity); !holder.is_nil()) {
        customers[holder].one.push_back(node);
      }
    }
    // Who shares a value is judged by how the ids are tied without it, which nobody has read.
    if (has_value && strong > context_.policy.limits.persons_per_value) return false;
    for (auto& [holder, verdict] : customers) world.verdicts.push_back(std::move(verdict));
    for (const identity::Stated* stated : simple_) {
      const auto a = nodes.find(stated->a);
      if (a == nodes.end()) continue;
      world.statements.push_back(
          {a->second, nodes.at(stated->b), stated->trust, stated->nature, stated->at, stated->at});
    }
    const identity::Partition found = identity::partition(world, context_.policy.limits);
    return found.parts == 1 && found.refused.empty() && found.superseded.empty() &&
           found.demoted.empty() && found.overruled.empty();
  }

  // ---- what evidence and decisions make of those concerned ----

  Result<void> settle(const Neighbourhood& found) {
    note_contests(found);
    note_suggestions(found);
    std::vector<Part> parts(found.partition.parts);
    for (std::size_t i = 0; i < found.members.size(); ++i) {
      const Identity& identity = found.members[i];
      if (found.at_the_rim[i] || identity.side == Side::staff) continue;
      Part& part = parts[found.partition.part[i]];
      part.members.push_back(identity);
      part.makes_customer = part.makes_customer || news_.customers.contains(identity);
    }
    std::erase_if(parts, [](const Part& part) { return part.members.empty(); });
    return assign(std::move(parts));
  }

  void note_contests(const Neighbourhood& found) {
    std::vector<Contest> contests(found.members.size(), Contest::none);
    const auto contest = [&](identity::Node node) {
      if (contests[node] == Contest::none) contests[node] = Contest::some;
    };
    const auto contest_both = [&](std::uint32_t place) {
      contest(found.world.statements[place].a);
      contest(found.world.statements[place].b);
    };
    for (const identity::Refusal& refusal : found.partition.refused) {
      if (refusal.reason != Reason::only_suggests) contest_both(refusal.statement);
    }
    for (const std::uint32_t place : found.partition.superseded) contest_both(place);
    for (const identity::Node node : found.partition.demoted) contest(node);
    for (const identity::Statement& statement : found.world.statements) {
      if (statement.nature == Nature::staffs) contest(statement.b);
    }
    for (const identity::Verdict& verdict : found.world.verdicts) {
      for (const identity::Node node : verdict.one) contest(node);
      for (const identity::Node node : verdict.other) contest(node);
    }
    for (std::size_t i = 0; i < found.members.size(); ++i) {
      if (found.crowded.contains(found.members[i])) contests[i] = Contest::crowded;
      if (!found.at_the_rim[i]) outcome_.contests[found.members[i]] = contests[i];
    }
    note_staters(found);
  }

  // Of the values that several state, so that the next of them is no news.
  void note_staters(const Neighbourhood& found) {
    std::map<identity::Node, Key> staters;
    for (std::size_t i = 0; i < found.world.statements.size(); ++i) {
      const identity::Statement& statement = found.world.statements[i];
      if (!models::is_contact(found.members[statement.b])) continue;
      const auto [entry, fresh] = staters.try_emplace(statement.b, found.evidence[i].a);
      if (!fresh && entry->second != found.evidence[i].a) entry->second = kSeveral;
    }
    for (const auto& [node, stater] : staters) {
      const Identity& value = found.members[node];
      if (found.at_the_rim[node]) continue;
      const store::KnownIdentity* row = row_of(value);
      if (row == nullptr) {
        outcome_.stated_by.insert_or_assign(value, stater);
      } else if (row->stated_by != stater) {
        batch_.stated_by.emplace_back(row->key, stater);
      }
    }
  }

  static bool is_worth_suggesting(Reason reason) {
    return reason == Reason::only_suggests || reason == Reason::two_persons ||
           reason == Reason::exclusive || reason == Reason::many_values;
  }

  void note_suggestions(const Neighbourhood& found) {
    for (std::size_t i = 0; i < found.members.size(); ++i) {
      if (!found.at_the_rim[i]) batch_.reconsidered.push_back(key_of(found.members[i]));
    }
    const std::map<identity::Node, identity::Node> standing = first_claims(found);
    std::set<Key> made;
    for (const identity::Refusal& refusal : found.partition.refused) {
      if (!is_worth_suggesting(refusal.reason)) continue;
      const identity::Statement& statement = found.world.statements[refusal.statement];
      const store::EvidenceSum& evidence = found.evidence[refusal.statement];
      store::Suggestion suggestion;
      suggestion.a = evidence.a;
      suggestion.b = evidence.b;
      if (const auto first = standing.find(statement.b); first != standing.end()) {
        if (first->second == statement.a) continue;
        suggestion.b = key_of(found.members[first->second]);
        suggestion.via = evidence.b;
      } else if (models::is_contact(found.members[statement.b]) &&
                 set_.holdings.holder(found.members[statement.b]).is_nil() &&
                 is_alone(found, statement.b)) {
        continue;  // nobody else has it
      }
      const identity::Node other =
          standing.contains(statement.b) ? standing.at(statement.b) : statement.b;
      if (were_parted(found, statement.a, other)) continue;
      add_suggestion(std::move(suggestion), refusal.reason, evidence, made);
    }
  }

  // Whether people decided that the two are not one person.
  static bool were_parted(const Neighbourhood& found, identity::Node a, identity::Node b) {
    const auto& part = found.partition.part;
    const auto has = [&](const std::vector<identity::Node>& side, identity::Node of) {
      return std::ranges::any_of(side, [&](identity::Node node) { return part[node] == part[of]; });
    };
    return std::ranges::any_of(found.world.verdicts, [&](const identity::Verdict& verdict) {
      if (verdict.kind != identity::Verdict::Kind::apart) return false;
      return (has(verdict.one, a) && has(verdict.other, b)) ||
             (has(verdict.one, b) && has(verdict.other, a));
    });
  }

  void add_suggestion(store::Suggestion suggestion, Reason reason,
                      const store::EvidenceSum& evidence, std::set<Key>& made) {
    const Key& low = std::min(suggestion.a, suggestion.b);
    const Key& high = std::max(suggestion.a, suggestion.b);
    std::string pair = "suggestion";
    pair.append(low.begin(), low.end()).append(high.begin(), high.end());
    suggestion.id = context_.store.key_of(context_.tenant, pair);
    if (!made.insert(suggestion.id).second) return;
    suggestion.tenant = context_.tenant;
    suggestion.reason = static_cast<int>(reason);
    suggestion.trust = evidence.trust;
    suggestion.at = evidence.first_at;
    suggestion.seq = evidence.seq;
    suggestion.rule = evidence.rule;
    batch_.suggestions.push_back(std::move(suggestion));
  }

  static bool is_alone(const Neighbourhood& found, identity::Node node) {
    return std::ranges::count(found.partition.part, found.partition.part[node]) == 1;
  }

  // Of phones and e-mails that are nobody's: who stated each first, best trusted before others.
  static std::map<identity::Node, identity::Node> first_claims(const Neighbourhood& found) {
    std::map<identity::Node, std::uint32_t> first;
    const auto order = [&](std::uint32_t place) {
      const identity::Statement& statement = found.world.statements[place];
      return std::tuple(statement.trust, statement.at, std::cref(found.members[statement.a]).get());
    };
    for (const identity::Refusal& refusal : found.partition.refused) {
      const identity::Statement& statement = found.world.statements[refusal.statement];
      if (!models::is_contact(found.members[statement.b]) || !is_alone(found, statement.b)) {
        continue;
      }
      if (!is_worth_suggesting(refusal.reason)) continue;
      const auto [entry, fresh] = first.try_emplace(statement.b, refusal.statement);
      if (!fresh && order(refusal.statement) < order(entry->second)) {
        entry->second = refusal.statement;
      }
    }
    std::map<identity::Node, identity::Node> claims;
    for (const auto& [value, place] : first) claims[value] = found.world.statements[place].a;
    return claims;
  }

  // ---- from parts to customers ----

  Result<void> assign(std::vector<Part> parts) {
    std::map<Uuid, std::vector<std::size_t>> spread;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      for (const Identity& identity : parts[i].members) {
        const Uuid holder = set_.holdings.holder(identity);
        if (holder.is_nil()) continue;
        auto& places = spread[holder];
        if (places.empty() || places.back() != i) places.push_back(i);
      }
    }
    std::vector<std::vector<Uuid>> inherited(parts.size());
    std::vector<Uuid> left(parts.size());  // whom a part without inheritance leaves
    for (const auto& [customer, places] : spread) {
      const std::size_t keeper =
          places.size() == 1 ? places.front() : keeper_of(customer, parts, places);
      inherited[keeper].push_back(customer);
      for (const std::size_t place : places) {
        if (place != keeper) left[place] = customer;
      }
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
      auto customer = customer_for(parts[i], inherited[i], left[i]);
      if (!customer) return tl::unexpected(std::move(customer.error()));
      place(parts[i], *customer, left[i]);
    }
    return {};
  }

  // Who keeps the id of a customer who is divided.
  std::size_t keeper_of(const Uuid& customer, const std::vector<Part>& parts,
                        const std::vector<std::size_t>& places) {
    const auto has = [&](std::size_t place, const Identity& identity) {
      return std::ranges::find(parts[place].members, identity) != parts[place].members.end();
    };
    if (const auto stays = news_.stays.find(customer); stays != news_.stays.end()) {
      for (const std::size_t place : places) {
        if (has(place, stays->second)) return place;
      }
    }
    const auto& held = set_.customers[customer].now.identities;
    const auto order = [](const models::CustomerIdentity& identity) {
      return std::tuple(models::is_contact(identity.identity), identity.first_seen,
                        identity.identity);
    };
    const models::CustomerIdentity* first = nullptr;
    for (const models::CustomerIdentity& identity : held) {
      const bool is_there = std::ranges::any_of(
          places, [&](std::size_t place) { return has(place, identity.identity); });
      if (is_there && (first == nullptr || order(identity) < order(*first))) first = &identity;
    }
    for (const std::size_t place : places) {
      if (first != nullptr && has(place, first->identity)) return place;
    }
    return places.front();
  }

  // Nil: nobody, for nothing makes a customer of them.
  Result<Uuid> customer_for(const Part& part, const std::vector<Uuid>& inherited,
                            const Uuid& left) {
    if (!inherited.empty()) {
      const Uuid survivor = *std::ranges::min_element(
          inherited, [&](const Uuid& a, const Uuid& b) { return seniority(a) < seniority(b); });
      for (const Uuid& other : inherited) {
        if (other != survivor) merge(other, survivor);
      }
      return survivor;
    }
    bool is_customer = part.makes_customer;
    if (!is_customer && !left.is_nil()) {
      auto stated = states_a_customer(part);
      if (!stated) return tl::unexpected(std::move(stated.error()));
      is_customer = *stated;
    }
    if (!is_customer) return Uuid{};
    if (!left.is_nil()) {
      auto revived = revive(part, left);
      if (!revived) return tl::unexpected(std::move(revived.error()));
      if (!revived->is_nil()) return revived;
    }
    const Uuid fresh = context_.make_id();
    WorkingCustomer& working = set_.customers[fresh];
    working.now.id = fresh;
    working.now.created_at = context_.now;
    return fresh;
  }

  // The one whom a CRM knows, else the oldest.
  std::tuple<int, Time, Uuid> seniority(const Uuid& customer) {
    const models::Customer& now = set_.customers[customer].now;
    const bool is_known = std::ranges::any_of(now.identities, [](const auto& held) {
      return held.identity.name_space.starts_with("crm.");
    });
    // Whom a person chose before either.
    const bool is_chosen = news_.decision && news_.decision->into == customer;
    return {is_chosen ? 0 : is_known ? 1 : 2, now.created_at, customer};
  }

  void merge(const Uuid& customer, const Uuid& into) {
    WorkingCustomer& gone = set_.customers[customer];
    WorkingCustomer& survivor = set_.customers[into];
    gone.merged_into = into;
    gone.touched = survivor.touched = true;
    survivor.merged_from.push_back(customer);
    survivor.before.insert(gone.before.begin(), gone.before.end());
    store::LineageEntry entry;
    entry.tenant = context_.tenant;
    entry.kind = store::LineageEntry::Kind::merged;
    entry.customer = customer;
    entry.other = into;
    entry.at = context_.now;
    entry.by_decision = news_.decision.has_value();
    for (const models::CustomerIdentity& held : gone.now.identities) {
      entry.identities.push_back(key_of(held.identity));
      survivor.moved.push_back(entry.identities.back());
    }
    batch_.lineage.push_back(std::move(entry));
  }

  Result<bool> states_a_customer(const Part& part) {
    std::vector<Key> keys;
    for (const Identity& identity : part.members) keys.push_back(key_of(identity));
    const auto facts = context_.store.facts_of(context_.tenant, keys);
    if (!facts) return tl::unexpected(facts.error());
    return std::ranges::any_of(*facts, [&](const store::SubjectFacts& row) {
      if (std::ranges::find(news_.replayed, row.source.seq) != news_.replayed.end()) return false;
      return std::ranges::any_of(row.facts, identity::makes_customer);
    });
  }

  // A customer who was merged into the one whom the part leaves is herself again.
  Result<Uuid> revive(const Part& part, const Uuid& left) {
    const auto lineage = context_.store.lineage(context_.tenant, left, 0, 100);
    if (!lineage) return tl::unexpected(lineage.error());
    std::set<Key> keys;
    for (const Identity& identity : part.members) keys.insert(key_of(identity));
    for (const store::LineageEntry& entry : *lineage) {
      if (entry.kind != store::LineageEntry::Kind::merged || entry.other != left) continue;
      const bool is_hers =
          std::ranges::any_of(entry.identities, [&](const Key& key) { return keys.contains(key); });
      if (!is_hers || set_.customers.contains(entry.customer)) continue;
      const auto merged = context_.store.merged(context_.tenant, std::vector{entry.customer});
      if (!merged) return tl::unexpected(merged.error());
      const auto found = merged->find(entry.customer);
      if (found == merged->end() || found->second.first != left) continue;
      WorkingCustomer& working = set_.customers[entry.customer];
      working.now.id = entry.customer;
      working.now.created_at = context_.now;
      working.version_base = found->second.second;
      working.revived = true;
      return entry.customer;
    }
    return Uuid{};
  }

  void place(const Part& part, const Uuid& customer, const Uuid& left) {
    std::vector<Key> went;
    for (const Identity& identity : part.members) {
      const Uuid before = set_.holdings.holder(identity);
      const store::KnownIdentity* row = row_of(identity);
      const Contest contest = wanted_contest(identity);
      const bool moves = before != customer;
      if (moves) {
        set_.holdings.hold(identity, customer);
        leave(identity, before);
        join(identity, customer, row != nullptr);
        if (before == left && !left.is_nil()) went.push_back(key_of(identity));
      }
      mark(identity, customer, contest);
      if (row != nullptr && (row->customer != customer || row->contest != contest)) {
        const store::Move move{row->key, row->customer, customer, contest};
        const auto [place, fresh] = moves_.try_emplace(row->key, batch_.moves.size());
        if (fresh) {
          batch_.moves.push_back(move);
        } else {
          batch_.moves[place->second] = move;
        }
      }
    }
    if (!left.is_nil() && !customer.is_nil() && !went.empty()) note_split(left, customer, went);
  }

  Contest wanted_contest(const Identity& identity) const {
    const auto wanted = outcome_.contests.find(identity);
    return wanted == outcome_.contests.end() ? contest_of(identity) : wanted->second;
  }

  void leave(const Identity& identity, const Uuid& before) {
    if (before.is_nil()) return;
    WorkingCustomer& working = set_.customers[before];
    working.touched = working.refold = true;
    if (!working.merged_into.is_nil()) return;  // she is written as she was
    std::erase_if(working.now.identities,
                  [&](const models::CustomerIdentity& held) { return held.identity == identity; });
  }

  void join(const Identity& identity, const Uuid& customer, bool has_a_past) {
    if (customer.is_nil()) return;
    WorkingCustomer& working = set_.customers[customer];
    working.touched = true;
    // What it did before belongs to the customer now.
    if (has_a_past) working.refold = true;
    working.now.identities.push_back({identity, {}, {}, {}, {}});
  }

  void mark(const Identity& identity, const Uuid& customer, Contest contest) {
    if (customer.is_nil()) return;
    WorkingCustomer& working = set_.customers[customer];
    const auto held =
        std::ranges::find(working.now.identities, identity, &models::CustomerIdentity::identity);
    if (held == working.now.identities.end()) return;
    if (held->contested == (contest != Contest::none)) return;
    held->contested = contest != Contest::none;
    working.touched = true;
  }

  void note_split(const Uuid& from, const Uuid& to, const std::vector<Key>& went) {
    WorkingCustomer& old = set_.customers[from];
    old.split_into.push_back(to);
    old.moved.insert(old.moved.end(), went.begin(), went.end());
    WorkingCustomer& fresh = set_.customers[to];
    if (fresh.version_before == 0) fresh.before.insert(old.before.begin(), old.before.end());
    store::LineageEntry entry;
    entry.tenant = context_.tenant;
    entry.kind = store::LineageEntry::Kind::split;
    entry.customer = from;
    entry.other = to;
    entry.at = context_.now;
    entry.by_decision = news_.decision.has_value();
    entry.identities = went;
    batch_.lineage.push_back(std::move(entry));
  }

  WorkingSet& set_;
  const News& news_;
  const GroupingContext& context_;
  store::Batch& batch_;
  GroupingOutcome outcome_;
  std::set<Identity> doubtful_;
  std::vector<const identity::Stated*> simple_;
  std::map<Identity, std::size_t> nodes_;
  std::vector<const Identity*> members_;  // by node
  std::vector<std::size_t> parent_;
  std::map<Uuid, std::size_t> customer_node_;
  std::map<Key, std::size_t> moves_;  // in the batch
};

}  // namespace

Result<GroupingOutcome> group(WorkingSet& set, const News& news, const GroupingContext& context,
                              store::Batch& batch) {
  return Grouping(set, news, context, batch).run();
}

}  // namespace guanxi::pipeline
