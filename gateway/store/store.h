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

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/customer.h"
#include "models/entity.h"
#include "models/fact.h"
#include "models/ids.h"
#include "models/interaction.h"
#include "models/json.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::store {

using models::Json;
using TenantId = std::int32_t;
using ChannelId = std::int32_t;

// The keyed hash by which an identity is found: HMAC-SHA256 under the index key over (tenant, name
// space, scope, value), first 16 bytes. Equal identities of one tenant, and only they, have equal
// keys.
using Key = std::array<std::uint8_t, 16>;

struct ChannelRecord {
  ChannelId id = 0;
  std::string name;
  std::string platform;
  TenantId tenant = 0;
  std::string tenant_name;
};

// ---- ingest ----

struct NewPayload {
  TenantId tenant = 0;
  ChannelId channel = 0;
  Time received_at{};
  std::string recipe;
  std::string format;
  std::string dedupe;  // raw bytes; unique per channel
  std::string order;
  std::string bytes;
  // About when it was said, equal where `dedupe` is: what was said lately is found together.
  std::uint32_t moment = 0;
};

// A payload ready to be appended, in a form of the store's own.
struct PreparedPayload {
  TenantId tenant = 0;
  std::string record;
};

struct Admitted {
  std::size_t stored = 0;  // new rows
  // Known before: nothing is stored, and the finished platform calls that they wanted are due once
  // more, since what looks the same may report something new.
  std::map<ChannelId, std::size_t> duplicates;
};

// ---- pipeline ----

enum class RowKind : std::uint8_t { payload = 0, answer = 1 };
enum class RowStatus : std::uint8_t {
  received = 0,
  normalized = 1,
  unmapped = 2,
  dead = 3,
  none = 4,
  held = 5,  // received; nobody works it until its channel is in the configuration
};
// "raw" (also for held), "normalized", "unmapped", "dead", "none"
std::string_view row_status_text(RowStatus status);
std::optional<RowStatus> row_status_from(std::string_view text);

struct InboxRow {
  std::int64_t seq = 0;
  TenantId tenant = 0;
  ChannelId channel = 0;
  RowKind kind = RowKind::payload;
  RowStatus status = RowStatus::received;
  Time received_at{};
  std::string recipe;  // of payloads
  std::string format;
  std::string call;        // of answers
  Json arguments;          // of answers
  std::string page;        // of answers: cursor asked with; empty: first page
  std::int64_t cause = 0;  // of answers: the row that wanted the call; 0: none
  std::int64_t run = 0;    // of answers: pages of one run share it
  std::string bytes;
  // Bookkeeping, set when worked.
  std::string event;
  std::optional<Time> event_at;
  std::string pack;
  std::string error;
  std::optional<Time> worked_at;
};

// Rows from one number to another, both included; nothing by default.
struct SeqRange {
  std::int64_t first = 0;
  std::int64_t last = -1;
};

struct KnownIdentity {
  Key key{};
  models::Identity identity;
  Uuid customer;  // nil: belongs to no customer
};

struct NewIdentity {
  TenantId tenant = 0;
  Key key{};
  models::Identity identity;
  Uuid customer;
};

// An identity without customer gets one; `conflict` if it has another meanwhile.
struct Attachment {
  Key key{};
  Uuid customer;
};

struct Evidence {  // a statement that two identities are one person
  TenantId tenant = 0;
  Key a{};
  Key b{};
  models::Trust trust{};
  Time at{};
  std::int64_t seq = 0;
  std::string rule;
};

// All facts that one inbox row states of one subject.
struct SubjectFacts {
  TenantId tenant = 0;
  Key subject{};
  models::Source source;
  std::vector<models::Fact> facts;
};

struct CustomerWrite {
  TenantId tenant = 0;
  models::Customer customer;          // its version: the one to write
  std::int64_t expected_version = 0;  // the one read; 0: new. Otherwise `conflict`
  std::vector<models::Facet> gained;
  std::vector<models::Facet> lost;
};

struct EntityWrite {
  TenantId tenant = 0;
  Key key{};
  models::Entity entity;
  std::int64_t expected_version = 0;
};

// An interaction becomes part of the timeline of whoever holds the subject. It is one of the facts
// that the row states of it. Its change `interaction.created` (object_id = the interaction's id)
// stands among the batch's changes and is written only if the subject had no such interaction.
struct NewInteraction {
  TenantId tenant = 0;
  Uuid customer;
  Key subject{};
  Key key{};             // writing an interaction of that key again changes nothing
  std::int64_t seq = 0;  // the row that states it
  std::size_t part = 0;  // place among the facts that the row states of the subject
  Time at{};
  std::string id;
};

struct NewChange {
  TenantId tenant = 0;
  std::string type;         // "customer.created", "relation.started", …
  std::string object_type;  // "customer", "relation", "interaction", "tag", "group", "lead"
  std::string object_id;
  Uuid customer;  // nil: none
  std::int64_t version = 0;
  Time at{};  // when it is written, like updated_at of what was changed
};

