// The gateway's memory, in domain terms: inbox and facts as the system of record, and what is
// folded from them. Two drivers, SQLite and the MySQL protocol, one schema and one set of
// statements.
//
// Every method may be called from any thread and blocks. Errors: `unavailable` (the store does not
// answer or refuses writes: nothing happened, try later) and `conflict` (what was read has changed:
// read and decide again); others are named where they occur. Raw payloads, documents and personal
// values are sealed inside; callers see them plain. Times come from callers; the store has no
// clock.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/store/records.h"  // IWYU pragma: export
#include "models/result.h"

namespace guanxi::store {

class Store {
 public:
  virtual ~Store() = default;

  // Makes or finds the rows of tenant and channel. `unsupported` if the channel was first used by
  // another tenant or platform: neither ever changes.
  virtual Result<ChannelRecord> register_channel(std::string_view tenant, std::string_view channel,
                                                 std::string_view platform, Time now) = 0;
  virtual Result<TenantId> tenant(std::string_view name, Time now) = 0;
  virtual Result<std::vector<ChannelRecord>> channels() = 0;

  // Does the work of append that needs no database: on the callers' threads, so that the one that
  // commits is free for it.
  virtual PreparedPayload prepare(const NewPayload& payload) const = 0;
  // Keeps payloads as they come, durable when it returns, in the cheapest way there is: they wait
  // together to be admitted. All or none. Callers may append the same payload any number of times.
  virtual Result<void> append(std::span<const PreparedPayload> payloads) = 0;
  // How many appends are worth having under way at once: a server's commits overlap, while those of
  // a database with one writer take turns.
  virtual std::size_t appends_at_once() const = 0;
  // Prepares and appends.
  Result<void> append(std::span<const NewPayload> payloads);
  // Gives rows of the inbox to the payloads that wait, the oldest about `limit`: one row to each
  // that no row holds yet. One transaction, whoever else admits at the same time. Neither
  // stored nor duplicates: nothing waits.
  virtual Result<Admitted> admit(std::size_t limit) = 0;

  // Rows received and not yet worked, oldest first; never more than `bytes` of payload beyond the
  // first. `except`: in hand already.
  virtual Result<std::vector<InboxRow>> pending(std::size_t limit, std::size_t bytes,
                                                SeqRange except) = 0;
  Result<std::vector<InboxRow>> pending(std::size_t limit, std::size_t bytes) {
    return pending(limit, bytes, {});
  }
  // Whether rows of these channels are held, and making them wait to be worked again.
  virtual Result<bool> has_held(std::span<const ChannelId> channels) = 0;
  virtual Result<void> take_up(std::span<const ChannelId> channels) = 0;
  virtual Result<std::vector<InboxRow>> answers_of_run(ChannelId channel, std::int64_t run) = 0;
  // Rows worked before, with their bytes and by which pack.
  virtual Result<std::vector<InboxRow>> stored(const StoredQuery& query) = 0;
  virtual Result<std::int64_t> count_stored(const StoredQuery& query) = 0;  // limits do not count

