// What people decide of who is who: merges, splits, suggestions, values. Each decision is kept, and
// customers are at once what they would be had it been there from the start.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gateway/identity/policy.h"
#include "gateway/pipeline/composer.h"
#include "gateway/pipeline/work_lease.h"
#include "gateway/store/store.h"
#include "models/ids.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::pipeline {

// A customer before and after; nothing: there is none.
struct CustomerChange {
  Uuid id;
  std::optional<models::Customer> before;
  std::optional<models::Customer> after;
  Uuid merged_into;  // not nil: why there is none after
};

struct RulingReport {
  std::int64_t decision = 0;  // its number; 0 in a dry run
  std::vector<CustomerChange> customers;
};

// Who decides, and whether it is only tried.
struct Judge {
  store::TenantId tenant = 0;
  std::string name;  // of the API key
  bool dry_run = false;
};

// Everything that makes identities one person's, or fails to.
struct Explanation {
  models::Customer customer;
  Neighbourhood neighbourhood;
};

// Errors besides the store's: `not_found` (no such customer, suggestion or decision) and `conflict`
// (it cannot be so, and why). Any thread; takes its turn with whoever works rows.
class Arbiter {
 public:
  Arbiter(store::Store& store, Clock clock, Randomness randomness, std::string holder,
          identity::Policy policy, models::Survivorship survivorship = {});

  // All of `from` is one person with `into`, who keeps her id. `conflict` if they were decided to
  // be two, unless `overrides`.
  Result<RulingReport> merge(const Judge& judge, const Uuid& from, const Uuid& into,
                             bool overrides);
  // The identities are somebody else's than the customer's others, who keep the id.
  Result<RulingReport> split(const Judge& judge, const Uuid& customer,
                             const std::vector<models::Identity>& identities);
  Result<RulingReport> accept(const Judge& judge, const store::Key& suggestion);
  Result<RulingReport> reject(const Judge& judge, const store::Key& suggestion);
  // The value joins nobody; or joins whatever limits say.
  Result<RulingReport> block(const Judge& judge, const models::Identity& value);
  Result<RulingReport> allow(const Judge& judge, const models::Identity& value);
  // Takes a decision back, or puts one back that was taken back.
  Result<RulingReport> undo(const Judge& judge, std::int64_t decision);

  Result<Explanation> explain(store::TenantId tenant, const Uuid& customer);

 private:
  Result<models::Customer> find(store::TenantId tenant, const Uuid& id);
  store::DecisionRecord decision(const Judge& judge, store::DecisionRecord::Kind kind) const;
  Result<RulingReport> join(const Judge& judge, const Uuid& from, const Uuid& into, bool overrides);
  Result<RulingReport> rule(const Judge& judge, Ruling ruling);
  Result<RulingReport> report(store::TenantId tenant, const store::Batch& batch);
  std::vector<store::Key> keys_of(store::TenantId tenant, const models::Customer& customer) const;

  store::Store& store_;
  Clock clock_;
  Randomness randomness_;
  std::string holder_;
  identity::Policy policy_;
  models::Survivorship survivorship_;
  std::mutex turn_;  // the lease is the process's: its threads take turns by themselves
};

}  // namespace guanxi::pipeline