struct NewTask {
  TenantId tenant = 0;
  ChannelId channel = 0;
  std::int64_t cause = 0;
  std::string call;
  Json arguments;
  Time due_at{};
};

struct RowMark {
  std::int64_t seq = 0;
  RowStatus status{};
  std::string event;
  std::optional<Time> event_at;
  std::string pack;
  std::string error;
  Time worked_at{};
};

struct DriftCount {
  TenantId tenant = 0;
  ChannelId channel = 0;
  std::string pack;
  models::Drift drift;
  std::int64_t count = 1;
  Time at{};
};

// Everything one batch of rows changes, written in one transaction or not at all. Rows already
// marked by somebody else are a `conflict`.
struct Batch {
  std::vector<NewIdentity> identities;
  std::vector<Attachment> attachments;
  std::vector<Evidence> evidence;
  std::vector<SubjectFacts> facts;
  std::vector<std::pair<std::int64_t, Key>> named;  // inbox row to every identity it names
  std::vector<CustomerWrite> customers;
  std::vector<EntityWrite> entities;
  std::vector<NewInteraction> interactions;
  std::vector<NewChange> changes;  // positions in the feed are given in this order
  std::vector<NewTask> tasks;      // a task for the same call and arguments is joined, not doubled
  std::vector<RowMark> marks;
  std::vector<DriftCount> drift;
};

// ---- platform calls ----

struct Task {
  std::int64_t id = 0;
  TenantId tenant = 0;
  ChannelId channel = 0;
  std::int64_t cause = 0;
  std::string call;
  Json arguments;
  std::string page;
  std::int64_t run = 0;
  int attempts = 0;
  std::int64_t fence = 0;
};

struct TaskOutcome {
  enum class State : std::uint8_t { done, next_page, again, dead } state{};
  std::string next_page;  // with next_page
  Time due_at{};          // with next_page and again
  std::string reason;     // with again and dead
  // The answer to keep: an inbox row in the same transaction.
  std::optional<std::string> answer;
  Time requested_at{};
};

struct TokenRecord {
  std::string value;
  Time expires_at{};
  std::int64_t generation = 0;
};

// ---- reads ----

struct CustomerQuery {
  TenantId tenant = 0;
  std::size_t limit = 50;
  std::string after;  // position as given by CustomerPage.next; empty: from the start
  std::optional<Time> updated_since;
  std::vector<models::Facet> facets;  // all must hold
  std::string name_contains;          // substring of the name; empty: any
};
struct CustomerPage {
  std::vector<models::Customer> customers;
  std::string next;  // empty: the last page
};

struct TimelinePage {
  std::vector<models::Interaction> interactions;  // newest first
  std::string next;
};

struct ChangeRow {
  std::int64_t position = 0;
  NewChange change;
};

struct EventPage {
  std::vector<InboxRow> rows;  // newest first, without bytes
  std::int64_t next = 0;       // 0: the last page
};

struct ApiKey {
  Uuid id;
  TenantId tenant = 0;
  std::string tenant_name;
  std::string name;
  std::vector<std::string> scopes;
  Time created_at{};
  std::optional<Time> revoked_at;
};

struct DriftRow {
  std::string channel;
  std::string pack;
  models::Drift drift;
  std::int64_t count = 0;
  Time first_at{};
  Time last_at{};
};

struct Backlog {
  std::int64_t waiting = 0;  // payloads to be admitted, and inbox rows not yet worked
  std::int64_t tasks = 0;    // platform calls due or waiting
  std::int64_t dead_tasks = 0;
};

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
  virtual Result<std::vector<std::pair<Key, models::Entity>>> entities(
      TenantId tenant, std::span<const Key> keys) = 0;
  // All facts of the subjects, in folding order.
  virtual Result<std::vector<SubjectFacts>> facts_of(TenantId tenant,
                                                     std::span<const Key> subjects) = 0;
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
  virtual Result<std::vector<DriftRow>> drift(TenantId tenant) = 0;
  // Of one tenant, or of all.
  virtual Result<Backlog> backlog(std::optional<TenantId> tenant) = 0;
  Result<Backlog> backlog() { return backlog(std::nullopt); }

  virtual Result<void> add_key(const ApiKey& key, std::string_view secret_hash) = 0;
  virtual Result<std::optional<ApiKey>> find_key(std::string_view secret_hash) = 0;
  virtual Result<std::vector<ApiKey>> keys() = 0;
  virtual Result<bool> revoke_key(const Uuid& id, Time now) = 0;  // false: no such key

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
};

// Opens, without migrating. Throws std::runtime_error with the setting and the cure: unknown
// scheme, unreachable server, wrong or missing data key.
std::unique_ptr<Store> open_store(const StoreOptions& options);

}  // namespace guanxi::store