  virtual Key key_of(TenantId tenant, const models::Identity& identity) const = 0;
  virtual Key key_of(TenantId tenant, std::string_view text) const = 0;  // of anything else
  // By what an interaction is known, and its id, which is the platform's or made of the key;
  // nothing for a fact that is none.
  std::optional<std::pair<Key, std::string>> interaction_id(TenantId tenant,
                                                            const models::Fact& fact) const;
  virtual Result<std::vector<KnownIdentity>> identities(std::span<const Key> keys) = 0;
  virtual Result<std::vector<KnownIdentity>> identities_of(TenantId tenant,
                                                           const Uuid& customer) = 0;
  virtual Result<std::vector<models::Customer>> customers(TenantId tenant,
                                                          std::span<const Uuid> ids) = 0;
  // Everything stated of the identities, by rows other than `except`.
  virtual Result<std::vector<EvidenceSum>> evidence_of(TenantId tenant, std::span<const Key> keys,
                                                       std::span<const std::int64_t> except) = 0;
  // Decisions in force that concern any of the identities, oldest first.
  virtual Result<std::vector<DecisionRecord>> decisions_of(TenantId tenant,
                                                           std::span<const Key> keys) = 0;
  // All decisions, those taken back too, newest first: those numbered below `before`, 0 for all.
  virtual Result<std::vector<DecisionRecord>> decisions(TenantId tenant, std::int64_t before,
                                                        std::size_t limit) = 0;
  virtual Result<std::optional<DecisionRecord>> decision(TenantId tenant, std::int64_t id) = 0;
  // Open suggestions between two customers in the order of their ids, those beyond `after`; or, of
  // rejected ones, all.
  virtual Result<std::vector<Suggestion>> suggestions(TenantId tenant, bool rejected,
                                                      const Key& after, std::size_t limit) = 0;
  virtual Result<std::optional<Suggestion>> suggestion(TenantId tenant, const Key& id) = 0;
  // The rows of the inbox that name any of the identities, and whom else each names.
  virtual Result<std::map<std::int64_t, std::vector<Key>>> rows_naming(
      TenantId tenant, std::span<const Key> keys) = 0;
  // What was told of an erasure, as JSON.
  virtual Result<std::optional<std::string>> erasure(TenantId tenant, const Uuid& id) = 0;
  // Into whom customers were merged, and her version then; nothing of those that were not.
  virtual Result<std::map<Uuid, std::pair<Uuid, std::int64_t>>> merged(
      TenantId tenant, std::span<const Uuid> ids) = 0;
  // Merges and splits that concern the customer, newest first: those numbered below `before`.
  virtual Result<std::vector<LineageEntry>> lineage(TenantId tenant, const Uuid& customer,
                                                    std::int64_t before, std::size_t limit) = 0;
  virtual Result<std::vector<std::pair<Key, models::Entity>>> entities(
      TenantId tenant, std::span<const Key> keys) = 0;
  // All facts of the subjects, in folding order.
  virtual Result<std::vector<SubjectFacts>> facts_of(TenantId tenant,
                                                     std::span<const Key> subjects) = 0;
  // All that some rows stated.
  virtual Result<std::vector<SubjectFacts>> facts_of_rows(TenantId tenant,
                                                          std::span<const std::int64_t> seqs) = 0;
  // Which of them, by place, their subjects have already from rows other than `except`: those are
  // no news.
  virtual Result<std::vector<bool>> known_interactions(std::span<const NewInteraction> interactions,
                                                       std::span<const std::int64_t> except) = 0;
  Result<std::vector<bool>> known_interactions(std::span<const NewInteraction> interactions) {
    return known_interactions(interactions, {});
  }
  virtual Result<void> write(const Batch& batch) = 0;

  // Tasks due, leased to the caller until `lease_until`.
  virtual Result<std::vector<Task>> claim_tasks(Time now, Time lease_until, std::size_t limit) = 0;
  // Settles a leased task and stores its answer, one transaction. `conflict` if the lease was lost.
  // A task wanted again while it ran becomes due again instead of done.
  virtual Result<void> settle(const Task& task, const TaskOutcome& outcome) = 0;
  // When the next task is due; nothing if none is.
  virtual Result<std::optional<Time>> next_task_due() = 0;

  // A lease by name: granted until `until` if free, expired at `now`, or already this holder's.
  virtual Result<bool> acquire_lease(std::string_view name, std::string_view holder, Time now,
                                     Time until) = 0;
  virtual Result<void> release_lease(std::string_view name, std::string_view holder) = 0;
  virtual Result<std::optional<TokenRecord>> token(ChannelId channel, std::string_view name) = 0;
  // Stores a token if the stored generation still is `seen`; false if another came first.
  virtual Result<bool> store_token(ChannelId channel, std::string_view name,
                                   const TokenRecord& token, std::int64_t seen) = 0;

