#include "gateway/store/sql/batch_write.h"

#include <algorithm>
#include <set>

#include "gateway/store/sql/inbox.h"
#include "gateway/store/sql/known.h"
#include "gateway/store/sql/rows.h"
#include "gateway/store/sql/sql_store.h"
#include "gateway/store/sql/tasks.h"

namespace guanxi::store::sql {
namespace {

constexpr std::size_t kWordMax = 255;
constexpr std::size_t kErrorMax = 1000;

constexpr Insert kInsertReading{
    "INSERT INTO reading (seq, event, event_at, pack, error, worked_at)", 6,
    "{replace:seq} event = {new:event}, event_at = {new:event_at}, pack = {new:pack},"
    " error = {new:error}, worked_at = {new:worked_at}"};
constexpr Insert kInsertEvidence{
    "INSERT INTO evidence (a, b, seq, rule, tenant_id, trust, nature, at)", 8, "{keep:at}"};
constexpr Insert kInsertFact{"INSERT INTO fact (seq, subject, tenant_id, at, body)", 5,
                             "{replace:seq, subject} at = {new:at}, body = {new:body}"};
constexpr Insert kInsertNamed{"INSERT INTO inbox_identity (seq, identity_id)", 2, "{keep:seq}"};
// Assignments in this order: MySQL lets a later one see what an earlier one assigned.
constexpr Insert kInsertTask{
    "INSERT INTO task (tenant_id, channel_id, same, state, due_at, attempts, fence, run, cause,"
    " call_name, arguments, page, error)",
    13,
    "{replace:same}"
    " wanted_at = CASE WHEN ({old:task.state} = 1 OR ({old:task.state} = 0 AND"
    " {new:due_at} > {old:task.due_at})) AND COALESCE({old:task.wanted_at}, 0) < {new:due_at}"
    " THEN {new:due_at} ELSE {old:task.wanted_at} END,"
    " due_at = CASE WHEN {old:task.state} = 1 OR ({old:task.state} = 0 AND"
    " {old:task.due_at} < {new:due_at}) THEN {old:task.due_at} ELSE {new:due_at} END,"
    " attempts = CASE WHEN {old:task.state} >= 2 THEN 0 ELSE {old:task.attempts} END,"
    " error = CASE WHEN {old:task.state} >= 2 THEN '' ELSE {old:task.error} END,"
    " cause = {new:cause}, arguments = {new:arguments},"
    " state = CASE WHEN {old:task.state} >= 2 THEN 0 ELSE {old:task.state} END"};
constexpr Insert kInsertDrift{
    "INSERT INTO drift (id, tenant_id, channel_id, pack, kind, event, pointer, sample, times,"
    " first_at, last_at)",
    11,
    "{replace:id} times = {old:drift.times} + {new:times},"
    " first_at = CASE WHEN {new:first_at} < {old:drift.first_at} THEN {new:first_at}"
    " ELSE {old:drift.first_at} END,"
    " last_at = CASE WHEN {new:last_at} > {old:drift.last_at} THEN {new:last_at}"
    " ELSE {old:drift.last_at} END"};

bool has_sample_in_key(models::Drift::Kind kind) {
  return kind == models::Drift::Kind::unknown_value || kind == models::Drift::Kind::unknown_error;
}

std::string name_of(const models::Customer& customer) {
  const Json name = models::value_of(customer.fields, "name");
  return name.is_string() ? folded(name.get_ref<const std::string&>()) : std::string();
}

}  // namespace

BatchWrite::BatchWrite(const Batch& batch, const Vault& vault) : batch_(batch) {
  for (const RowMark& mark : batch.marks) {
    marks_[{mark.expected, mark.status}].emplace_back(mark.seq);
    readings_.number(mark.seq).text(clipped(mark.event, kWordMax));
    if (mark.event_at) {
      readings_.number(to_ms(*mark.event_at));
    } else {
      readings_.null();
    }
    readings_.text(clipped(mark.pack, kWordMax)).text(clipped(mark.error, kErrorMax));
    readings_.number(to_ms(mark.worked_at));
  }
  for (const NewIdentity& entry : batch.identities) {
    const auto& identity = entry.identity;
    identity_contents_.push_back(is_personal(identity) ? vault.seal(kIdentityPlace, identity.value)
                                                       : identity.value);
  }
  for (const EntityWrite& entry : batch.entities) {
    const std::string document = to_bytes(models::entity_state(entry.entity));
    entity_documents_.push_back(vault.seal(kEntityPlace, document));
  }
  seal_customers(vault);
  seal_rest(vault);
  list_drift(vault);
}

void BatchWrite::seal_customers(const Vault& vault) {
  for (const CustomerWrite& entry : batch_.customers) {
    const std::string document = customer_document(entry.customer);
    customer_documents_.push_back(vault.seal(kCustomerPlace, document));
    customer_names_.push_back(name_of(entry.customer));
    for (const models::Facet& facet : entry.gained) {
      gained_.emplace_back(facet_hash(vault, entry.tenant, facet), entry.customer.id);
    }
    for (const models::Facet& facet : entry.lost) {
      lost_.emplace_back(facet_hash(vault, entry.tenant, facet), entry.customer.id);
    }
  }
  // In the order of the index, whose pages then come one after another.
  std::ranges::sort(gained_);
  std::ranges::sort(lost_);
}

void BatchWrite::seal_rest(const Vault& vault) {
  for (const Evidence& entry : batch_.evidence) {
    evidence_.id(entry.a).id(entry.b).number(entry.seq).text(clipped(entry.rule, kWordMax));
    evidence_.number(entry.tenant).number(static_cast<int>(entry.trust)).number(entry.nature);
    evidence_.number(to_ms(entry.at));
  }
  for (const SubjectFacts& entry : batch_.facts) {
    facts_.number(entry.source.seq).id(entry.subject).number(entry.tenant);
    facts_.number(to_ms(entry.source.at));
    facts_.keep_bytes(vault.seal(kFactPlace, facts_document(entry)));
  }
  for (const RedactedRow& row : batch_.redacted) {
    redacted_payloads_.push_back(vault.seal(kPayloadPlace, row.bytes));
  }
  if (!batch_.redacted.empty()) no_arguments_ = vault.seal(kArgumentsPlace, "{}");
  for (const auto& [seq, key] : batch_.named) named_.number(seq).id(key);
  for (const NewTask& task : batch_.tasks) {
    Json telling = task.arguments;
    for (const std::string& name : task.latest) telling.erase(name);
    const auto same = task_hash(vault, task.channel, task.call, telling);
    tasks_.number(task.tenant).number(task.channel).keep_bytes({same.begin(), same.end()});
    tasks_.number(static_cast<int>(TaskState::waiting)).number(to_ms(task.due_at));
    tasks_.number(0).number(0).number(0).number(task.cause).text(task.call);
    tasks_.keep_bytes(vault.seal(kArgumentsPlace, to_bytes(task.arguments))).text("").text("");
  }
}

void BatchWrite::list_drift(const Vault& vault) {
  for (const DriftCount& entry : batch_.drift) {
    const models::Drift& drift = entry.drift;
    const auto id = vault.hash(
        "drift", {std::to_string(entry.channel), entry.pack,
                  std::to_string(static_cast<int>(drift.kind)), drift.event, drift.pointer,
                  has_sample_in_key(drift.kind) ? std::string_view(drift.sample) : ""});
    drift_.keep_bytes({id.begin(), id.end()}).number(entry.tenant).number(entry.channel);
    drift_.text(clipped(entry.pack, kWordMax)).number(static_cast<int>(drift.kind));
    drift_.text(clipped(drift.event, kWordMax)).text(clipped(drift.pointer, kErrorMax));
    drift_.text(clipped(drift.sample, kWordMax)).number(entry.count);
    drift_.number(to_ms(entry.at)).number(to_ms(entry.at));
  }
}

Result<void> BatchWrite::run(Connection& connection) const {
  if (auto done = mark_rows(connection); !done) return done;
  retract(connection);
  if (auto done = put_identities(connection); !done) return done;
  if (auto done = put_entities(connection); !done) return done;
  put_rest(connection);
  const std::int64_t decision = put_decisions(connection);
  put_suggestions(connection);
  put_lineage(connection, decision);
  erase(connection);
  return put_customers(connection);
}

std::size_t BatchWrite::mark_rows(Connection& connection, RowStatus from, RowStatus to,
                                  std::span<const Value> seqs) {
  const auto before = static_cast<int>(from);
  if (from == to) {
    // Databases disagree on whether a row that stays as it is was changed.
    std::set<std::int64_t> found;
    query_in(connection, "SELECT seq FROM inbox WHERE status + 0 = ? AND seq IN",
             Cells().number(before), seqs, "{for_update}",
             [&](const Row& row) { found.insert(row.number(0)); });
    return found.size();
  }
  // "+ 0" keeps the index on status, where others insert, out of this.
  const std::int64_t marked =
      execute_in(connection, "UPDATE inbox SET status = ? WHERE status + 0 = ? AND seq IN",
                 Cells().number(static_cast<int>(to)).number(before), seqs, "");
  return static_cast<std::size_t>(marked);
}

Result<void> BatchWrite::mark_rows(Connection& connection) const {
  for (const auto& [change, seqs] : marks_) {
    if (mark_rows(connection, change.first, change.second, seqs) != seqs.size()) {
      return fail(ErrorCode::conflict, "a row of the inbox was worked by somebody else");
    }
  }
  connection.insert(kInsertReading, readings_);
  return {};
}

void BatchWrite::put_rest(Connection& connection) const {
  connection.insert(kInsertEvidence, evidence_);
  connection.insert(kInsertFact, facts_);
  connection.insert(kInsertNamed, named_);
  connection.insert(kInsertTask, tasks_);
  connection.insert(kInsertDrift, drift_);
}

Result<void> SqlStore::write(const Batch& batch) {
  return writing_sealed(
      [&] { return BatchWrite(batch, vault_); },
      [](Connection& connection, const BatchWrite& prepared) { return prepared.run(connection); });
}

}  // namespace guanxi::store::sql
