// Who is who: what was stated and decided, what is suggested, and what became of customers.
#include <map>
#include <tuple>

#include "gateway/store/sql/keys.h"
#include "gateway/store/sql/rows.h"
#include "gateway/store/sql/sql_store.h"

namespace guanxi::store::sql {
namespace {

constexpr std::string_view kDecisions =
    "SELECT d.id, d.kind, d.at, d.made_by, d.overrides, d.customer_id, d.into_id, d.takes_back,"
    " d.sides, u.id, u.overrides FROM decision d LEFT JOIN decision u ON u.id ="
    " (SELECT MAX(w.id) FROM decision w WHERE w.takes_back = d.id) WHERE ";

constexpr std::string_view kSuggestions =
    "SELECT s.id, s.a, s.b, s.via, s.rejected, s.reason, s.trust, s.at, s.seq, s.rule,"
    " ia.customer_id, ib.customer_id FROM suggestion s JOIN identity ia ON ia.id = s.a"
    " JOIN identity ib ON ib.id = s.b WHERE ";

DecisionRecord decision_at(TenantId tenant, const Row& row) {
  DecisionRecord decision;
  decision.id = row.number(0);
  decision.tenant = tenant;
  decision.kind = static_cast<DecisionRecord::Kind>(row.number(1));
  decision.at = from_ms(row.number(2));
  decision.by = string_at(row, 3);
  decision.overrides = row.number(4) != 0;
  decision.customer = uuid_at(row, 5);
  decision.into = uuid_at(row, 6);
  decision.takes_back = row.number(7);
  std::tie(decision.one, decision.other) = two_lists_from(row.text(8));
  if (row.number(10) == 0) decision.taken_back_by = row.number(9);  // else it was put back
  return decision;
}

Suggestion suggestion_at(TenantId tenant, const Row& row) {
  Suggestion found;
  found.id = key_at(row, 0);
  found.tenant = tenant;
  found.a = key_at(row, 1);
  found.b = key_at(row, 2);
  if (!row.is_null(3)) found.via = key_at(row, 3);
  found.rejected = row.number(4) != 0;
  found.reason = static_cast<int>(row.number(5));
  found.trust = static_cast<models::Trust>(row.number(6));
  found.at = from_ms(row.number(7));
  found.seq = row.number(8);
  found.rule = string_at(row, 9);
  found.customer_a = uuid_at(row, 10);
  found.customer_b = uuid_at(row, 11);
  return found;
}

LineageEntry lineage_at(TenantId tenant, const Row& row) {
  LineageEntry entry;
  entry.id = row.number(0);
  entry.tenant = tenant;
  entry.kind = static_cast<LineageEntry::Kind>(row.number(1));
  entry.customer = uuid_at(row, 2);
  entry.other = uuid_at(row, 3);
  entry.at = from_ms(row.number(4));
  entry.decision = row.number(5);
  entry.identities = keys_from(row.text(6));
  return entry;
}

Cells cells_of(std::span<const Key> keys) {
  Cells cells;
  for (const Key& key : keys) cells.id(key);
  return cells;
}

using Sums = std::map<std::tuple<Key, Key, models::Trust, int>, EvidenceSum>;

void add_evidence(const Row& row, Sums& sums) {
  EvidenceSum sum;
  sum.a = key_at(row, 0);
  sum.b = key_at(row, 1);
  sum.trust = static_cast<models::Trust>(row.number(2));
  sum.nature = static_cast<int>(row.number(3));
  sum.first_at = from_ms(row.number(4));
  sum.last_at = from_ms(row.number(5));
  sum.seq = row.number(6);
  sum.rule = string_at(row, 7);
  const auto [found, fresh] =
      sums.try_emplace(std::tuple(sum.a, sum.b, sum.trust, sum.nature), sum);
  if (fresh) return;
  EvidenceSum& known = found->second;
  if (std::pair(sum.first_at, sum.seq) < std::pair(known.first_at, known.seq)) {
    known.seq = sum.seq;
    known.rule = sum.rule;
    known.first_at = sum.first_at;
  }
  known.last_at = std::max(known.last_at, sum.last_at);
}

}  // namespace

Result<std::vector<EvidenceSum>> SqlStore::evidence_of(TenantId tenant, std::span<const Key> keys,
                                                       std::span<const std::int64_t> except) {
  const Cells members = cells_of(keys);
  return reading([&](Connection& connection) -> Result<std::vector<EvidenceSum>> {
    Sums sums;
    for (const std::string_view side : {"a", "b"}) {
      std::string sql = "SELECT a, b, trust, nature, ";
      // Summed by the database, unless some rows are to be left out.
      sql += except.empty() ? "MIN(at), MAX(at), MIN(seq), MIN(rule)" : "at, at, seq, rule";
      sql.append(" FROM evidence WHERE tenant_id = ? AND ").append(side).append(" IN");
      query_in(connection, sql, Cells().number(tenant), members,
               except.empty() ? "GROUP BY a, b, trust, nature" : "", [&](const Row& row) {
                 const bool is_void = std::ranges::find(except, row.number(6)) != except.end();
                 if (except.empty() || !is_void) add_evidence(row, sums);
               });
    }
    std::vector<EvidenceSum> found;
    found.reserve(sums.size());
    for (auto& [pair, sum] : sums) found.push_back(std::move(sum));
    return found;
  });
}

Result<std::vector<DecisionRecord>> SqlStore::decisions_of(TenantId tenant,
                                                           std::span<const Key> keys) {
  const Cells members = cells_of(keys);
  return reading([&](Connection& connection) -> Result<std::vector<DecisionRecord>> {
    std::map<std::int64_t, DecisionRecord> found;
    std::vector<std::int64_t> ids;
    query_in(connection, "SELECT decision_id FROM decision_identity WHERE identity_id IN", {},
             members, "", [&](const Row& row) { ids.push_back(row.number(0)); });
    std::ranges::sort(ids);
    const auto repeated = std::ranges::unique(ids);
    ids.erase(repeated.begin(), repeated.end());
    Cells numbers;
    for (const std::int64_t id : ids) numbers.number(id);
    query_in(connection, std::string(kDecisions).append("d.tenant_id = ? AND d.id IN"),
             Cells().number(tenant), numbers, "", [&](const Row& row) {
               DecisionRecord decision = decision_at(tenant, row);
               if (decision.taken_back_by == 0) found.emplace(decision.id, std::move(decision));
             });
    std::vector<DecisionRecord> decisions;
    for (auto& [id, decision] : found) decisions.push_back(std::move(decision));
    return decisions;
  });
}

Result<std::vector<DecisionRecord>> SqlStore::decisions(TenantId tenant, std::int64_t before,
                                                        std::size_t limit) {
  return reading([&](Connection& connection) -> Result<std::vector<DecisionRecord>> {
    std::vector<DecisionRecord> decisions;
    connection.query(
        std::string(kDecisions)
            .append("d.tenant_id = ? AND (? = 0 OR d.id < ?) ORDER BY d.id DESC LIMIT ?"),
        Cells()
            .number(tenant)
            .number(before)
            .number(before)
            .number(static_cast<std::int64_t>(limit))
            .values(),
        [&](const Row& row) { decisions.push_back(decision_at(tenant, row)); });
    return decisions;
  });
}

Result<std::optional<DecisionRecord>> SqlStore::decision(TenantId tenant, std::int64_t id) {
  return reading([&](Connection& connection) -> Result<std::optional<DecisionRecord>> {
    std::optional<DecisionRecord> found;
    connection.query(std::string(kDecisions).append("d.tenant_id = ? AND d.id = ?"),
                     Cells().number(tenant).number(id).values(),
                     [&](const Row& row) { found = decision_at(tenant, row); });
    return found;
  });
}

Result<std::vector<Suggestion>> SqlStore::suggestions(TenantId tenant, bool rejected,
                                                      const Key& after, std::size_t limit) {
  std::string sql(kSuggestions);
  sql +=
      "s.tenant_id = ? AND s.rejected = ? AND s.id > ? AND ia.customer_id <> ib.customer_id"
      " ORDER BY s.id LIMIT ?";
  Cells cells;
  cells.number(tenant).number(rejected ? 1 : 0).id(after);
  cells.number(static_cast<std::int64_t>(limit));
  return reading([&](Connection& connection) -> Result<std::vector<Suggestion>> {
    std::vector<Suggestion> found;
    connection.query(sql, cells.values(),
                     [&](const Row& row) { found.push_back(suggestion_at(tenant, row)); });
    return found;
  });
}

Result<std::optional<Suggestion>> SqlStore::suggestion(TenantId tenant, const Key& id) {
  return reading([&](Connection& connection) -> Result<std::optional<Suggestion>> {
    std::optional<Suggestion> found;
    connection.query(std::string(kSuggestions).append("s.tenant_id = ? AND s.id = ?"),
                     Cells().number(tenant).id(id).values(),
                     [&](const Row& row) { found = suggestion_at(tenant, row); });
    return found;
  });
}

Result<std::map<std::int64_t, std::vector<Key>>> SqlStore::rows_naming(TenantId tenant,
                                                                       std::span<const Key> keys) {
  using Rows = std::map<std::int64_t, std::vector<Key>>;
  return reading([&](Connection& connection) -> Result<Rows> {
    // Keys are of one tenant, and rows with them.
    static_cast<void>(tenant);
    Rows rows;
    Cells seqs;
    // Read as a whole: an index would cost every event something, and erasures are rare.
    query_in(connection, "SELECT seq FROM inbox_identity WHERE identity_id IN", {}, cells_of(keys),
             "", [&](const Row& row) {
               if (rows.try_emplace(row.number(0)).second) seqs.number(row.number(0));
             });
    query_in(connection, "SELECT seq, identity_id FROM inbox_identity WHERE seq IN", {}, seqs, "",
             [&](const Row& row) { rows[row.number(0)].push_back(key_at(row, 1)); });
    return rows;
  });
}

Result<std::optional<std::string>> SqlStore::erasure(TenantId tenant, const Uuid& id) {
  return reading([&](Connection& connection) -> Result<std::optional<std::string>> {
    std::optional<std::string> receipt;
    connection.query("SELECT receipt FROM erasure WHERE tenant_id = ? AND id = ?",
                     Cells().number(tenant).id(id.bytes).values(),
                     [&](const Row& row) { receipt = string_at(row, 0); });
    return receipt;
  });
}

Result<std::map<Uuid, std::pair<Uuid, std::int64_t>>> SqlStore::merged(TenantId tenant,
                                                                       std::span<const Uuid> ids) {
  using Merged = std::map<Uuid, std::pair<Uuid, std::int64_t>>;
  Cells members;
  for (const Uuid& id : ids) members.id(id.bytes);
  return reading([&](Connection& connection) -> Result<Merged> {
    Merged found;
    query_in(connection, "SELECT id, into_id, version FROM merged WHERE tenant_id = ? AND id IN",
             Cells().number(tenant), members, "", [&](const Row& row) {
               found[uuid_at(row, 0)] = {uuid_at(row, 1), row.number(2)};
             });
    return found;
  });
}

Result<std::vector<LineageEntry>> SqlStore::lineage(TenantId tenant, const Uuid& customer,
                                                    std::int64_t before, std::size_t limit) {
  return reading([&](Connection& connection) -> Result<std::vector<LineageEntry>> {
    std::map<std::int64_t, LineageEntry, std::greater<>> found;
    for (const std::string_view side : {"customer_id", "other_id"}) {
      std::string sql =
          "SELECT id, kind, customer_id, other_id, at, decision_id, identities FROM lineage"
          " WHERE tenant_id = ? AND ";
      sql.append(side).append(" = ? AND (? = 0 OR id < ?) ORDER BY id DESC LIMIT ?");
      connection.query(
          sql,
          Cells()
              .number(tenant)
              .id(customer.bytes)
              .number(before)
              .number(before)
              .number(static_cast<std::int64_t>(limit))
              .values(),
          [&](const Row& row) { found.emplace(row.number(0), lineage_at(tenant, row)); });
    }
    std::vector<LineageEntry> entries;
    for (auto& [id, entry] : found) {
      if (entries.size() < limit) entries.push_back(std::move(entry));
    }
    return entries;
  });
}

}  // namespace guanxi::store::sql
