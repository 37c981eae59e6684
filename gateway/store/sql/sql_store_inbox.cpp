#include <map>

#include "gateway/store/sql/inbox.h"
#include "gateway/store/sql/insert.h"
#include "gateway/store/sql/rows.h"
#include "gateway/store/sql/sql_store.h"

namespace guanxi::store::sql {
namespace {

constexpr std::size_t kPageMax = 1000;
constexpr std::size_t kWordMax = 64;
constexpr std::string_view kReadingColumns = ", r.event, r.event_at, r.pack, r.error, r.worked_at ";
constexpr std::string_view kWithReading = " FROM inbox i LEFT JOIN reading r ON r.seq = i.seq ";

Vault::Hash dedupe_of(const Vault& vault, ChannelId channel, std::string_view dedupe) {
  return vault.hash("dedupe", {std::to_string(channel), dedupe});
}

// Spreads the keys of order over 256 shards, the same on every machine (FNV-1a).
std::uint8_t shard_of(std::string_view order) {
  std::uint32_t hash = 2166136261u;
  for (const char c : order) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return static_cast<std::uint8_t>(hash ^ (hash >> 16));
}

// One batch: the rows to insert are those whose payload stands nowhere, neither in the store nor
// earlier in the batch.
class Append {
 public:
  explicit Append(std::span<const SealedPayload> payloads) : payloads_(payloads) {}

  // As if every payload were new, as nearly all are, and where they fit in one statement without
  // the round trips of a transaction around it. Nothing when one is not new or when they do not
  // fit.
  std::optional<Appended> run_hopefully(Connection& connection) const {
    Known known;
    Cells rows;
    Appended appended = take_new(known, rows);
    const auto statement = insert_at_once(kInsertPayload, rows);
    if (!statement) return std::nullopt;
    try {
      connection.execute(*statement, rows);
      return appended;
    } catch (const DatabaseError& error) {
      if (error.kind() == DatabaseError::Kind::duplicate) return std::nullopt;
      throw;
    }
  }

  Appended run(Connection& connection) const {
    Known known;
    Cells members;
    for (const SealedPayload& payload : payloads_) members.id(payload.dedupe);
    query_in(connection, "SELECT dedupe, seq FROM inbox WHERE dedupe IN", {}, members, "",
             [&](const Row& row) { known[key_at(row, 0)] = row.number(1); });
    wake_tasks(connection, known);
    Cells rows;
    Appended appended = take_new(known, rows);
    try {
      connection.insert(kInsertPayload, rows);
      return appended;
    } catch (const DatabaseError& error) {
      if (error.kind() != DatabaseError::Kind::duplicate) throw;
      throw DatabaseError(DatabaseError::Kind::contended, "the same payload was stored meanwhile");
    }
  }

 private:
  using Known = std::map<Key, std::int64_t>;

  // Puts what is not known into the rows to insert.
  Appended take_new(Known& known, Cells& rows) const {
    Appended appended;
    rows.reserve(payloads_.size() * static_cast<std::size_t>(kInsertPayload.columns));
    appended.duplicate.reserve(payloads_.size());
    for (const SealedPayload& payload : payloads_) {
      const bool is_new = known.try_emplace(payload.dedupe, 0).second;
      if (is_new) add_row(rows, payload);
      ++(is_new ? appended.stored : appended.duplicates);
      appended.duplicate.push_back(!is_new);
    }
    return appended;
  }

  static void add_row(Cells& rows, const SealedPayload& payload) {
    rows.number(payload.tenant).number(payload.channel).number(payload.shard);
    rows.number(to_ms(payload.received_at)).text(clipped(payload.recipe, kWordMax));
    rows.text(clipped(payload.format, kWordMax)).id(payload.dedupe).bytes(payload.bytes);
  }

  // A payload that came again may report something new: two edits in one second look the same. The
  // finished calls that it wanted are due once more, those under way afterwards. ("+ 0" makes the
  // database look for the few causes, not for the many calls that are done.)
  void wake_tasks(Connection& connection, const Known& known) const {
    if (known.empty()) return;
    std::vector<Value> causes;
    for (const auto& [dedupe, seq] : known) causes.emplace_back(seq);
    const Time due_at =
        std::ranges::max_element(payloads_, {}, &SealedPayload::received_at)->received_at;
    Cells first;
    first.number(to_ms(due_at)).number(to_ms(due_at));
    execute_in(connection,
               "UPDATE task SET wanted_at = CASE WHEN state = 1 THEN ? ELSE wanted_at END,"
               " due_at = CASE WHEN state = 2 THEN ? ELSE due_at END,"
               " state = CASE WHEN state = 2 THEN 0 ELSE state END"
               " WHERE state + 0 IN (1, 2) AND cause IN",
               first, causes, "");
  }

