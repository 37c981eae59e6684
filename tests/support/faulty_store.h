// A store that fails when a test wants it to, in front of one that does not.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "gateway/store/store.h"

namespace guanxi::tests {

class FaultyStore final : public store::Store {
 public:
  // Before: nothing was done. After: it was done and the caller does not know, as when the
  // connection breaks during a commit.
  enum class When : std::uint8_t { before, after };

  // The inner store outlives this.
  explicit FaultyStore(store::Store& inner) : inner_(inner) {}

  // The n-th call from now on, counted from 1, answers `unavailable`; those after it do not.
  void fail_call(std::int64_t n, When when);
  // Every call answers `unavailable` without being done, until heal().
  void fail_always();
  void heal();
  bool has_failed() const { return has_failed_; }
  // From now on calls wait inside until release().
  void hold();
  void release();
  // Waits until so many calls wait inside.
  void await_held(int calls);
  // As if the store were one whose commits overlap.
  void overlap_appends(std::size_t at_once) { at_once_ = at_once; }
  // Calls since the last fail_call().
  std::int64_t calls() const { return calls_; }

  Result<store::ChannelRecord> register_channel(std::string_view tenant, std::string_view channel,
                                                std::string_view platform, Time now) override;
  Result<store::TenantId> tenant(std::string_view name, Time now) override;
  Result<std::vector<store::ChannelRecord>> channels() override;
  store::PreparedPayload prepare(const store::NewPayload& payload) const override;
  using Store::append;
  Result<void> append(std::span<const store::PreparedPayload> payloads) override;
  std::size_t appends_at_once() const override { return at_once_; }
  Result<store::Admitted> admit(std::size_t limit) override;
  using Store::pending;
  Result<std::vector<store::InboxRow>> pending(std::size_t limit, std::size_t bytes,
                                               store::SeqRange except) override;
  Result<bool> has_held(std::span<const store::ChannelId> channels) override;
  Result<void> take_up(std::span<const store::ChannelId> channels) override;
  Result<std::vector<store::InboxRow>> answers_of_run(store::ChannelId channel,
                                                      std::int64_t run) override;
  Result<std::vector<store::InboxRow>> stored(const store::StoredQuery& query) override;
  Result<std::int64_t> count_stored(const store::StoredQuery& query) override;
  store::Key key_of(store::TenantId tenant, const models::Identity& identity) const override;
  store::Key key_of(store::TenantId tenant, std::string_view text) const override;
  Result<std::vector<store::KnownIdentity>> identities(std::span<const store::Key> keys) override;
  Result<std::vector<store::KnownIdentity>> identities_of(store::TenantId tenant,
                                                          const Uuid& customer) override;
  Result<std::vector<models::Customer>> customers(store::TenantId tenant,
                                                  std::span<const Uuid> ids) override;
  Result<std::vector<std::pair<store::Key, models::Entity>>> entities(
      store::TenantId tenant, std::span<const store::Key> keys) override;
  Result<std::vector<store::SubjectFacts>> facts_of(store::TenantId tenant,
                                                    std::span<const store::Key> subjects) override;
  Result<std::vector<store::SubjectFacts>> facts_of_rows(
      store::TenantId tenant, std::span<const std::int64_t> seqs) override;
  Result<std::vector<store::EvidenceSum>> evidence_of(
      store::TenantId tenant, std::span<const store::Key> keys,
      std::span<const std::int64_t> except) override;
  Result<std::vector<store::DecisionRecord>> decisions_of(
      store::TenantId tenant, std::span<const store::Key> keys) override;
  Result<std::vector<store::DecisionRecord>> decisions(store::TenantId tenant, std::int64_t before,
                                                       std::size_t limit) override;
  Result<std::optional<store::DecisionRecord>> decision(store::TenantId tenant,
                                                        std::int64_t id) override;
  Result<std::vector<store::Suggestion>> suggestions(store::TenantId tenant, bool rejected,
                                                     const store::Key& after,
                                                     std::size_t limit) override;
  Result<std::optional<store::Suggestion>> suggestion(store::TenantId tenant,
                                                      const store::Key& id) override;
  Result<std::map<std::int64_t, std::vector<store::Key>>> rows_naming(
      store::TenantId tenant, std::span<const store::Key> keys) override;
  Result<std::optional<std::string>> erasure(store::TenantId tenant, const Uuid& id) override;
  Result<std::map<Uuid, std::pair<Uuid, std::int64_t>>> merged(store::TenantId tenant,
                                                               std::span<const Uuid> ids) override;
  Result<std::vector<store::LineageEntry>> lineage(store::TenantId tenant, const Uuid& customer,
                                                   std::int64_t before, std::size_t limit) override;
  using Store::known_interactions;
  Result<std::vector<bool>> known_interactions(std::span<const store::NewInteraction> interactions,
                                               std::span<const std::int64_t> except) override;
  Result<void> write(const store::Batch& batch) override;
  Result<std::vector<store::Task>> claim_tasks(Time now, Time lease_until,
                                               std::size_t limit) override;
  Result<void> settle(const store::Task& task, const store::TaskOutcome& outcome) override;
  Result<std::optional<Time>> next_task_due() override;
  Result<bool> acquire_lease(std::string_view name, std::string_view holder, Time now,
                             Time until) override;
  Result<void> release_lease(std::string_view name, std::string_view holder) override;
  Result<std::optional<store::TokenRecord>> token(store::ChannelId channel,
                                                  std::string_view name) override;
  Result<bool> store_token(store::ChannelId channel, std::string_view name,
                           const store::TokenRecord& token, std::int64_t seen) override;
  Result<store::CustomerPage> customers(const store::CustomerQuery& query) override;
  Result<store::TimelinePage> timeline(store::TenantId tenant, const Uuid& customer,
                                       std::size_t limit, std::string_view after) override;
  Result<std::vector<store::ChangeRow>> changes(store::TenantId tenant, std::int64_t after,
                                                std::size_t limit) override;
  Result<store::EventPage> events(store::TenantId tenant, std::optional<store::RowStatus> status,
                                  std::optional<store::ChannelId> channel, std::int64_t before,
                                  std::size_t limit) override;
  Result<std::optional<store::InboxRow>> event(store::TenantId tenant, std::int64_t seq) override;
  Result<std::vector<store::CallRecord>> calls_of(store::TenantId tenant,
                                                  std::int64_t seq) override;
  Result<std::vector<store::DriftRow>> drift(store::TenantId tenant) override;
  using Store::backlog;
  Result<store::Backlog> backlog(std::optional<store::TenantId> tenant) override;
  Result<void> add_key(const store::ApiKey& key, std::string_view secret_hash) override;
  Result<std::optional<store::ApiKey>> find_key(std::string_view secret_hash) override;
  Result<std::vector<store::ApiKey>> keys() override;
  Result<bool> revoke_key(const Uuid& id, Time now) override;
  Result<void> quarantine(std::span<const store::Quarantined> requests) override;
  Result<std::vector<store::Quarantined>> quarantined(store::ChannelId channel, std::int64_t after,
                                                      std::size_t limit) override;
  Result<void> release(std::span<const std::int64_t> quarantined) override;
  Result<std::map<store::ChannelId, store::QuarantineTotal>> expire_quarantine(
      Time before) override;
  Result<std::map<store::ChannelId, store::QuarantineTotal>> quarantine_totals(
      store::TenantId tenant) override;
  Result<std::vector<store::Activation>> activations() override;
  Result<void> add_activation(const store::Activation& entry) override;
  Result<std::string> note(std::string_view name) override;
  Result<void> set_note(std::string_view name, std::string_view text) override;
  Result<void> ping() override;
  Result<std::pair<int, int>> schema_versions() override;
  Result<void> migrate() override;

 private:
  template <typename Call>
  auto forward(const Call& call) -> decltype(call());

  store::Store& inner_;
  std::size_t at_once_ = 1;
  std::atomic<std::int64_t> calls_ = 0;
  std::atomic<std::int64_t> failing_ = 0;
  std::atomic<When> when_ = When::before;
  std::atomic<bool> fails_always_ = false;
  std::atomic<bool> has_failed_ = false;
  std::mutex mutex_;
  std::condition_variable condition_;
  bool holding_ = false;
  int held_ = 0;
};

}  // namespace guanxi::tests
