#include "gateway/store/sql/batch_write.h"
#include "gateway/store/sql/keys.h"
#include "gateway/store/sql/rows.h"

namespace guanxi::store::sql {
namespace {

constexpr Insert kInsertSuggestion{
    "INSERT INTO suggestion (id, tenant_id, a, b, via, rejected, reason, trust, at, seq, rule)", 11,
    // A rejected one stays so, whatever is stated once more.
    "{keep:tenant_id}"};
constexpr Insert kInsertLineage{
    "INSERT INTO lineage (tenant_id, kind, customer_id, other_id, at, decision_id, identities)", 7,
    ""};
constexpr Insert kInsertDecided{"INSERT INTO decision_identity (identity_id, decision_id)", 2,
                                "{keep:identity_id}"};
constexpr Insert kInsertMerged{
    "INSERT INTO merged (tenant_id, id, into_id, version)", 4,
    "{replace:tenant_id, id} into_id = {new:into_id}, version = {new:version}"};

void add_uuid(Cells& cells, const Uuid& id) {
  if (id.is_nil()) {
    cells.null();
  } else {
    cells.id(id.bytes);
  }
}

// A suggestion is rejected, or is open again.
void reject(Connection& connection, TenantId tenant, const DecisionRecord& decision,
            bool rejected) {
  for (const Key& id : decision.one) {
    connection.execute("UPDATE suggestion SET rejected = ? WHERE tenant_id = ? AND id = ?",
                       Cells().number(rejected ? 1 : 0).number(tenant).id(id).values());
  }
}

}  // namespace

std::int64_t BatchWrite::put_decisions(Connection& connection) const {
  std::int64_t last = 0;
  for (const DecisionRecord& entry : batch_.decisions) {
    Cells cells;
    cells.number(entry.tenant).number(static_cast<int>(entry.kind)).number(to_ms(entry.at));
    cells.text(entry.by).number(entry.overrides ? 1 : 0);
    add_uuid(cells, entry.customer);
    add_uuid(cells, entry.into);
    std::vector<Key> keys = entry.one;
    keys.insert(keys.end(), entry.other.begin(), entry.other.end());
    cells.number(entry.takes_back);
    cells.keep_bytes(std::to_string(entry.one.size()) + "|" + keys_text(keys));
    connection.execute(
        "INSERT INTO decision (tenant_id, kind, at, made_by, overrides, customer_id, into_id,"
        " takes_back, sides) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        cells.values());
    const auto id = number_of(connection, "SELECT {last_id}", {});
    GUANXI_CHECK(id.has_value());
    last = *id;
    if (entry.kind == DecisionRecord::Kind::reject) reject(connection, entry.tenant, entry, true);
    if (entry.kind == DecisionRecord::Kind::take_back) {
      // Of a rejected suggestion: `one` names it.
      reject(connection, entry.tenant, entry, entry.overrides);
      continue;
    }
    Cells rows;
    for (const Key& key : keys) rows.id(key).number(*id);
    connection.insert(kInsertDecided, rows);
  }
  return last;
}

void BatchWrite::put_suggestions(Connection& connection) const {
  Cells concerned;
  for (const Key& key : batch_.reconsidered) concerned.id(key);
  for (const std::string_view side : {"a", "b", "via"}) {
    std::string sql = "DELETE FROM suggestion WHERE rejected = 0 AND ";
    sql.append(side).append(" IN");
    execute_in(connection, sql, {}, concerned, "");
  }
  Cells rows;
  for (const Suggestion& entry : batch_.suggestions) {
    rows.id(entry.id).number(entry.tenant).id(entry.a).id(entry.b);
    if (is_zero(entry.via)) {
      rows.null();
    } else {
      rows.id(entry.via);
    }
    rows.number(0).number(entry.reason).number(static_cast<int>(entry.trust));
    rows.number(to_ms(entry.at)).number(entry.seq).text(entry.rule);
  }
  connection.insert(kInsertSuggestion, rows);
}

void BatchWrite::put_lineage(Connection& connection, std::int64_t decision) const {
  Cells rows;
  for (const LineageEntry& entry : batch_.lineage) {
    rows.number(entry.tenant).number(static_cast<int>(entry.kind)).id(entry.customer.bytes);
    rows.id(entry.other.bytes).number(to_ms(entry.at)).number(entry.by_decision ? decision : 0);
    rows.keep_bytes(keys_text(entry.identities));
  }
  connection.insert(kInsertLineage, rows);
  Cells merged;
  for (const CustomerWrite& entry : batch_.customers) {
    if (entry.revived) {
      connection.execute("DELETE FROM merged WHERE tenant_id = ? AND id = ?",
                         Cells().number(entry.tenant).id(entry.customer.id.bytes).values());
    }
    if (entry.merged_into.is_nil()) continue;
    merged.number(entry.tenant).id(entry.customer.id.bytes).id(entry.merged_into.bytes);
    merged.number(entry.customer.version);
  }
  connection.insert(kInsertMerged, merged);
}

void BatchWrite::erase(Connection& connection) const {
  std::vector<Value> seqs;
  for (std::size_t i = 0; i < batch_.redacted.size(); ++i) {
    const RedactedRow& row = batch_.redacted[i];
    seqs.emplace_back(row.seq);
    connection.execute("UPDATE inbox SET payload = ? WHERE seq = ?",
                       Cells().bytes(redacted_payloads_[i]).number(row.seq).values());
    if (row.bytes.empty()) {
      connection.execute(
          "UPDATE inbox SET arguments = ?, page = '' WHERE seq = ? AND arguments IS NOT NULL",
          Cells().bytes(no_arguments_).number(row.seq).values());
    }
  }
  if (!batch_.erasure) return;
  // What was asked for because of these rows is not asked for any more.
  execute_in(connection, "DELETE FROM task WHERE cause IN", {}, seqs, "");
  const Erasure& erasure = *batch_.erasure;
  for (const Key& key : erasure.identities) {
    for (const std::string_view statement :
         {"DELETE FROM fact WHERE subject = ?", "DELETE FROM history WHERE subject = ?",
          "DELETE FROM evidence WHERE a = ?", "DELETE FROM evidence WHERE b = ?",
          "DELETE FROM suggestion WHERE a = ?", "DELETE FROM suggestion WHERE b = ?",
          "DELETE FROM suggestion WHERE via = ?",
          "DELETE FROM decision_identity WHERE identity_id = ?",
          "DELETE FROM inbox_identity WHERE identity_id = ?"}) {
      connection.execute(statement, Cells().id(key).values());
    }
    connection.execute(
        "UPDATE identity SET content = ?, sealed = 0, customer_id = NULL, contest = 0,"
        " stated_by = NULL, erased_at = ? WHERE id = ? AND tenant_id = ?",
        Cells().bytes("").number(to_ms(erasure.at)).id(key).number(erasure.tenant).values());
  }
  const auto scrub = [&](std::string_view statement) {
    connection.execute(statement,
                       Cells().number(erasure.tenant).id(erasure.customer.bytes).values());
  };
  scrub(
      "UPDATE feed_change SET object_id = '', details = NULL WHERE tenant_id = ? AND"
      " customer_id = ? AND object_type <> 'customer'");
  scrub("UPDATE feed_change SET details = NULL WHERE tenant_id = ? AND customer_id = ?");
  scrub("DELETE FROM lineage WHERE tenant_id = ? AND customer_id = ?");
  scrub("DELETE FROM lineage WHERE tenant_id = ? AND other_id = ?");
  connection.execute(
      "INSERT INTO erasure (id, tenant_id, customer_id, at, receipt) VALUES (?, ?, ?, ?, ?)",
      Cells()
          .id(erasure.id.bytes)
          .number(erasure.tenant)
          .id(erasure.customer.bytes)
          .number(to_ms(erasure.at))
          .text(erasure.receipt)
          .values());
}

}  // namespace guanxi::store::sql
