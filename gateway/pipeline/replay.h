// Old rows read again: by the packs known now, what a row states takes the place of what it stated
// before. Doing it twice changes nothing. Customers end as if these packs had been there when the
// rows came, and subscribers are told what changed, marked `replayed`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/bound_channel.h"
#include "gateway/pipeline/composer.h"
#include "gateway/pipeline/work_lease.h"
#include "gateway/store/store.h"
#include "models/ids.h"
#include "models/json.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::pipeline {

// What reading some rows again changed, or would change.
struct ReplayReport {
  std::int64_t rows = 0;
  std::int64_t unreadable = 0;  // left as they were
  std::int64_t last_seq = 0;    // of the rows that were read
  // Rows by what they were and what they are.
  std::map<std::pair<store::RowStatus, store::RowStatus>, std::int64_t> statuses;
  std::int64_t created = 0;    // customers
  std::int64_t changed = 0;    // as outsiders see them
  std::int64_t withdrawn = 0;  // nothing is left that names them
  std::int64_t calls = 0;      // platform calls wanted

  void add(const ReplayReport& other);
};

// For programs: statuses by their words.
models::Json report_json(const ReplayReport& report);

// A customer before and after, as the CRM API shows her with all rights; null: there is none.
struct CustomerDifference {
  Uuid id;
  models::Json before;
  models::Json after;
};

class Replayer {
 public:
  // Channels that are not in `channels` are left alone. `holder` names it in the lease of those who
  // work rows.
  Replayer(store::Store& store, adapters::ChannelMap channels, Clock clock, Randomness randomness,
           std::string holder, identity::Policy policy = {},
           models::Survivorship survivorship = {});

  // Reads one portion of the rows again and writes what they state. A gateway at work gives way
  // meanwhile, and goes on between portions, every second or two. Errors: the store's;
  // `unavailable` if it does not give way.
  Result<ReplayReport> replay(const std::vector<store::InboxRow>& rows, Replaying how);

  // The same without writing anything.
  Result<std::pair<ReplayReport, std::vector<CustomerDifference>>> difference(
      const std::vector<store::InboxRow>& rows);

 private:
  struct Prepared {
    ReplayReport report;
    Composed composed;
  };
  Result<Prepared> prepare(const std::vector<store::InboxRow>& rows, Replaying how);

  store::Store& store_;
  adapters::ChannelMap channels_;
  Clock clock_;
  Randomness randomness_;
  identity::Policy policy_;
  models::Survivorship survivorship_;
  WorkTurn turn_;
};

}  // namespace guanxi::pipeline
