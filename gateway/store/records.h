// What the store takes and gives: inbox rows, what a batch of them changes, tasks, keys and pages.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
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

// Whether what was stated or decided of an identity is at odds with something.
enum class Contest : std::uint8_t {
  none = 0,
  some = 1,     // whoever decides who is who has to read all of it
  crowded = 2,  // more state this phone or e-mail than can tell anything: it joins nobody
};

struct KnownIdentity {
  Key key{};
  models::Identity identity;
  Uuid customer;  // nil: belongs to no customer
  Contest contest = Contest::none;
  Key stated_by{};  // of a phone or e-mail that nobody holds: who alone states it; else zeros
  // Her person was erased then: what is older is nobody's. Without a value: she has not come back.
  std::optional<Time> erased_at = {};
};

struct NewIdentity {
  TenantId tenant = 0;
  Key key{};
  models::Identity identity;
  Uuid customer;
  Contest contest = Contest::none;
  Key stated_by{};
};

// An identity that goes from one customer to another, nil being nobody, or is contested otherwise
// than before; `conflict` if it is not where it was.
struct Move {
  Key key{};
  Uuid before;
  Uuid after;
  Contest contest = Contest::none;
};

struct Evidence {  // a statement that two identities are one person
  TenantId tenant = 0;
  Key a{};
  Key b{};
  models::Trust trust{};
  int nature = 0;  // as identity::Nature
  Time at{};
  std::int64_t seq = 0;  // the row that states it
  std::string rule;
};

// All statements of one kind about two identities.
struct EvidenceSum {
  Key a{};
  Key b{};
  models::Trust trust{};
  int nature = 0;
  Time first_at{};
  Time last_at{};
  std::int64_t seq = 0;  // the first row that states it
  std::string rule;
};

// ---- who is who ----

// What a person decided. Decisions are only added; one that takes back another undoes it.
struct DecisionRecord {
  std::int64_t id = 0;  // given by the store
  TenantId tenant = 0;
  enum class Kind : std::uint8_t {
    join = 0,    // merged by hand, or a suggestion accepted
    apart = 1,   // split by hand
    block = 2,   // a value joins nobody
    allow = 3,   // a value joins whatever limits say
    reject = 4,  // a suggestion is wrong
    take_back = 5,
  } kind{};
  Time at{};
  std::string by;        // the name of the API key
  std::vector<Key> one;  // the identities of one side, or the value
  std::vector<Key> other;
  bool overrides = false;          // of join: lifts `apart`; of take_back: puts back into force
  Uuid customer;                   // which was addressed
  Uuid into;                       // with which it was merged
  std::int64_t takes_back = 0;     // of take_back: which
  std::int64_t taken_back_by = 0;  // 0: it is in force
};
std::string_view decision_text(DecisionRecord::Kind kind);

// Two identities of which something says, and too little, that they are one person's.
struct Suggestion {
  Key id{};
  TenantId tenant = 0;
  Key a{};
  Key b{};
  Key via{};       // the phone or e-mail that both are said to have; zeros: `a` names `b`
  int reason = 0;  // as identity::Reason
  models::Trust trust{};
  Time at{};
  std::int64_t seq = 0;
  std::string rule;
  bool rejected = false;
  // When read: whom they belong to.
  Uuid customer_a = {};
  Uuid customer_b = {};
};

// What became of customers: merges and splits, newest first when read.
struct LineageEntry {
  std::int64_t id = 0;  // given by the store
  TenantId tenant = 0;
  enum class Kind : std::uint8_t { merged = 0, split = 1 } kind{};
  Uuid customer;  // merged: who is no more; split: whom the identities left
  Uuid other;     // merged: who has all now; split: who has the identities
  Time at{};
  bool by_decision = false;     // when written: the last decision of the batch made it so
  std::int64_t decision = 0;    // when read: which made it so; 0: what was stated
  std::vector<Key> identities;  // that went along
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
  bool withdrawn = false;  // no fact is left of her, and so nothing is written but her end
  Uuid merged_into = {};   // withdrawn, for she is one person with another customer
  bool revived = false;    // she was merged into another, and is no more
};

struct EntityWrite {
  TenantId tenant = 0;
  Key key{};
  models::Entity entity;
  std::int64_t expected_version = 0;
  bool withdrawn = false;
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
  Time at{};              // when it is written, like updated_at of what was changed
  bool replayed = false;  // an old row was read again
  // Of customer.merged: who is no more. Of customer.split: who left.
  std::vector<Uuid> others = {};
  std::vector<Key> moved = {};  // the identities that went along
};

