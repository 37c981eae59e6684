#include "gateway/pipeline/working_set.h"

#include <algorithm>

#include "gateway/identity/statements.h"

namespace guanxi::pipeline {
namespace {

using models::Fact;
using models::FactKind;
using models::Identity;
using models::Json;
using models::Role;

void collect(WorkingSet& set, const std::vector<const models::Event*>& events,
             const std::vector<store::SubjectFacts>& former, std::set<Identity>& things) {
  const auto name = [&](const Fact& fact) {
    for (Identity& named : identities_of(fact)) set.keys.try_emplace(std::move(named));
    if (const Identity* thing = thing_of(fact)) things.insert(*thing);
  };
  for (const store::SubjectFacts& row : former) std::ranges::for_each(row.facts, name);
  for (const models::Event* event : events) {
    std::ranges::for_each(event->facts, name);
    for (const models::WantedCall& call : event->calls) {
      if (call.about) things.insert(*call.about);
    }
  }
  for (const Identity& thing : things) set.keys.try_emplace(thing);
}

void take_customer(WorkingSet& set, models::Customer customer) {
  for (const models::CustomerIdentity& held : customer.identities) {
    set.holdings.hold(held.identity, customer.id);
  }
  WorkingCustomer& working = set.customers[customer.id];
  working.version_before = working.version_base = customer.version;
  working.updated_before = customer.updated_at;
  working.facets_before = models::facets_of(customer);
  for (const models::Relation& relation : customer.relations) {
    working.before[relation.staff] = {relation.status == "active",
                                      models::value_of(relation.fields, "tags")};
  }
  if (set.replaying) working.original = customer;
  working.now = std::move(customer);
}

Result<void> load_people(WorkingSet& set, store::TenantId tenant, store::Store& store) {
  std::vector<store::Key> keys;
  keys.reserve(set.keys.size());
  for (const auto& [identity, key] : set.keys) keys.push_back(key);
  return load_more(set, tenant, keys, store);
}

Result<void> load_things(WorkingSet& set, store::TenantId tenant, const std::set<Identity>& things,
                         store::Store& store) {
  if (things.empty()) return {};
  std::vector<store::Key> keys;
  for (const Identity& thing : things) keys.push_back(set.keys.at(thing));
  auto entities = store.entities(tenant, keys);
  if (!entities) return fail(entities.error().code, entities.error().detail);
  for (auto& [key, entity] : *entities) {
    WorkingEntity& working = set.entities[key];
    working.version_before = entity.version;
    if (set.replaying) working.original = entity;
    working.now = std::move(entity);
  }
  return {};
}

// The facts of some subjects in folding order: the store's, and the batch's own over them.
Result<std::vector<store::SubjectFacts>> history_of(store::TenantId tenant,
                                                    const std::vector<store::Key>& subjects,
                                                    const std::vector<store::SubjectFacts>& fresh,
                                                    const std::vector<std::int64_t>& replayed,
                                                    store::Store& store) {
  auto history = store.facts_of(tenant, subjects);
  if (!history) return history;
  std::erase_if(*history, [&](const store::SubjectFacts& old) {
    return std::ranges::binary_search(replayed, old.source.seq);
  });
  for (const store::SubjectFacts& facts : fresh) {
    if (facts.tenant != tenant || std::ranges::find(subjects, facts.subject) == subjects.end()) {
      continue;
    }
    std::erase_if(*history, [&](const store::SubjectFacts& old) {
      return old.subject == facts.subject && old.source.seq == facts.source.seq;
    });
    history->push_back(facts);
  }
  std::ranges::stable_sort(*history, {},
                           [](const store::SubjectFacts& facts) { return facts.source.order(); });
  return history;
}

// Of one row the customer's identities may each carry facts; they are applied as the one event it
// was.
std::vector<store::SubjectFacts> joined_by_row(std::vector<store::SubjectFacts> history) {
  std::vector<store::SubjectFacts> joined;
  for (store::SubjectFacts& facts : history) {
    if (!joined.empty() && joined.back().source == facts.source) {
      auto& all = joined.back().facts;
      all.insert(all.end(), facts.facts.begin(), facts.facts.end());
    } else {
      joined.push_back(std::move(facts));
    }
  }
  return joined;
}

}  // namespace

Result<void> load_more(WorkingSet& set, store::TenantId tenant, const std::vector<store::Key>& keys,
                       store::Store& store) {
  auto known = store.identities(keys);
  if (!known) return fail(known.error().code, known.error().detail);
  std::set<Uuid> holders;
  for (store::KnownIdentity& row : *known) {
    if (row.erased_at) {
      set.erased.insert_or_assign(row.key, *row.erased_at);
      if (row.identity.value.empty()) continue;  // she has not come back
    }
    set.keys.insert_or_assign(row.identity, row.key);
    set.known.insert(row.identity);
    const auto [stored, fresh] = set.stored.try_emplace(row.identity, row);
    if (!fresh || row.customer.is_nil()) continue;
    set.holdings.hold(row.identity, row.customer);
    if (!set.customers.contains(row.customer)) holders.insert(row.customer);
  }
  if (holders.empty()) return {};
  auto customers = store.customers(tenant, std::vector<Uuid>(holders.begin(), holders.end()));
  if (!customers) return fail(customers.error().code, customers.error().detail);
  for (models::Customer& customer : *customers) take_customer(set, std::move(customer));
  return {};
}

Uuid Holdings::holder(const Identity& identity) const {
  const auto found = holders_.find(identity);
  return found == holders_.end() ? Uuid{} : found->second;
}

void Holdings::hold(const Identity& identity, const Uuid& customer) {
  holders_[identity] = customer;
}

std::vector<Identity> identities_of(const Fact& fact) {
  std::vector<Identity> identities;
  identities.reserve(fact.names.size());
  for (const models::Named& named : fact.names) identities.push_back(named.identity);
  for (Identity& contact : identity::contacts_of(fact)) identities.push_back(std::move(contact));
  return identities;
}

const Identity* thing_of(const Fact& fact) {
  switch (fact.kind) {
    case FactKind::staff:
      return fact.primary(Role::staff);
    case FactKind::member:
      return fact.primary(Role::group);
    case FactKind::department:
    case FactKind::tag:
    case FactKind::group:
    case FactKind::lead:
    case FactKind::notice:
      return fact.primary(Role::self);
    default:
      return nullptr;
  }
}

Result<void> load(WorkingSet& set, store::TenantId tenant,
                  const std::vector<const models::Event*>& events,
                  const std::vector<store::SubjectFacts>& former, store::Store& store) {
  std::set<Identity> things;
  collect(set, events, former, things);
  for (auto& [identity, key] : set.keys) key = store.key_of(tenant, identity);
  if (auto people = load_people(set, tenant, store); !people) return people;
  return load_things(set, tenant, things, store);
}

Result<void> refold(WorkingSet& set, store::TenantId tenant,
                    const std::vector<store::SubjectFacts>& fresh, store::Store& store,
                    std::vector<store::NewInteraction>& interactions, Time now) {
  for (auto& [id, working] : set.customers) {
    if (!working.refold || !working.merged_into.is_nil()) continue;
    models::Customer folded;
    folded.id = id;
    folded.version = working.now.version;
    folded.created_at = working.now.created_at;
    std::vector<store::Key> subjects;
    for (const models::CustomerIdentity& held : working.now.identities) {
      folded.identities.push_back({held.identity, {}, {}, {}, {}, {}, held.contested});
      subjects.push_back(store.key_of(tenant, held.identity));
    }
    auto history = history_of(tenant, subjects, fresh, set.replayed, store);
    if (!history) return fail(history.error().code, history.error().detail);
    for (const store::SubjectFacts& row : *history) {
      for (std::size_t part = 0; part < row.facts.size(); ++part) {
        auto entry = interaction_of(row.facts[part], tenant, store);
        if (!entry) continue;
        entry->customer = id;
        entry->subject = row.subject;
        entry->seq = row.source.seq;
        entry->part = part;
        interactions.push_back(std::move(*entry));
      }
    }
    for (const store::SubjectFacts& row : joined_by_row(std::move(*history))) {
      models::apply(folded, row.facts, row.source, *set.survivorship);
    }
    folded.updated_at = now;
    working.now = std::move(folded);
  }
  for (auto& [key, working] : set.entities) {
    if (!working.refold) continue;
    models::Entity folded;
    folded.identity = working.now.identity;
    folded.kind = working.now.kind;
    folded.version = working.now.version;
    folded.created_at = working.now.created_at;
    auto history = history_of(tenant, {key}, fresh, set.replayed, store);
    if (!history) return fail(history.error().code, history.error().detail);
    for (const store::SubjectFacts& row : *history) models::apply(folded, row.facts, row.source);
    folded.updated_at = now;
    working.changed = true;
    working.now = std::move(folded);
  }
  return {};
}

std::optional<store::NewInteraction> interaction_of(const Fact& fact, store::TenantId tenant,
                                                    const store::Store& store) {
  auto id = store.interaction_id(tenant, fact);
  if (!id) return std::nullopt;
  store::NewInteraction entry;
  entry.tenant = tenant;
  entry.key = id->first;
  entry.id = std::move(id->second);
  entry.at = fact.at;
  return entry;
}

}  // namespace guanxi::pipeline
