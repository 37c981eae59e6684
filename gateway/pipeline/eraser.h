// The end of a person's data: everything that rows stated of her goes out of every table and of the
// rows themselves. What is left are keyed hashes with a time, so that a late callback does not
// bring her back. Whoever comes back by something new begins anew.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "gateway/identity/policy.h"
#include "gateway/pipeline/composer.h"
#include "gateway/pipeline/work_lease.h"
#include "gateway/store/store.h"
#include "models/ids.h"
#include "models/json.h"
#include "models/result.h"
#include "models/survivorship.h"
#include "models/time.h"

namespace guanxi::pipeline {

class Eraser {
 public:
  Eraser(store::Store& store, Clock clock, Randomness randomness, std::string holder,
         identity::Policy policy, models::Survivorship survivorship = {});

  // The receipt: {"id","customer","at","dry_run","erased":{…},"kept":[…]}, which names nobody. Of
  // a dry run it is what would be. `not_found` without such a customer. Any thread, one at a time.
  Result<models::Json> erase(store::TenantId tenant, const Uuid& customer, bool dry_run);

 private:
  struct Plan;
  Result<Plan> plan(store::TenantId tenant, const Uuid& customer);
  Result<void> find_rows(Plan& plan);
  Result<void> find_unmapped(Plan& plan);
  Result<void> find_values(Plan& plan);

  store::Store& store_;
  Clock clock_;
  Randomness randomness_;
  std::string holder_;
  identity::Policy policy_;
  models::Survivorship survivorship_;
  std::mutex turn_;  // the lease is the process's: its threads take turns by themselves
};

}  // namespace guanxi::pipeline
