#include <algorithm>
#include <tuple>

#include "gateway/pipeline/grouping.h"

namespace guanxi::pipeline {
namespace {

using identity::Nature;
using models::Identity;
using models::Trust;
using store::Contest;
using store::DecisionRecord;
using store::EvidenceSum;
using store::Key;

// Beyond it nobody reads on: what is tied to so many is tied to nobody in particular.
constexpr std::size_t kMembersMax = 4096;

bool may_join(const EvidenceSum& sum) {
  return sum.trust != Trust::staff_typed && sum.nature != static_cast<int>(Nature::staffs);
}

class Surveying {
 public:
  Surveying(WorkingSet& set, const News& news, const GroupingContext& context)
      : set_(set), news_(news), context_(context) {
    for (const FreshStatement& fresh : news.statements) {
      by_identity_[fresh.stated.a].push_back(&fresh);
      by_identity_[fresh.stated.b].push_back(&fresh);
    }
  }

  Result<Neighbourhood> run(const std::set<Identity>& seeds) {
    for (const Identity& seed : seeds) reach(seed);
    while (!frontier_.empty() && members_.size() < kMembersMax) {
      std::vector<Identity> step;
      std::swap(step, frontier_);
      if (auto done = read(step); !done) return tl::unexpected(std::move(done.error()));
    }
    weigh_values();
    return assemble();
  }

 private:
  const Key& key_of(const Identity& identity) {
    auto [entry, fresh] = set_.keys.try_emplace(identity);
    if (fresh) entry->second = context_.store.key_of(context_.tenant, identity);
    return entry->second;
  }

  bool is_crowded(const Identity& identity) const {
    const auto row = set_.stored.find(identity);
    return row != set_.stored.end() && row->second.contest == Contest::crowded;
  }

  void reach(const Identity& identity) {
    if (is_crowded(identity)) {
      crowded_.insert(identity);
      return;
    }
    if (members_.insert(identity).second) frontier_.push_back(identity);
  }

  Result<void> read(const std::vector<Identity>& step) {
    std::vector<Key> keys;
    for (const Identity& identity : step) keys.push_back(key_of(identity));
    auto loaded = load_more(set_, context_.tenant, unread(keys), context_.store);
    if (!loaded) return loaded;
    std::map<Key, Identity> names;
    for (const Identity& identity : step) {
      names.emplace(key_of(identity), identity);
      if (is_crowded(identity)) {
        crowded_.insert(identity);
        members_.erase(identity);
        continue;
      }
      reach_customer(identity);
      for (const FreshStatement* fresh : by_identity_[identity]) take(*fresh);
    }
    auto evidence = context_.store.evidence_of(context_.tenant, keys, news_.replayed);
    if (!evidence) return tl::unexpected(std::move(evidence.error()));
    auto decisions = context_.store.decisions_of(context_.tenant, keys);
    if (!decisions) return tl::unexpected(std::move(decisions.error()));
    if (auto named = name_all(*evidence, *decisions); !named) return named;
    for (EvidenceSum& sum : *evidence) take(std::move(sum));
    for (DecisionRecord& decision : *decisions) take(std::move(decision));
    if (news_.decision && concerns(*news_.decision, keys)) take(*news_.decision);
    return {};
  }

  std::vector<Key> unread(const std::vector<Key>& keys) {
    std::vector<Key> wanted;
    for (const Key& key : keys) {
      if (read_.insert(key).second) wanted.push_back(key);
    }
    return wanted;
  }

  void reach_customer(const Identity& identity) {
    const Uuid holder = set_.holdings.holder(identity);
    if (holder.is_nil()) return;
    const auto customer = set_.customers.find(holder);
    if (customer == set_.customers.end()) return;
    for (const models::CustomerIdentity& held : customer->second.now.identities) {
      reach(held.identity);
    }
  }

  // Evidence and decisions name keys; who they are has to be read.
  Result<void> name_all(const std::vector<EvidenceSum>& evidence,
                        const std::vector<DecisionRecord>& decisions) {
    std::set<Key> keys;
    for (const EvidenceSum& sum : evidence) keys.insert({sum.a, sum.b});
    for (const DecisionRecord& decision : decisions) {
      keys.insert(decision.one.begin(), decision.one.end());
      keys.insert(decision.other.begin(), decision.other.end());
    }
    if (news_.decision) {
      keys.insert(news_.decision->one.begin(), news_.decision->one.end());
      keys.insert(news_.decision->other.begin(), news_.decision->other.end());
    }
    const std::vector<Key> wanted = unread({keys.begin(), keys.end()});
    if (!wanted.empty()) {
      auto loaded = load_more(set_, context_.tenant, wanted, context_.store);
      if (!loaded) return loaded;
    }
    for (const auto& [identity, row] : set_.stored) names_.try_emplace(row.key, identity);
    return {};
  }

  const Identity* name_of(const Key& key) {
    if (const auto found = names_.find(key); found != names_.end()) return &found->second;
    return nullptr;
  }

  void take(const FreshStatement& fresh) {
    if (!fresh_.insert(&fresh).second) return;
    const identity::Stated& stated = fresh.stated;
    names_.try_emplace(key_of(stated.a), stated.a);
    names_.try_emplace(key_of(stated.b), stated.b);
    take(EvidenceSum{key_of(stated.a), key_of(stated.b), stated.trust,
                     static_cast<int>(stated.nature), stated.at, stated.at, fresh.seq,
                     stated.rule});
  }

