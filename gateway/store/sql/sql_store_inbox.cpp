#include "gateway/store/sql/inbox.h"
#include "gateway/store/sql/pages.h"
#include "gateway/store/sql/rows.h"
#include "gateway/store/sql/sql_store.h"

namespace guanxi::store::sql {
namespace {

constexpr std::string_view kReadingColumns = ", r.event, r.event_at, r.pack, r.error, r.worked_at ";
constexpr std::string_view kWithReading = " FROM inbox i LEFT JOIN reading r ON r.seq = i.seq ";

InboxRow row_with_reading(const Row& row) {
  InboxRow inbox = inbox_row_of(row);
  inbox.event = string_at(row, kInboxColumns);
  inbox.event_at = time_at(row, kInboxColumns + 1);
  inbox.pack = string_at(row, kInboxColumns + 2);
  inbox.error = string_at(row, kInboxColumns + 3);
  inbox.worked_at = time_at(row, kInboxColumns + 4);
  return inbox;
}

std::string events_statement(std::optional<RowStatus> status, bool has_channel) {
  std::string sql = "SELECT ";
  sql.append(kInbox).append(kReadingColumns).append(kWithReading);
  sql += "WHERE i.tenant_id = ? AND i.seq < ?";
  // Held rows are raw to whoever looks.
  if (status)
    sql += *status == RowStatus::received ? " AND i.status IN (?, 5)" : " AND i.status = ?";
  if (has_channel) sql += " AND i.channel_id = ?";
  return sql + " ORDER BY i.seq DESC LIMIT ?";
}

// The rows that a query of stored rows is about, but for limits.
std::string stored_where(const StoredQuery& query, Cells& values) {
  std::string where = " WHERE i.seq > ?";
  values.number(query.after);
  if (query.tenant) {
    where += " AND i.tenant_id = ?";
    values.number(*query.tenant);
  }
  if (query.channel) {
    where += " AND i.channel_id = ?";
    values.number(*query.channel);
  }
  // One placeholder a status, of which there are few.
  where += " AND i.status + 0 IN (";
  for (std::size_t i = 0; i < query.statuses.size(); ++i) {
    where += i == 0 ? "?" : ", ?";
    values.number(static_cast<int>(query.statuses[i]));
  }
  return where + ")";
}

std::vector<Value> numbers_of(std::span<const ChannelId> channels) {
  std::vector<Value> numbers;
  for (const ChannelId channel : channels) numbers.emplace_back(std::int64_t{channel});
  return numbers;
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

Result<bool> SqlStore::has_held(std::span<const ChannelId> channels) {
  return reading([&](Connection& connection) -> Result<bool> {
    bool found = false;
    query_in(connection, "SELECT seq FROM inbox WHERE status = 5 AND channel_id IN", {},
             numbers_of(channels), "LIMIT 1", [&](const Row&) { found = true; });
    return found;
  });
}

Result<void> SqlStore::take_up(std::span<const ChannelId> channels) {
  return writing(Urgency::other, [&](Connection& connection) -> Result<void> {
    execute_in(connection, "UPDATE inbox SET status = 0 WHERE status = 5 AND channel_id IN", {},
               numbers_of(channels), "");
    return {};
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

Result<std::vector<InboxRow>> SqlStore::stored(const StoredQuery& query) {
  GUANXI_CHECK(!query.statuses.empty());
  Cells values;
  std::string sql = "SELECT i.seq, LENGTH(i.payload) FROM inbox i" + stored_where(query, values);
  values.number(static_cast<std::int64_t>(query.limit));
  return reading([&](Connection& connection) -> Result<std::vector<InboxRow>> {
    std::vector<Value> seqs;
    std::size_t sum = 0;
    bool is_full = false;
    connection.query(sql + " ORDER BY i.seq LIMIT ?", values, [&](const Row& row) {
      const auto size = static_cast<std::size_t>(row.number(1));
      is_full = is_full || (!seqs.empty() && sum + size > query.bytes);
      if (is_full) return;
      sum += size;
      seqs.emplace_back(row.number(0));
    });
    std::vector<InboxRow> rows;
    std::string columns = "SELECT ";
    columns.append(kInbox).append(kReadingColumns).append(", i.payload").append(kWithReading);
    query_in(connection, columns + "WHERE i.seq IN", {}, seqs, "ORDER BY i.seq",
             [&](const Row& row) {
               rows.push_back(row_with_reading(row));
               open_row(vault_, row, kInboxColumns + 5, rows.back());
             });
    return rows;
  });
}

Result<std::int64_t> SqlStore::count_stored(const StoredQuery& query) {
  GUANXI_CHECK(!query.statuses.empty());
  Cells values;
  const std::string sql = "SELECT COUNT(*) FROM inbox i" + stored_where(query, values);
  return reading([&](Connection& connection) -> Result<std::int64_t> {
    return number_of(connection, sql, values).value_or(0);
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
    connection.query(events_statement(status, channel.has_value()), values,
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