  std::span<const SealedPayload> payloads_;
};

InboxRow row_with_reading(const Row& row) {
  InboxRow inbox = inbox_row_of(row);
  inbox.event = string_at(row, kInboxColumns);
  inbox.event_at = time_at(row, kInboxColumns + 1);
  inbox.pack = string_at(row, kInboxColumns + 2);
  inbox.error = string_at(row, kInboxColumns + 3);
  inbox.worked_at = time_at(row, kInboxColumns + 4);
  return inbox;
}

std::string events_statement(bool has_status, bool has_channel) {
  std::string sql = "SELECT ";
  sql.append(kInbox).append(kReadingColumns).append(kWithReading);
  sql += "WHERE i.tenant_id = ? AND i.seq < ?";
  if (has_status) sql += " AND i.status = ?";
  if (has_channel) sql += " AND i.channel_id = ?";
  return sql + " ORDER BY i.seq DESC LIMIT ?";
}

// The numbers of waiting rows, as many as hold `bytes` of payload, at least one.
std::vector<Value> waiting(Connection& connection, std::size_t limit, std::size_t bytes,
                           SeqRange except) {
  std::vector<Value> seqs;
  std::size_t sum = 0;
  bool is_full = false;
  Cells values;
  values.number(except.first).number(except.last).number(static_cast<std::int64_t>(limit));
  connection.query(
      "SELECT seq, LENGTH(payload) FROM inbox WHERE status = 0"
      " AND seq NOT BETWEEN ? AND ? ORDER BY seq LIMIT ?",
      values, [&](const Row& row) {
        const auto size = static_cast<std::size_t>(row.number(1));
        is_full = is_full || (!seqs.empty() && sum + size > bytes);
        if (is_full) return;
        if (!seqs.empty()) sum += size;
        seqs.emplace_back(row.number(0));
      });
  return seqs;
}

}  // namespace

SealedPayload SqlStore::seal(const NewPayload& payload) const {
  return {payload.tenant,          payload.channel,
          payload.received_at,     payload.recipe,
          payload.format,          dedupe_of(vault_, payload.channel, payload.dedupe),
          shard_of(payload.order), vault_.seal(kPayloadPlace, payload.bytes)};
}

Result<Appended> SqlStore::append(std::span<const SealedPayload> payloads) {
  if (payloads.empty()) return Appended{};
  const Append batch(payloads);
  std::optional<Appended> appended;
  const auto tried =
      writing<Atomic::statement>(Urgency::ingest, [&](Connection& connection) -> Result<void> {
        appended = batch.run_hopefully(connection);
        return {};
      });
  if (!tried) return tl::unexpected(tried.error());
  if (appended) return *std::move(appended);
  return writing(Urgency::ingest,
                 [&](Connection& connection) -> Result<Appended> { return batch.run(connection); });
}

Result<std::vector<InboxRow>> SqlStore::pending(std::size_t limit, std::size_t bytes,
                                                SeqRange except) {
  return reading([&](Connection& connection) -> Result<std::vector<InboxRow>> {
    std::vector<InboxRow> rows;
    query_in(connection,
             "SELECT " + std::string(kInbox) + ", i.payload FROM inbox i WHERE i.seq IN", {},
             waiting(connection, limit, bytes, except), "ORDER BY i.seq", [&](const Row& row) {
               rows.push_back(inbox_row_of(row));
               open_row(vault_, row, kInboxColumns, rows.back());
             });
    return rows;
  });
}

Result<std::vector<InboxRow>> SqlStore::answers_of_run(ChannelId channel, std::int64_t run) {
  return reading([&](Connection& connection) -> Result<std::vector<InboxRow>> {
    std::vector<InboxRow> rows;
    const std::string sql = "SELECT " + std::string(kInbox) +
                            ", i.payload FROM answer a JOIN inbox i ON i.seq = a.seq"
                            " WHERE a.run = ? AND i.channel_id = ? ORDER BY a.seq";
    connection.query(sql, Cells().number(run).number(channel).values(), [&](const Row& row) {
      rows.push_back(inbox_row_of(row));
      open_row(vault_, row, kInboxColumns, rows.back());
    });
    return rows;
  });
}

Result<EventPage> SqlStore::events(TenantId tenant, std::optional<RowStatus> status,
                                   std::optional<ChannelId> channel, std::int64_t before,
                                   std::size_t limit) {
  limit = std::clamp<std::size_t>(limit, 1, kPageMax);
  Cells values;
  values.number(tenant).number(before > 0 ? before : INT64_MAX);
  if (status) values.number(static_cast<std::int64_t>(*status));
  if (channel) values.number(*channel);
  values.number(static_cast<std::int64_t>(limit + 1));
  return reading([&](Connection& connection) -> Result<EventPage> {
    EventPage page;
    connection.query(events_statement(status.has_value(), channel.has_value()), values,
                     [&](const Row& row) { page.rows.push_back(row_with_reading(row)); });
    if (page.rows.size() > limit) {
      page.rows.pop_back();
      page.next = page.rows.back().seq;
    }
    return page;
  });
}

Result<std::optional<InboxRow>> SqlStore::event(TenantId tenant, std::int64_t seq) {
  std::string sql = "SELECT ";
  sql.append(kInbox).append(kReadingColumns).append(", i.payload").append(kWithReading);
  sql += "WHERE i.tenant_id = ? AND i.seq = ?";
  return reading([&](Connection& connection) -> Result<std::optional<InboxRow>> {
    std::optional<InboxRow> found;
    connection.query(sql, Cells().number(tenant).number(seq).values(), [&](const Row& row) {
      found = row_with_reading(row);
      open_row(vault_, row, kInboxColumns + 5, *found);
    });
    return found;
  });
}

}  // namespace guanxi::store::sql