  void take(EvidenceSum sum) {
    const Identity* a = name_of(sum.a);
    const Identity* b = name_of(sum.b);
    if (a == nullptr || b == nullptr) return;  // neither is known any more
    if (may_join(sum)) {
      reach(*a);
      reach(*b);
    } else {
      rim_.insert({*a, *b});
      // All who state a value are seen together, whoever of them is asked for: what they suggest
      // of each other is made anew together.
      if (models::is_contact(*b)) reach(*b);
    }
    const auto [place, fresh] =
        places_.try_emplace(std::tuple(sum.a, sum.b, sum.trust, sum.nature), evidence_.size());
    if (fresh) {
      evidence_.push_back(std::move(sum));
      return;
    }
    EvidenceSum& same = evidence_[place->second];
    if (std::pair(sum.first_at, sum.seq) < std::pair(same.first_at, same.seq)) {
      same.first_at = sum.first_at;
      same.seq = sum.seq;
      same.rule = std::move(sum.rule);
    }
    same.last_at = std::max(same.last_at, sum.last_at);
  }

  static bool concerns(const DecisionRecord& decision, const std::vector<Key>& keys) {
    const auto named = [&](const Key& key) { return std::ranges::find(keys, key) != keys.end(); };
    return std::ranges::any_of(decision.one, named) || std::ranges::any_of(decision.other, named);
  }

  void take(DecisionRecord decision) {
    if (decision.id != 0 && decision.id == news_.taken_back) return;
    if (decision.kind == DecisionRecord::Kind::reject ||
        decision.kind == DecisionRecord::Kind::take_back) {
      return;
    }
    const bool is_known = std::ranges::any_of(
        decisions_, [&](const DecisionRecord& known) { return known.id == decision.id; });
    if (is_known) return;
    for (const auto* side : {&decision.one, &decision.other}) {
      for (const Key& key : *side) {
        if (const Identity* identity = name_of(key)) reach(*identity);
      }
    }
    decisions_.push_back(std::move(decision));
  }

  // Of a phone or e-mail that too many state nobody believes anything.
  void weigh_values() {
    std::map<Key, std::set<Key>> staters;
    for (const EvidenceSum& sum : evidence_) staters[sum.b].insert(sum.a);
    for (const auto& [key, who] : staters) {
      const Identity* value = name_of(key);
      if (value == nullptr || !models::is_contact(*value)) continue;
      if (who.size() > context_.policy.limits.statements_per_value) crowded_.insert(*value);
    }
  }

  Result<Neighbourhood> assemble() {
    Neighbourhood result;
    std::set<Identity> all = members_;
    all.insert(rim_.begin(), rim_.end());
    std::map<Key, identity::Node> nodes;
    result.members.assign(all.begin(), all.end());
    for (std::size_t i = 0; i < result.members.size(); ++i) {
      const Identity& identity = result.members[i];
      nodes[key_of(identity)] = static_cast<identity::Node>(i);
      result.at_the_rim.push_back(!members_.contains(identity));
      result.world.members.push_back({&result.members[i], context_.policy.is_blocked(identity) ||
                                                              crowded_.contains(identity)});
    }
    for (EvidenceSum& sum : evidence_) {
      const auto a = nodes.find(sum.a);
      const auto b = nodes.find(sum.b);
      if (a == nodes.end() || b == nodes.end()) continue;
      result.world.statements.push_back({a->second, b->second, sum.trust,
                                         static_cast<Nature>(sum.nature), sum.first_at,
                                         sum.last_at});
      result.evidence.push_back(std::move(sum));
    }
    add_verdicts(result, nodes);
    result.crowded = std::move(crowded_);
    result.partition = identity::partition(result.world, context_.policy.limits);
    return result;
  }

  void add_verdicts(Neighbourhood& result, const std::map<Key, identity::Node>& nodes) {
    // One of now is the last.
    std::ranges::sort(decisions_, {}, [](const DecisionRecord& decision) {
      return decision.id == 0 ? INT64_MAX : decision.id;
    });
    for (DecisionRecord& decision : decisions_) {
      identity::Verdict verdict;
      verdict.kind = static_cast<identity::Verdict::Kind>(decision.kind);
      verdict.overrides = decision.overrides;
      for (const Key& key : decision.one) {
        if (const auto node = nodes.find(key); node != nodes.end()) {
          verdict.one.push_back(node->second);
        }
      }
      for (const Key& key : decision.other) {
        if (const auto node = nodes.find(key); node != nodes.end()) {
          verdict.other.push_back(node->second);
        }
      }
      result.world.verdicts.push_back(std::move(verdict));
      result.decisions.push_back(std::move(decision));
    }
  }

  WorkingSet& set_;
  const News& news_;
  const GroupingContext& context_;
  std::map<Identity, std::vector<const FreshStatement*>> by_identity_;
  std::set<Identity> members_;
  std::set<Identity> rim_;
  std::set<Identity> crowded_;
  std::vector<Identity> frontier_;
  std::set<Key> read_;
  std::map<Key, Identity> names_;
  std::set<const FreshStatement*> fresh_;
  std::vector<EvidenceSum> evidence_;
  std::map<std::tuple<Key, Key, Trust, int>, std::size_t> places_;  // in evidence_
  std::vector<DecisionRecord> decisions_;
};

}  // namespace

Result<Neighbourhood> survey(WorkingSet& set, const std::set<Identity>& seeds, const News& news,
                             const GroupingContext& context) {
  return Surveying(set, news, context).run(seeds);
}

}  // namespace guanxi::pipeline
