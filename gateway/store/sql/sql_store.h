// The store, once for all databases.
#pragma once

#include <memory>
#include <type_traits>

#include "gateway/store/sql/calls.h"
#include "gateway/store/sql/connection.h"
#include "gateway/store/store.h"
#include "gateway/store/vault.h"

namespace guanxi::store::sql {

class SqlStore final : public Store {
 public:
  SqlStore(std::unique_ptr<Database> database, Vault vault)
      : database_(std::move(database)), vault_(std::move(vault)) {}

  Result<ChannelRecord> register_channel(std::string_view tenant, std::string_view channel,
                                         std::string_view platform, Time now) override;
  Result<TenantId> tenant(std::string_view name, Time now) override;
  Result<std::vector<ChannelRecord>> channels() override;

  PreparedPayload prepare(const NewPayload& payload) const override;
  using Store::append;
  Result<void> append(std::span<const PreparedPayload> payloads) override;
  std::size_t appends_at_once() const override { return database_->appends_at_once(); }
  Result<Admitted> admit(std::size_t limit) override;
  using Store::pending;
  Result<std::vector<InboxRow>> pending(std::size_t limit, std::size_t bytes,
                                        SeqRange except) override;
  Result<bool> has_held(std::span<const ChannelId> channels) override;
  Result<void> take_up(std::span<const ChannelId> channels) override;
  Result<std::vector<InboxRow>> answers_of_run(ChannelId channel, std::int64_t run) override;
  Result<std::vector<InboxRow>> stored(const StoredQuery& query) override;
  Result<std::int64_t> count_stored(const StoredQuery& query) override;

  Key key_of(TenantId tenant, const models::Identity& identity) const override;
  Key key_of(TenantId tenant, std::string_view text) const override;
  Result<std::vector<KnownIdentity>> identities(std::span<const Key> keys) override;
  Result<std::vector<KnownIdentity>> identities_of(TenantId tenant, const Uuid& customer) override;
  Result<std::vector<models::Customer>> customers(TenantId tenant,
                                                  std::span<const Uuid> ids) override;
  Result<std::vector<EvidenceSum>> evidence_of(TenantId tenant, std::span<const Key> keys,
                                               std::span<const std::int64_t> except) override;
  Result<std::vector<DecisionRecord>> decisions_of(TenantId tenant,
                                                   std::span<const Key> keys) override;
  Result<std::vector<DecisionRecord>> decisions(TenantId tenant, std::int64_t before,
                                                std::size_t limit) override;
  Result<std::optional<DecisionRecord>> decision(TenantId tenant, std::int64_t id) override;
  Result<std::vector<Suggestion>> suggestions(TenantId tenant, bool rejected, const Key& after,
                                              std::size_t limit) override;
  Result<std::optional<Suggestion>> suggestion(TenantId tenant, const Key& id) override;
  Result<std::map<std::int64_t, std::vector<Key>>> rows_naming(TenantId tenant,
                                                               std::span<const Key> keys) override;
  Result<std::optional<std::string>> erasure(TenantId tenant, const Uuid& id) override;
  Result<std::map<Uuid, std::pair<Uuid, std::int64_t>>> merged(TenantId tenant,
                                                               std::span<const Uuid> ids) override;
  Result<std::vector<LineageEntry>> lineage(TenantId tenant, const Uuid& customer,
                                            std::int64_t before, std::size_t limit) override;
  Result<std::vector<std::pair<Key, models::Entity>>> entities(TenantId tenant,
                                                               std::span<const Key> keys) override;
  Result<std::vector<SubjectFacts>> facts_of(TenantId tenant,
                                             std::span<const Key> subjects) override;
  Result<std::vector<SubjectFacts>> facts_of_rows(TenantId tenant,
                                                  std::span<const std::int64_t> seqs) override;
  using Store::known_interactions;
  Result<std::vector<bool>> known_interactions(std::span<const NewInteraction> interactions,
                                               std::span<const std::int64_t> except) override;
  Result<void> write(const Batch& batch) override;

  Result<std::vector<Task>> claim_tasks(Time now, Time lease_until, std::size_t limit) override;
  Result<void> settle(const Task& task, const TaskOutcome& outcome) override;
  Result<std::optional<Time>> next_task_due() override;

  Result<bool> acquire_lease(std::string_view name, std::string_view holder, Time now,
                             Time until) override;
  Result<void> release_lease(std::string_view name, std::string_view holder) override;
  Result<std::optional<TokenRecord>> token(ChannelId channel, std::string_view name) override;
  Result<bool> store_token(ChannelId channel, std::string_view name, const TokenRecord& token,
                           std::int64_t seen) override;

  Result<CustomerPage> customers(const CustomerQuery& query) override;
  Result<TimelinePage> timeline(TenantId tenant, const Uuid& customer, std::size_t limit,
                                std::string_view after) override;
  Result<std::vector<ChangeRow>> changes(TenantId tenant, std::int64_t after,
                                         std::size_t limit) override;
  Result<EventPage> events(TenantId tenant, std::optional<RowStatus> status,
                           std::optional<ChannelId> channel, std::int64_t before,
                           std::size_t limit) override;
  Result<std::optional<InboxRow>> event(TenantId tenant, std::int64_t seq) override;
  Result<std::vector<CallRecord>> calls_of(TenantId tenant, std::int64_t seq) override;
  Result<std::vector<DriftRow>> drift(TenantId tenant) override;
  using Store::backlog;
  Result<Backlog> backlog(std::optional<TenantId> tenant) override;

  Result<void> quarantine(std::span<const Quarantined> requests) override;
  Result<std::vector<Quarantined>> quarantined(ChannelId channel, std::int64_t after,
                                               std::size_t limit) override;
  Result<void> release(std::span<const std::int64_t> quarantined) override;
  Result<std::map<ChannelId, QuarantineTotal>> expire_quarantine(Time before) override;
  Result<std::map<ChannelId, QuarantineTotal>> quarantine_totals(TenantId tenant) override;
  Result<std::vector<Activation>> activations() override;
  Result<void> add_activation(const Activation& entry) override;

  Result<void> add_key(const ApiKey& key, std::string_view secret_hash) override;
  Result<std::optional<ApiKey>> find_key(std::string_view secret_hash) override;
  Result<std::vector<ApiKey>> keys() override;
  Result<bool> revoke_key(const Uuid& id, Time now) override;

  Result<std::string> note(std::string_view name) override;
  Result<void> set_note(std::string_view name, std::string_view text) override;

  Result<void> ping() override;
  Result<std::pair<int, int>> schema_versions() override;
  Result<void> migrate() override;

 private:
  // As read_from() and write_to().
  template <typename Body>
  std::invoke_result_t<Body, Connection&> reading(const Body& body);
  template <Atomic kAtomic = Atomic::transaction, typename Body>
  std::invoke_result_t<Body, Connection&> writing(Urgency urgency, const Body& body);
  // Runs `body` in a transaction with what `seal` made before it. Both again if the data key was
  // changed meanwhile: nothing sealed by a former key is written.
  template <typename Seal, typename Body>
  auto writing_sealed(const Seal& seal, const Body& body)
      -> std::invoke_result_t<Body, Connection&, std::invoke_result_t<Seal>>;
  // Within a transaction: seals by the data key in force, which stays so until the commit.
  // `unavailable` if it is not at hand.
  Result<void> follow_key(Connection& connection);

  std::unique_ptr<Database> database_;
  Vault vault_;
};

}  // namespace guanxi::store::sql

#include "gateway/store/sql/sql_store_calls.h"  // IWYU pragma: export
