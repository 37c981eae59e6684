// Decides anew who is who among the people of a batch: what is stated of identities, and what
// people decided, becomes customers that are joined, divided or as they were. Most batches state
// nothing that is new, and then nothing is read; where anything is at odds, all evidence of the
// people concerned is read and the partition computed (gateway/identity). Private to the pipeline.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "gateway/identity/policy.h"
#include "gateway/identity/statements.h"
#include "gateway/pipeline/working_set.h"
#include "gateway/store/store.h"
#include "models/ids.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::pipeline {

struct FreshStatement {
  identity::Stated stated;
  std::int64_t seq = 0;
};

// All that was stated and decided of some identities and of whoever is tied to them, and what
// follows from it.
struct Neighbourhood {
  std::vector<models::Identity> members;
  std::vector<bool> at_the_rim;  // only somebody suggests a tie to them: they are somebody else's
  identity::World world;         // members in this order
  identity::Partition partition;
  std::vector<store::EvidenceSum> evidence;      // of each statement of the world: fresh ones too
  std::vector<store::DecisionRecord> decisions;  // of each verdict
  std::set<models::Identity> crowded;            // stated by too many to be read
};

struct GroupingContext {
  store::Store& store;
  const identity::Policy& policy;
  store::TenantId tenant = 0;
  Time now{};
  std::function<Uuid()> make_id;
};

// What a batch adds to what the store holds.
struct News {
  std::vector<FreshStatement> statements;
  std::set<models::Identity> customers;  // whom something makes a customer
  // Rows that are read again: their numbers, and which identities they spoke of otherwise before.
  std::vector<std::int64_t> replayed;
  std::set<models::Identity> changed;
  // A decision of now, and one that is taken back with it.
  std::optional<store::DecisionRecord> decision;
  std::int64_t taken_back = 0;
  std::map<Uuid, models::Identity> stays;  // who keeps a customer's id if she is divided
};

// The neighbourhood of the seeds; their customers are read into the set. Errors are the store's.
Result<Neighbourhood> survey(WorkingSet& set, const std::set<models::Identity>& seeds,
                             const News& news, const GroupingContext& context);

// Changes the set and the batch by what is new. Identities that get a row by this batch are in
// `contests` if they are contested, and in `stated_by` if one alone states them.
struct GroupingOutcome {
  std::map<models::Identity, store::Contest> contests;
  std::map<models::Identity, store::Key> stated_by;
};
Result<GroupingOutcome> group(WorkingSet& set, const News& news, const GroupingContext& context,
                              store::Batch& batch);

}  // namespace guanxi::pipeline
