#include "tests/support/faulty_store.h"

namespace guanxi::tests {

using namespace store;

void FaultyStore::fail_call(std::int64_t n, When when) {
  when_ = when;
  has_failed_ = false;
  fails_always_ = false;
  calls_ = 0;
  failing_ = n;
}

void FaultyStore::fail_always() { fails_always_ = true; }

void FaultyStore::heal() {
  fails_always_ = false;
  failing_ = 0;
}

void FaultyStore::hold() {
  const std::lock_guard lock(mutex_);
  holding_ = true;
}

void FaultyStore::release() {
  const std::lock_guard lock(mutex_);
  holding_ = false;
  condition_.notify_all();
}

void FaultyStore::await_held(int calls) {
  std::unique_lock lock(mutex_);
  condition_.wait(lock, [&] { return held_ >= calls; });
}

template <typename Call>
auto FaultyStore::forward(const Call& call) -> decltype(call()) {
  {
    std::unique_lock lock(mutex_);
    ++held_;
    condition_.notify_all();
    condition_.wait(lock, [&] { return !holding_; });
    --held_;
  }
  const bool fails = ++calls_ == failing_ || fails_always_;
  const bool is_done = !fails || (when_ == When::after && !fails_always_);
  if (fails) has_failed_ = true;
  if (!is_done) return fail(ErrorCode::unavailable, "this call fails on purpose");
  auto answer = call();
  if (fails) return fail(ErrorCode::unavailable, "this call fails on purpose, after it was done");
  return answer;
}

Result<ChannelRecord> FaultyStore::register_channel(std::string_view tenant,
                                                    std::string_view channel,
                                                    std::string_view platform, Time now) {
  return forward([&] { return inner_.register_channel(tenant, channel, platform, now); });
}

Result<TenantId> FaultyStore::tenant(std::string_view name, Time now) {
  return forward([&] { return inner_.tenant(name, now); });
}

Result<std::vector<ChannelRecord>> FaultyStore::channels() {
  return forward([&] { return inner_.channels(); });
}

PreparedPayload FaultyStore::prepare(const NewPayload& payload) const {
  return inner_.prepare(payload);
}

Result<void> FaultyStore::append(std::span<const PreparedPayload> payloads) {
  return forward([&] { return inner_.append(payloads); });
}

Result<Admitted> FaultyStore::admit(std::size_t limit) {
  return forward([&] { return inner_.admit(limit); });
}

Result<std::vector<InboxRow>> FaultyStore::pending(std::size_t limit, std::size_t bytes,
                                                   SeqRange except) {
  return forward([&] { return inner_.pending(limit, bytes, except); });
}

Result<std::vector<InboxRow>> FaultyStore::answers_of_run(ChannelId channel, std::int64_t run) {
  return forward([&] { return inner_.answers_of_run(channel, run); });
}

Result<std::vector<InboxRow>> FaultyStore::stored(const StoredQuery& query) {
  return forward([&] { return inner_.stored(query); });
}

Result<std::int64_t> FaultyStore::count_stored(const StoredQuery& query) {
  return forward([&] { return inner_.count_stored(query); });
}

Key FaultyStore::key_of(TenantId tenant, const models::Identity& identity) const {
  return inner_.key_of(tenant, identity);
}

Key FaultyStore::key_of(TenantId tenant, std::string_view text) const {
  return inner_.key_of(tenant, text);
}

Result<std::vector<KnownIdentity>> FaultyStore::identities(std::span<const Key> keys) {
  return forward([&] { return inner_.identities(keys); });
}

Result<std::vector<KnownIdentity>> FaultyStore::identities_of(TenantId tenant,
                                                              const Uuid& customer) {
  return forward([&] { return inner_.identities_of(tenant, customer); });
}

Result<std::vector<models::Customer>> FaultyStore::customers(TenantId tenant,
                                                             std::span<const Uuid> ids) {
  return forward([&] { return inner_.customers(tenant, ids); });
}

Result<std::vector<std::pair<Key, models::Entity>>> FaultyStore::entities(
    TenantId tenant, std::span<const Key> keys) {
  return forward([&] { return inner_.entities(tenant, keys); });
}

Result<std::vector<SubjectFacts>> FaultyStore::facts_of(TenantId tenant,
                                                        std::span<const Key> subjects) {
  return forward([&] { return inner_.facts_of(tenant, subjects); });
}

Result<std::vector<SubjectFacts>> FaultyStore::facts_of_rows(TenantId tenant,
                                                             std::span<const std::int64_t> seqs) {
  return forward([&] { return inner_.facts_of_rows(tenant, seqs); });
}

Result<std::vector<EvidenceSum>> FaultyStore::evidence_of(TenantId tenant,
                                                          std::span<const Key> keys,
                                                          std::span<const std::int64_t> except) {
  return forward([&] { return inner_.evidence_of(tenant, keys, except); });
}

Result<std::vector<DecisionRecord>> FaultyStore::decisions_of(TenantId tenant,
                                                              std::span<const Key> keys) {
  return forward([&] { return inner_.decisions_of(tenant, keys); });
}

Result<std::vector<DecisionRecord>> FaultyStore::decisions(TenantId tenant, std::int64_t before,
                                                           std::size_t limit) {
  return forward([&] { return inner_.decisions(tenant, before, limit); });
}

Result<std::optional<DecisionRecord>> FaultyStore::decision(TenantId tenant, std::int64_t id) {
  return forward([&] { return inner_.decision(tenant, id); });
}

Result<std::vector<Suggestion>> FaultyStore::suggestions(TenantId tenant, bool rejected,
                                                         const Key& after, std::size_t limit) {
  return forward([&] { return inner_.suggestions(tenant, rejected, after, limit); });
}

Result<std::optional<Suggestion>> FaultyStore::suggestion(TenantId tenant, const Key& id) {
  return forward([&] { return inner_.suggestion(tenant, id); });
}

Result<std::map<std::int64_t, std::vector<Key>>> FaultyStore::rows_naming(
    TenantId tenant, std::span<const Key> keys) {
  return forward([&] { return inner_.rows_naming(tenant, keys); });
}

Result<std::optional<std::string>> FaultyStore::erasure(TenantId tenant, const Uuid& id) {
  return forward([&] { return inner_.erasure(tenant, id); });
}

Result<std::map<Uuid, std::pair<Uuid, std::int64_t>>> FaultyStore::merged(
    TenantId tenant, std::span<const Uuid> ids) {
  return forward([&] { return inner_.merged(tenant, ids); });
}

Result<std::vector<LineageEntry>> FaultyStore::lineage(TenantId tenant, const Uuid& customer,
                                                       std::int64_t before, std::size_t limit) {
  return forward([&] { return inner_.lineage(tenant, customer, before, limit); });
}

Result<std::vector<bool>> FaultyStore::known_interactions(
    std::span<const NewInteraction> interactions, std::span<const std::int64_t> except) {
  return forward([&] { return inner_.known_interactions(interactions, except); });
}

Result<void> FaultyStore::write(const Batch& batch) {
  return forward([&] { return inner_.write(batch); });
}

Result<std::vector<Task>> FaultyStore::claim_tasks(Time now, Time lease_until, std::size_t limit) {
  return forward([&] { return inner_.claim_tasks(now, lease_until, limit); });
}

Result<void> FaultyStore::settle(const Task& task, const TaskOutcome& outcome) {
  return forward([&] { return inner_.settle(task, outcome); });
}

Result<std::optional<Time>> FaultyStore::next_task_due() {
  return forward([&] { return inner_.next_task_due(); });
}

Result<bool> FaultyStore::acquire_lease(std::string_view name, std::string_view holder, Time now,
                                        Time until) {
  return forward([&] { return inner_.acquire_lease(name, holder, now, until); });
}

Result<void> FaultyStore::release_lease(std::string_view name, std::string_view holder) {
  return forward([&] { return inner_.release_lease(name, holder); });
}

Result<std::optional<TokenRecord>> FaultyStore::token(ChannelId channel, std::string_view name) {
  return forward([&] { return inner_.token(channel, name); });
}

Result<bool> FaultyStore::store_token(ChannelId channel, std::string_view name,
                                      const TokenRecord& token, std::int64_t seen) {
  return forward([&] { return inner_.store_token(channel, name, token, seen); });
}

Result<CustomerPage> FaultyStore::customers(const CustomerQuery& query) {
  return forward([&] { return inner_.customers(query); });
}

Result<TimelinePage> FaultyStore::timeline(TenantId tenant, const Uuid& customer, std::size_t limit,
                                           std::string_view after) {
  return forward([&] { return inner_.timeline(tenant, customer, limit, after); });
}

Result<std::vector<ChangeRow>> FaultyStore::changes(TenantId tenant, std::int64_t after,
                                                    std::size_t limit) {
  return forward([&] { return inner_.changes(tenant, after, limit); });
}

Result<EventPage> FaultyStore::events(TenantId tenant, std::optional<RowStatus> status,
                                      std::optional<ChannelId> channel, std::int64_t before,
                                      std::size_t limit) {
  return forward([&] { return inner_.events(tenant, status, channel, before, limit); });
}

Result<std::optional<InboxRow>> FaultyStore::event(TenantId tenant, std::int64_t seq) {
  return forward([&] { return inner_.event(tenant, seq); });
}

Result<std::vector<CallRecord>> FaultyStore::calls_of(TenantId tenant, std::int64_t seq) {
  return forward([&] { return inner_.calls_of(tenant, seq); });
}

Result<std::vector<DriftRow>> FaultyStore::drift(TenantId tenant) {
  return forward([&] { return inner_.drift(tenant); });
}

Result<bool> FaultyStore::has_held(std::span<const ChannelId> channels) {
  return forward([&] { return inner_.has_held(channels); });
}

Result<void> FaultyStore::take_up(std::span<const ChannelId> channels) {
  return forward([&] { return inner_.take_up(channels); });
}

Result<Backlog> FaultyStore::backlog(std::optional<TenantId> tenant) {
  return forward([&] { return inner_.backlog(tenant); });
}

Result<void> FaultyStore::add_key(const ApiKey& key, std::string_view secret_hash) {
  return forward([&] { return inner_.add_key(key, secret_hash); });
}

Result<std::optional<ApiKey>> FaultyStore::find_key(std::string_view secret_hash) {
  return forward([&] { return inner_.find_key(secret_hash); });
}

Result<std::vector<ApiKey>> FaultyStore::keys() {
  return forward([&] { return inner_.keys(); });
}

Result<bool> FaultyStore::revoke_key(const Uuid& id, Time now) {
  return forward([&] { return inner_.revoke_key(id, now); });
}

Result<void> FaultyStore::quarantine(std::span<const Quarantined> requests) {
  return forward([&] { return inner_.quarantine(requests); });
}

Result<std::vector<Quarantined>> FaultyStore::quarantined(ChannelId channel, std::int64_t after,
                                                          std::size_t limit) {
  return forward([&] { return inner_.quarantined(channel, after, limit); });
}

Result<void> FaultyStore::release(std::span<const std::int64_t> quarantined) {
  return forward([&] { return inner_.release(quarantined); });
}

Result<std::map<ChannelId, QuarantineTotal>> FaultyStore::expire_quarantine(Time before) {
  return forward([&] { return inner_.expire_quarantine(before); });
}

Result<std::map<ChannelId, QuarantineTotal>> FaultyStore::quarantine_totals(TenantId tenant) {
  return forward([&] { return inner_.quarantine_totals(tenant); });
}

Result<std::vector<Activation>> FaultyStore::activations() {
  return forward([&] { return inner_.activations(); });
}

Result<void> FaultyStore::add_activation(const Activation& entry) {
  return forward([&] { return inner_.add_activation(entry); });
}

Result<std::string> FaultyStore::note(std::string_view name) {
  return forward([&] { return inner_.note(name); });
}

Result<void> FaultyStore::set_note(std::string_view name, std::string_view text) {
  return forward([&] { return inner_.set_note(name, text); });
}

Result<void> FaultyStore::ping() {
  return forward([&] { return inner_.ping(); });
}

Result<std::pair<int, int>> FaultyStore::schema_versions() {
  return forward([&] { return inner_.schema_versions(); });
}

Result<void> FaultyStore::migrate() {
  return forward([&] { return inner_.migrate(); });
}

}  // namespace guanxi::tests
