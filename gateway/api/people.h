// Who is who, as the API asks for it: decisions of people and the reasons why identities are one
// person's. Implemented by whoever wires the gateway together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/store/store.h"
#include "models/customer.h"
#include "models/ids.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::api {

// Who decides, and whether it is only tried.
struct Judge {
  store::TenantId tenant = 0;
  std::string name;
  bool dry_run = false;
};

// A customer before and after; nothing: there is none.
struct CustomerChange {
  Uuid id;
  std::optional<models::Customer> before;
  std::optional<models::Customer> after;
  Uuid merged_into;  // not nil: why there is none after
};

struct Decided {
  std::int64_t decision = 0;  // its number; 0 in a dry run
  std::vector<CustomerChange> customers;
};

// What ties two identities together, or fails to.
struct Tie {
  models::Identity a;
  models::Identity b;
  std::string trust;   // "account-bound", …; empty: a decision
  std::string nature;  // "named", "renamed", "typed"
  std::string reason;  // why it ties nobody; empty: it does
  Time at{};
  std::int64_t seq = 0;  // the event that says so first
  std::string rule;      // of its pack
  std::int64_t decision = 0;
};

struct WhyOne {
  models::Customer customer;
  std::vector<Tie> joined;
  std::vector<Tie> refused;
  // Between any two of her identities, the ties from one to the other: places in `joined`.
  struct Path {
    models::Identity from;
    models::Identity to;
    std::vector<std::size_t> ties;
  };
  std::vector<Path> paths;
};

// Errors: `not_found`, `conflict` (it cannot be so; the detail says why), and the store's.
class People {
 public:
  virtual ~People() = default;
  virtual Result<Decided> merge(const Judge& judge, const Uuid& from, const Uuid& into,
                                bool overrides) = 0;
  virtual Result<Decided> split(const Judge& judge, const Uuid& customer,
                                const std::vector<models::Identity>& identities) = 0;
  virtual Result<Decided> accept(const Judge& judge, const store::Key& suggestion) = 0;
  virtual Result<Decided> reject(const Judge& judge, const store::Key& suggestion) = 0;
  virtual Result<Decided> block(const Judge& judge, const models::Identity& value) = 0;
  virtual Result<Decided> allow(const Judge& judge, const models::Identity& value) = 0;
  virtual Result<Decided> undo(const Judge& judge, std::int64_t decision) = 0;
  // The receipt, as JSON.
  virtual Result<models::Json> erase(store::TenantId tenant, const Uuid& customer,
                                     bool dry_run) = 0;
  virtual Result<WhyOne> why_one(store::TenantId tenant, const Uuid& customer) = 0;
};

}  // namespace guanxi::api
