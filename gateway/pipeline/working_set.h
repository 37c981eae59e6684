// What one tenant's part of a batch works on: customers and things as read from the store, and as
// the batch changes them. Private to the pipeline.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gateway/pipeline/announcements.h"
#include "gateway/store/store.h"
#include "models/customer.h"
#include "models/entity.h"

namespace guanxi::pipeline {

struct WorkingCustomer {
  std::int64_t version_before = 0;  // 0: made by this batch, or revived
  std::int64_t version_base = 0;    // upon which the next one counts
  std::vector<models::Facet> facets_before;
  Time updated_before{};
  RelationsBefore before;
  std::optional<models::Customer> original;  // kept while rows are replayed
  models::Customer now;
  bool touched = false;
  bool refold = false;  // a fact came late, or an identity brought facts of its own
  std::vector<store::NewChange> changes;
  // Who is who changed: she is one person with another now, or is again somebody of her own; whose
  // identities came to her, and who left with some of hers.
  Uuid merged_into;
  bool revived = false;
  std::vector<Uuid> merged_from;
  std::vector<Uuid> split_into;
  std::vector<store::Key> moved;
};

// Which customer holds which identity, as far as it was read.
class Holdings {
 public:
  // Nil when nobody holds it.
  Uuid holder(const models::Identity& identity) const;
  void hold(const models::Identity& identity, const Uuid& customer);  // nil: nobody any more

 private:
  std::map<models::Identity, Uuid> holders_;
};

struct WorkingEntity {
  std::int64_t version_before = 0;
  std::optional<models::Entity> original;
  models::Entity now;
  bool touched = false;
  bool refold = false;
  bool changed = false;
};

struct WorkingSet {
  // While rows are replayed: their numbers, whose facts in the store are void.
  bool replaying = false;
  std::vector<std::int64_t> replayed = {};
  const models::Survivorship* survivorship = &models::Survivorship::usual();
  Holdings holdings;
  std::map<models::Identity, store::Key> keys;
  std::set<models::Identity> known;  // have a row in the store, or get one by this batch
  // Had a row before this batch, and so perhaps facts.
  std::map<models::Identity, store::KnownIdentity> stored;
  // Whose persons were erased, and when: what is said of them before that is nobody's.
  std::map<store::Key, Time> erased;
  std::map<Uuid, WorkingCustomer> customers;
  std::map<store::Key, WorkingEntity> entities;
};

// Every identity that a fact names, phones and e-mails in its fields included.
std::vector<models::Identity> identities_of(const models::Fact& fact);

// The thing whose history a fact belongs to, if it is about a thing; null otherwise.
const models::Identity* thing_of(const models::Fact& fact);

// Reads identities that have been named since, and the customers who hold them.
Result<void> load_more(WorkingSet& set, store::TenantId tenant, const std::vector<store::Key>& keys,
                       store::Store& store);

// Reads what the events name, and what the rows stated when they were worked before. Errors are the
// store's.
Result<void> load(WorkingSet& set, store::TenantId tenant,
                  const std::vector<const models::Event*>& events,
                  const std::vector<store::SubjectFacts>& former, store::Store& store);

// Folds anew, from all their facts, the customers and things that could not take a fact on top.
// `fresh` are the facts of the batch itself. Interactions that so get a customer go to
// `interactions`.
Result<void> refold(WorkingSet& set, store::TenantId tenant,
                    const std::vector<store::SubjectFacts>& fresh, store::Store& store,
                    std::vector<store::NewInteraction>& interactions, Time now);

// The timeline entry of an interaction fact, without its place; nothing if the fact is none.
std::optional<store::NewInteraction> interaction_of(const models::Fact& fact,
                                                    store::TenantId tenant,
                                                    const store::Store& store);

}  // namespace guanxi::pipeline
