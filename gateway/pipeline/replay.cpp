#include "gateway/pipeline/replay.h"

#include <algorithm>
#include <utility>

#include "gateway/pipeline/reading.h"

namespace guanxi::pipeline {
namespace {

using models::Json;

constexpr int kAttempts = 100;
Json shown(const models::Customer& customer) {
  return models::customer_json(customer, {.tenant = {}, .pii = true});
}

// A row whose channel nobody serves, or that cannot be read, stays as it is.
bool is_readable(const ReadRow& row) { return row.error.empty() && !row.held; }

void count(const store::CustomerWrite& write, ReplayReport& report) {
  if (write.withdrawn) {
    ++report.withdrawn;
  } else if (write.expected_version == 0) {
    ++report.created;
  } else if (write.customer.version != write.expected_version) {
    ++report.changed;
  }
}

}  // namespace

void ReplayReport::add(const ReplayReport& other) {
  rows += other.rows;
  unreadable += other.unreadable;
  last_seq = std::max(last_seq, other.last_seq);
  for (const auto& [change, times] : other.statuses) statuses[change] += times;
  created += other.created;
  changed += other.changed;
  withdrawn += other.withdrawn;
  calls += other.calls;
}

Json report_json(const ReplayReport& report) {
  Json statuses = Json::array();
  for (const auto& [change, rows] : report.statuses) {
    statuses.push_back({{"from", store::row_status_text(change.first)},
                        {"to", store::row_status_text(change.second)},
                        {"rows", rows}});
  }
  return {
      {"rows", report.rows},
      {"unreadable", report.unreadable},
      {"statuses", std::move(statuses)},
      {"customers",
       {{"created", report.created}, {"changed", report.changed}, {"withdrawn", report.withdrawn}}},
      {"calls", report.calls}};
}

Replayer::Replayer(store::Store& store, adapters::ChannelMap channels, Clock clock,
                   Randomness randomness, std::string holder, identity::Policy policy,
                   models::Survivorship survivorship)
    : store_(store),
      channels_(std::move(channels)),
      clock_(std::move(clock)),
      randomness_(std::move(randomness)),
      policy_(std::move(policy)),
      survivorship_(std::move(survivorship)),
      turn_(store, std::move(holder), clock_) {
  // A candidate reads live traffic along, not history.
  for (auto& [name, bound] : channels_) bound.shadow.reset();
}

Result<Replayer::Prepared> Replayer::prepare(const std::vector<store::InboxRow>& rows,
                                             Replaying how) {
  Prepared prepared;
  std::vector<ReadRow> readable;
  readable.reserve(rows.size());
  for (const store::InboxRow& row : rows) {
    ++prepared.report.rows;
    prepared.report.last_seq = row.seq;
    ReadRow read = read_row(row, channels_);
    if (!is_readable(read)) {
      ++prepared.report.unreadable;
      continue;
    }
    if (auto completed = complete_lists(read, channels_, store_); !completed) {
      return tl::unexpected(std::move(completed.error()));
    }
    readable.push_back(std::move(read));
  }
  const Time now = clock_();
  auto composed = compose(readable, {store_, [&] { return make_uuid(now, randomness_); }, now, how,
                                     &policy_, &survivorship_});
  if (!composed) return tl::unexpected(std::move(composed.error()));
  for (const store::RowMark& mark : composed->batch.marks) {
    ++prepared.report.statuses[{mark.expected, mark.status}];
  }
  for (const store::CustomerWrite& write : composed->batch.customers) {
    count(write, prepared.report);
  }
  prepared.report.calls = static_cast<std::int64_t>(composed->batch.tasks.size());
  prepared.composed = *std::move(composed);
  return prepared;
}

Result<ReplayReport> Replayer::replay(const std::vector<store::InboxRow>& rows, Replaying how) {
  if (auto taken = turn_.take(); !taken) return tl::unexpected(std::move(taken.error()));
  for (int attempt = 1;; ++attempt) {
    auto prepared = prepare(rows, how);
    if (!prepared) return tl::unexpected(std::move(prepared.error()));
    const auto written = store_.write(prepared->composed.batch);
    if (written) return std::move(prepared->report);
    // A process that lost the lease may have written meanwhile.
    const bool again = written.error().code == ErrorCode::conflict && attempt < kAttempts;
    if (!again) return tl::unexpected(written.error());
  }
}

Result<std::pair<ReplayReport, std::vector<CustomerDifference>>> Replayer::difference(
    const std::vector<store::InboxRow>& rows) {
  auto prepared = prepare(rows, {});
  if (!prepared) return tl::unexpected(std::move(prepared.error()));
  std::map<store::TenantId, std::vector<Uuid>> known;
  const auto& writes = prepared->composed.batch.customers;
  for (const store::CustomerWrite& write : writes) {
    if (write.expected_version > 0) known[write.tenant].push_back(write.customer.id);
  }
  std::map<Uuid, Json> before;
  for (const auto& [tenant, ids] : known) {
    const auto customers = store_.customers(tenant, ids);
    if (!customers) return tl::unexpected(customers.error());
    for (const models::Customer& customer : *customers) before[customer.id] = shown(customer);
  }
  std::vector<CustomerDifference> differences;
  for (const store::CustomerWrite& write : writes) {
    if (!write.withdrawn && write.customer.version == write.expected_version) continue;
    const auto old = before.find(write.customer.id);
    differences.push_back({write.customer.id, old == before.end() ? Json() : old->second,
                           write.withdrawn ? Json() : shown(write.customer)});
  }
  return std::pair(std::move(prepared->report), std::move(differences));
}

}  // namespace guanxi::pipeline