  virtual Result<CustomerPage> customers(const CustomerQuery& query) = 0;
  virtual Result<TimelinePage> timeline(TenantId tenant, const Uuid& customer, std::size_t limit,
                                        std::string_view after) = 0;
  // Changes after a position, in order; never skips one, whatever the number of writers.
  virtual Result<std::vector<ChangeRow>> changes(TenantId tenant, std::int64_t after,
                                                 std::size_t limit) = 0;
  virtual Result<EventPage> events(TenantId tenant, std::optional<RowStatus> status,
                                   std::optional<ChannelId> channel, std::int64_t before,
                                   std::size_t limit) = 0;
  virtual Result<std::optional<InboxRow>> event(TenantId tenant, std::int64_t seq) = 0;
  virtual Result<std::vector<CallRecord>> calls_of(TenantId tenant, std::int64_t seq) = 0;
  virtual Result<std::vector<DriftRow>> drift(TenantId tenant) = 0;
  // Of one tenant, or of all.
  virtual Result<Backlog> backlog(std::optional<TenantId> tenant) = 0;
  Result<Backlog> backlog() { return backlog(std::nullopt); }

  virtual Result<void> quarantine(std::span<const Quarantined> requests) = 0;
  // Of a channel, oldest first, those numbered beyond `after`.
  virtual Result<std::vector<Quarantined>> quarantined(ChannelId channel, std::int64_t after,
                                                       std::size_t limit) = 0;
  virtual Result<void> release(std::span<const std::int64_t> quarantined) = 0;
  // Forgets what was received before; how much is left, by channel.
  virtual Result<std::map<ChannelId, QuarantineTotal>> expire_quarantine(Time before) = 0;
  // How much a tenant's channels have there; none: nothing.
  virtual Result<std::map<ChannelId, QuarantineTotal>> quarantine_totals(TenantId tenant) = 0;

  // The whole activation log, oldest first.
  virtual Result<std::vector<Activation>> activations() = 0;
  virtual Result<void> add_activation(const Activation& entry) = 0;

  virtual Result<void> add_key(const ApiKey& key, std::string_view secret_hash) = 0;
  virtual Result<std::optional<ApiKey>> find_key(std::string_view secret_hash) = 0;
  virtual Result<std::vector<ApiKey>> keys() = 0;
  virtual Result<bool> revoke_key(const Uuid& id, Time now) = 0;  // false: no such key

  // Small things to remember by name (at most 48 bytes): empty when there is none, or to forget.
  virtual Result<std::string> note(std::string_view name) = 0;
  virtual Result<void> set_note(std::string_view name, std::string_view text) = 0;

  virtual Result<void> ping() = 0;
  // Schema versions: in the store and in this binary.
  virtual Result<std::pair<int, int>> schema_versions() = 0;
  virtual Result<void> migrate() = 0;
};

struct StoreOptions {
  // "sqlite:guanxi.db" or "mysql://user:password@host:3306/database", the latter with
  // "?socket=path" for a Unix socket. Only for tests: "sqlite:path?vfs=name&synchronous=off".
  std::string url;
  // 32 bytes, base64 or hex; empty on SQLite: read from, or made in, `<database>.key`.
  std::string data_key;
  std::size_t connections = 4;
  // The data key before, in the same form, until `guanxi keys rotate-data` has ended.
  std::string previous_data_key = {};
};

// The file of the SQLite database that open_store would make; nothing if it is there, and for a
// server's. Throws as open_store for a URL or a data key that is none.
std::optional<std::string> missing_database(const StoreOptions& options);

// Opens, without migrating. Throws std::runtime_error with the setting and the cure: unknown
// scheme, unreachable server, wrong or missing data key.
std::unique_ptr<Store> open_store(const StoreOptions& options);

}  // namespace guanxi::store