struct NewTask {
  TenantId tenant = 0;
  ChannelId channel = 0;
  std::int64_t cause = 0;
  std::string call;
  Json arguments;
  Time due_at{};
  std::vector<std::string> latest = {};  // arguments by which tasks do not differ
};

struct RowMark {
  std::int64_t seq = 0;
  RowStatus status{};
  std::string event;
  std::optional<Time> event_at;
  std::string pack;
  std::string error;
  Time worked_at{};
  RowStatus expected = RowStatus::received;  // as which it was read; otherwise `conflict`
};

struct DriftCount {
  TenantId tenant = 0;
  ChannelId channel = 0;
  std::string pack;
  models::Drift drift;
  std::int64_t count = 1;
  Time at{};
};

// The end of a person's data.
struct Erasure {
  Uuid id;
  TenantId tenant = 0;
  Uuid customer;
  Time at{};
  std::vector<Key> identities;  // emptied; only keyed hashes are left, with the time
  std::string receipt;          // JSON
};

// What is left of a row's payload; nothing at all: empty.
struct RedactedRow {
  std::int64_t seq = 0;
  std::string bytes;
};

// Everything one batch of rows changes, written in one transaction or not at all. Rows already
// marked by somebody else are a `conflict`.
struct Batch {
  std::vector<SubjectFacts> retracted;  // what its rows stated when they were worked before
  std::vector<Evidence> withdrawn;      // and what that may have been evidence of
  std::vector<NewIdentity> identities;
  std::vector<Move> moves;
  std::vector<std::pair<Key, Key>> stated_by;  // a phone or e-mail, and who alone states it
  std::vector<Evidence> evidence;
  std::vector<DecisionRecord> decisions;
  // Open suggestions that concern any of `reconsidered` are those in `suggestions`, and no others.
  std::vector<Key> reconsidered;
  std::vector<Suggestion> suggestions;
  std::vector<LineageEntry> lineage;
  std::vector<RedactedRow> redacted;
  std::optional<Erasure> erasure = {};
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

// Which worked rows to read again, in the order of their numbers.
struct StoredQuery {
  std::optional<TenantId> tenant;
  std::optional<ChannelId> channel;
  std::vector<RowStatus> statuses;
  std::int64_t after = 0;  // rows beyond this number
  std::size_t limit = 256;
  std::size_t bytes = 4 * 1024 * 1024;  // of payload, beyond the first row's
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
  std::string kept;  // the page at which a run begins: where the last one ended
};

// How the calls stand that a row of the inbox was the last to want.
struct CallRecord {
  std::string call;
  std::string_view state;  // waiting, running, done or dead
  int attempts = 0;
  Time due_at{};      // waiting: when it is tried next
  std::string error;  // why it waits again, or is dead; empty: nothing failed
};

struct TaskOutcome {
  enum class State : std::uint8_t { done, next_page, again, dead } state{};
  std::string next_page;  // with next_page
  Time due_at{};          // with next_page and again
  std::string reason;     // with again and dead
  bool tried = true;      // with again and dead: whether a call was made, which is an attempt
  bool anew = false;      // with again: from the first page on, forgetting what was kept
  std::string kept;       // with done: the page at which the next run begins
  // The answer to keep: an inbox row in the same transaction.
  std::optional<std::string> answer;
  Time requested_at{};
};

struct TokenRecord {
  std::string value;
  Time expires_at{};
  std::int64_t generation = 0;
};

// ---- quarantine ----

// A request that no recipe proved: a forgery, or the platform signs in a way not known yet.
struct Quarantined {
  std::int64_t id = 0;  // given by the store
  TenantId tenant = 0;
  ChannelId channel = 0;
  Time received_at{};
  std::string request;  // as ingest wrote it
};

struct QuarantineTotal {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
};

// ---- rules ----

// An entry of the activation log, which only grows.
struct Activation {
  std::int64_t id = 0;  // given by the store
  std::string platform;
  std::string channel;          // its name; empty: every channel of the platform
  std::string version;          // "latest": by day of receipt, as if nothing were activated
  bool shadow = false;          // it only reads along; "latest": nothing does
  std::int64_t takes_back = 0;  // the entry that this one undoes; then there is no version
  Time at{};
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

}  // namespace guanxi::store
