#include <array>

#include "gateway/store/sql/inbox.h"
#include "gateway/store/sql/rows.h"
#include "gateway/store/sql/sql_store.h"
#include "gateway/store/sql/tasks.h"

namespace guanxi::store::sql {
namespace {

constexpr std::size_t kErrorMax = 1000;
constexpr std::array<std::string_view, 4> kStateTexts{"waiting", "running", "done", "dead"};
constexpr std::string_view kDue =
    "SELECT id FROM task WHERE state IN (0, 1) AND due_at <= ? ORDER BY due_at LIMIT ? ";

Task task_of(const Vault& vault, const Row& row) {
  return {row.number(0),
          static_cast<TenantId>(row.number(1)),
          static_cast<ChannelId>(row.number(2)),
          row.number(3),
          string_at(row, 4),
          json_from(unsealed(vault, kArgumentsPlace, row.text(5))),
          string_at(row, 6),
          row.number(7),
          static_cast<int>(row.number(8)),
          row.number(9),
          row.is_null(10) ? std::string() : string_at(row, 10)};
}

std::vector<Value> due_tasks(Connection& connection, Time now, std::size_t limit,
                             std::string_view lock) {
  std::vector<Value> ids;
  connection.query(std::string(kDue).append(lock),
                   Cells().number(to_ms(now)).number(static_cast<std::int64_t>(limit)).values(),
                   [&](const Row& row) { ids.emplace_back(row.number(0)); });
  return ids;
}

// A lease that ran out counts as an attempt: a call that kills its caller must not go on for ever.
// A run that starts now reads all that was to be read by now.
void lease_tasks(Connection& connection, std::span<const Value> ids, Time now, Time until) {
  execute_in(connection,
             "UPDATE task SET attempts = CASE WHEN state = 1 THEN attempts + 1 ELSE attempts END,"
             " wanted_at = CASE WHEN page = '' AND wanted_at <= ? THEN NULL ELSE wanted_at END,"
             " fence = fence + 1, state = 1, due_at = ? WHERE id IN",
             Cells().number(to_ms(now)).number(to_ms(until)), ids, "");
}

struct Leased {
  std::int64_t run = 0;
  std::optional<std::int64_t> wanted_at;
};

std::optional<Leased> leased(Connection& connection, const Task& task) {
  std::optional<Leased> found;
  connection.query(
      "SELECT run, wanted_at FROM task WHERE id = ? AND state = 1 AND fence = ? {for_update}",
      Cells().number(task.id).number(task.fence).values(), [&](const Row& row) {
        found = Leased{row.number(0), {}};
        if (!row.is_null(1)) found->wanted_at = row.number(1);
      });
  return found;
}

struct SealedAnswer {
  std::string arguments;
  std::string payload;
  Key dedupe{};
};

// Adds the answer's inbox row; the pages of one run share the number of their first row.
std::int64_t add_answer(Connection& connection, const Task& task, const TaskOutcome& outcome,
                        const SealedAnswer& answer, std::int64_t run) {
  Cells row;
  row.number(task.tenant).number(task.channel).number(static_cast<int>(RowKind::answer)).number(0);
  row.number(to_ms(outcome.requested_at)).text("").text("").id(answer.dedupe).text(task.call);
  row.bytes(answer.arguments).text(task.page).number(task.cause).number(run).bytes(answer.payload);
  connection.insert({"INSERT INTO inbox (tenant_id, channel_id, kind, shard, received_at, recipe,"
                     " format, dedupe, call_name, arguments, page, cause, run, payload)",
                     14, ""},
                    row);
  const std::int64_t seq = number_of(connection, "SELECT {last_id}", {}).value();
  if (run == 0) {
    run = seq;
    connection.execute("UPDATE inbox SET run = ? WHERE seq = ?",
                       Cells().number(run).number(seq).values());
  }
  connection.insert({"INSERT INTO answer (run, seq)", 2, ""}, Cells().number(run).number(seq));
  return run;
}

// What becomes of a task; for done and dead tasks that were wanted again meanwhile: due again.
Cells settled(const Task& task, const TaskOutcome& outcome, const Leased& lease, std::int64_t run) {
  using State = TaskOutcome::State;
  const bool ends = outcome.state == State::done || outcome.state == State::dead;
  const bool goes_on = outcome.state == State::next_page;
  const bool is_wanted = ends && lease.wanted_at.has_value();
  TaskState state = TaskState::waiting;
  if (ends && !is_wanted) {
    state = outcome.state == State::done ? TaskState::done : TaskState::dead;
  }
  Cells values;
  values.number(static_cast<int>(state));
  values.number(is_wanted ? *lease.wanted_at : to_ms(outcome.due_at));
  if (ends || !lease.wanted_at) {
    values.null();
  } else {
    values.number(*lease.wanted_at);
  }
  const bool has_failed = outcome.state == State::again || state == TaskState::dead;
  values.number(has_failed ? task.attempts + (outcome.tried ? 1 : 0) : 0);
  const bool keeps_page = goes_on || (outcome.state == State::again && !outcome.anew);
  values.number(keeps_page ? run : 0);
  values.text(goes_on ? outcome.next_page : keeps_page ? task.page : std::string_view{});
  const bool keeps_anew = outcome.state == State::done || outcome.anew;
  values.number(keeps_anew ? 1 : 0).text(outcome.kept);
  values.text(clipped(outcome.reason, kErrorMax)).number(task.id);
  return values;
}

}  // namespace

Vault::Hash task_hash(const Vault& vault, ChannelId channel, std::string_view call,
                      const Json& arguments) {
  return vault.hash("task", {std::to_string(channel), call, to_bytes(arguments)});
}

Result<std::vector<Task>> SqlStore::claim_tasks(Time now, Time lease_until, std::size_t limit) {
  // Asked often and mostly in vain, so a look comes before the write lock.
  const auto due = reading([&](Connection& connection) -> Result<std::vector<Value>> {
    return due_tasks(connection, now, 1, "");
  });
  if (!due) return tl::unexpected(due.error());
  if (due->empty()) return std::vector<Task>{};
  return writing(Urgency::other, [&](Connection& connection) -> Result<std::vector<Task>> {
    const auto ids = due_tasks(connection, now, limit, "{for_update}");
    lease_tasks(connection, ids, now, lease_until);
    std::vector<Task> tasks;
    query_in(connection,
             "SELECT id, tenant_id, channel_id, cause, call_name, arguments, page, run, attempts,"
             " fence, kept FROM task WHERE id IN",
             {}, ids, "", [&](const Row& row) { tasks.push_back(task_of(vault_, row)); });
    return tasks;
  });
}

Result<void> SqlStore::settle(const Task& task, const TaskOutcome& outcome) {
  const auto seal = [&]() -> SealedAnswer {
    if (!outcome.answer) return {};
    return {
        vault_.seal(kArgumentsPlace, to_bytes(task.arguments)),
        vault_.seal(kPayloadPlace, *outcome.answer),
        dedupe_of(static_cast<std::uint32_t>(to_ms(outcome.requested_at) / 1000),
                  vault_.hash("answer", {std::to_string(task.id), std::to_string(task.fence)}))};
  };
  return writing_sealed(
      seal, [&](Connection& connection, const SealedAnswer& answer) -> Result<void> {
        const auto lease = leased(connection, task);
        if (!lease)
          return fail(ErrorCode::conflict, "the task was given to somebody else meanwhile");
        std::int64_t run = lease->run;
        if (outcome.answer) run = add_answer(connection, task, outcome, answer, run);
        // The answer of a first page that has to be asked for again begins no run.
        if (outcome.state == TaskOutcome::State::again) run = lease->run;
        connection.execute(
            "UPDATE task SET state = ?, due_at = ?, wanted_at = ?, attempts = ?, run = ?,"
            " page = ?, kept = CASE ? WHEN 0 THEN kept ELSE ? END, error = ? WHERE id = ?",
            settled(task, outcome, *lease, run));
        return {};
      });
}

Result<std::vector<CallRecord>> SqlStore::calls_of(TenantId tenant, std::int64_t seq) {
  return reading([&](Connection& connection) -> Result<std::vector<CallRecord>> {
    std::vector<CallRecord> calls;
    connection.query(
        "SELECT call_name, state, attempts, due_at, error FROM task WHERE cause = ? AND"
        " tenant_id = ? ORDER BY id",
        Cells().number(seq).number(tenant).values(), [&](const Row& row) {
          calls.push_back(
              {string_at(row, 0), kStateTexts.at(static_cast<std::size_t>(row.number(1))),
               static_cast<int>(row.number(2)), from_ms(row.number(3)), string_at(row, 4)});
        });
    return calls;
  });
}

Result<std::optional<Time>> SqlStore::next_task_due() {
  return reading([](Connection& connection) -> Result<std::optional<Time>> {
    const auto due =
        number_of(connection,
                  "SELECT MIN(t.due) FROM (SELECT MIN(due_at) AS due FROM task WHERE"
                  " state = 0 UNION ALL SELECT MIN(due_at) FROM task WHERE state = 1) t",
                  {});
    if (!due) return std::optional<Time>{};
    return std::optional(from_ms(*due));
  });
}

}  // namespace guanxi::store::sql
