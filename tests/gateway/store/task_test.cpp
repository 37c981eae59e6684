#include "tests/gateway/store/test_store.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

using State = TaskOutcome::State;

template <typename Driver>
NewTask wanted(const World<Driver>& world, const std::string& id, std::int64_t cause = 1,
               Time due = at(0)) {
  return {world.tenant, world.acme, cause, "externalcontact.get", {{"external_userid", id}}, due};
}

template <typename Driver>
void want(const World<Driver>& world, std::vector<NewTask> tasks) {
  Batch batch;
  batch.tasks = std::move(tasks);
  REQUIRE(world->write(batch));
}

template <typename Driver>
Task claim(const World<Driver>& world, Time now = at(0)) {
  auto tasks = world->claim_tasks(now, now + Milliseconds(60'000), 10).value();
  REQUIRE(tasks.size() == 1);
  return tasks.front();
}

TaskOutcome outcome(State state, const char* answer = nullptr) {
  TaskOutcome result;
  result.state = state;
  if (answer) result.answer = answer;
  result.requested_at = at(1);
  return result;
}

}  // namespace

EVERY_STORE("a task is claimed when it is due, by one caller, until its lease ends") {
  const World<Driver> world;
  want(world, {wanted(world, "wmA", 42, at(5))});
  CHECK(world->next_task_due().value() == at(5));
  CHECK(world->claim_tasks(at(4), at(60), 10).value().empty());
  const auto tasks = world->claim_tasks(at(5), at(60), 10).value();
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0].tenant == world.tenant);
  CHECK(tasks[0].channel == world.acme);
  CHECK(tasks[0].cause == 42);
  CHECK(tasks[0].call == "externalcontact.get");
  CHECK(tasks[0].arguments == Json{{"external_userid", "wmA"}});
  CHECK(tasks[0].page.empty());
  CHECK(tasks[0].attempts == 0);
  CHECK(world->claim_tasks(at(59), at(100), 10).value().empty());
  CHECK(world->next_task_due().value() == at(60));
  const auto again = world->claim_tasks(at(60), at(100), 10).value();
  REQUIRE(again.size() == 1);
  CHECK(again[0].attempts == 1);
  CHECK(code_of(world->settle(tasks[0], outcome(State::done, "late"))) == ErrorCode::conflict);
  CHECK(world->pending(10, 1000).value().empty());
  CHECK(world->settle(again[0], outcome(State::done)));
  CHECK(code_of(world->settle(again[0], outcome(State::done))) == ErrorCode::conflict);
  CHECK(!world->next_task_due().value());
}

EVERY_STORE("tasks are claimed in the order in which they are due, as many as asked for") {
  const World<Driver> world;
  want(world,
       {wanted(world, "c", 1, at(3)), wanted(world, "a", 1, at(1)), wanted(world, "b", 1, at(2))});
  auto tasks = world->claim_tasks(at(9), at(60), 2).value();
  REQUIRE(tasks.size() == 2);
  for (const Task& task : tasks) CHECK(task.arguments["external_userid"] != "c");
  CHECK(world->backlog().value().tasks == 3);
}

EVERY_STORE("an answer is an inbox row, its pages one run") {
  const World<Driver> world;
  const std::int64_t cause = world.row("event");
  want(world, {wanted(world, "wmA", cause)});
  TaskOutcome first = outcome(State::next_page, "{\"page\":1}");
  first.next_page = "cursor";
  first.due_at = at(2);
  REQUIRE(world->settle(claim(world), first));
  const Task second = claim(world, at(2));
  CHECK(second.page == "cursor");
  CHECK(second.run != 0);
  REQUIRE(world->settle(second, outcome(State::done, "{\"page\":2}")));
  const auto rows = world->pending(10, 1000).value();
  REQUIRE(rows.size() == 3);
  CHECK(rows[1].kind == RowKind::answer);
  CHECK(rows[1].status == RowStatus::received);
  CHECK(rows[1].call == "externalcontact.get");
  CHECK(rows[1].arguments == Json{{"external_userid", "wmA"}});
  CHECK(rows[1].cause == cause);
  CHECK(rows[1].received_at == at(1));
  CHECK(rows[1].page.empty());
  CHECK(rows[1].run == rows[1].seq);
  CHECK(rows[2].page == "cursor");
  CHECK(rows[2].run == rows[1].run);
  const auto run = world->answers_of_run(world.acme, rows[1].run).value();
  REQUIRE(run.size() == 2);
  CHECK(run[0].bytes == "{\"page\":1}");
  CHECK(run[1].bytes == "{\"page\":2}");
  CHECK(world->answers_of_run(world.acme + 1, rows[1].run).value().empty());
}

EVERY_STORE("the same answer twice is two rows, since it was true at two times") {
  const World<Driver> world;
  want(world, {wanted(world, "wmA")});
  REQUIRE(world->settle(claim(world), outcome(State::done, "{}")));
  want(world, {wanted(world, "wmA", 2)});
  const Task task = claim(world);
  CHECK(task.cause == 2);
  REQUIRE(world->settle(task, outcome(State::done, "{}")));
  CHECK(world->pending(10, 1000).value().size() == 2);
}

EVERY_STORE("a task tried again keeps its page and counts its attempts") {
  const World<Driver> world;
  want(world, {wanted(world, "wmA")});
  TaskOutcome page = outcome(State::next_page, "one");
  page.next_page = "two";
  REQUIRE(world->settle(claim(world), page));
  TaskOutcome again = outcome(State::again);
  again.due_at = at(30);
  again.reason = "quota";
  REQUIRE(world->settle(claim(world), again));
  CHECK(world->claim_tasks(at(29), at(60), 10).value().empty());
  const Task task = claim(world, at(30));
  CHECK(task.page == "two");
  CHECK(task.attempts == 1);
  CHECK(task.run != 0);
}

EVERY_STORE("the same call is wanted once, whoever wants it") {
  const World<Driver> world;
  want(world, {wanted(world, "wmA", 1, at(9)), wanted(world, "wmA", 2, at(5))});
  want(world, {wanted(world, "wmA", 3, at(5))});
  CHECK(world->backlog().value().tasks == 1);
  CHECK(claim(world, at(5)).cause == 3);
}

EVERY_STORE("a call wanted for later than it is due is made twice") {
  const World<Driver> world;
  want(world, {wanted(world, "wmA", 1, at(0))});
  want(world, {wanted(world, "wmA", 2, at(9))});
  REQUIRE(world->settle(claim(world, at(0)), outcome(State::done, "early")));
  CHECK(world->next_task_due().value() == at(9));
  REQUIRE(world->settle(claim(world, at(9)), outcome(State::done, "late")));
  CHECK(!world->next_task_due().value());
}

EVERY_STORE("a task wanted again while it runs is due again, whatever became of it") {
  for (const State state : {State::done, State::dead}) {
    const World<Driver> world;
    want(world, {wanted(world, "wmA")});
    const Task task = claim(world);
    want(world, {wanted(world, "wmA", 2, at(3))});
    REQUIRE(world->settle(task, outcome(state, "old")));
    CHECK(world->next_task_due().value() == at(3));
    const Task next = claim(world, at(3));
    CHECK(next.page.empty());
    CHECK(next.attempts == 0);
    REQUIRE(world->settle(next, outcome(State::done, "new")));
    CHECK(!world->next_task_due().value());
  }
}

EVERY_STORE("a task wanted again between its pages starts over after the last") {
  const World<Driver> world;
  want(world, {wanted(world, "wmA")});
  TaskOutcome page = outcome(State::next_page, "one");
  page.next_page = "two";
  page.due_at = at(0);
  REQUIRE(world->settle(claim(world), page));
  want(world, {wanted(world, "wmA", 2, at(1))});
  REQUIRE(world->settle(claim(world, at(1)), outcome(State::done, "two")));
  const Task task = claim(world, at(1));
  CHECK(task.page.empty());
  CHECK(task.run == 0);
}

EVERY_STORE("a run begins where the last one said, until that place is forgotten") {
  const World<Driver> world;
  want(world, {wanted(world, "wmA")});
  Task task = claim(world);
  CHECK(task.kept.empty());
  TaskOutcome page = outcome(State::next_page, "one");
  page.next_page = "two";
  page.due_at = at(0);
  REQUIRE(world->settle(task, page));
  TaskOutcome last = outcome(State::done, "two");
  last.kept = "three";
  REQUIRE(world->settle(claim(world), last));

  want(world, {wanted(world, "wmA", 2, at(1))});
  task = claim(world, at(1));
  CHECK(task.page.empty());
  CHECK(task.kept == "three");
  TaskOutcome failed = outcome(State::again);
  failed.due_at = at(2);
  REQUIRE(world->settle(task, failed));
  task = claim(world, at(2));
  CHECK(task.kept == "three");
  failed.anew = true;
  REQUIRE(world->settle(task, failed));
  CHECK(claim(world, at(2)).kept.empty());
}

EVERY_STORE("arguments that tell no tasks apart join them, and the newest are used") {
  const World<Driver> world;
  const auto sync = [&](const char* token) {
    NewTask task = wanted(world, "wkA");
    task.arguments["token"] = token;
    task.latest = {"token"};
    return task;
  };
  want(world, {sync("old")});
  want(world, {sync("new")});
  CHECK(claim(world).arguments == Json{{"external_userid", "wkA"}, {"token", "new"}});
}

EVERY_STORE("a dead task stays dead until it is wanted again") {
  const World<Driver> world;
  want(world, {wanted(world, "wmA")});
  TaskOutcome dead = outcome(State::dead);
  dead.reason = "no permission";
  REQUIRE(world->settle(claim(world), dead));
  CHECK(world->backlog().value().dead_tasks == 1);
  const auto calls = world->calls_of(world.tenant, 1).value();
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].state == "dead");
  CHECK(calls[0].error == "no permission");
  CHECK(calls[0].attempts == 1);
  CHECK(world->calls_of(world.tenant + 1, 1).value().empty());
  CHECK(world->claim_tasks(at(999), at(1000), 10).value().empty());
  want(world, {wanted(world, "wmA", 2)});
  CHECK(world->backlog().value().dead_tasks == 0);
  CHECK(claim(world).attempts == 0);
}

EVERY_STORE("a payload that comes again wakes the finished calls that it wanted") {
  const World<Driver> world;
  const std::int64_t cause = world.row("event");
  want(world, {wanted(world, "wmA", cause), wanted(world, "wmB", cause + 1000)});
  const auto tasks = world->claim_tasks(at(0), at(60), 10).value();
  for (const Task& task : tasks) {
    REQUIRE(world->settle(task, outcome(State::done)));
  }
  std::vector again{world.payload("event")};
  again[0].received_at = at(70);
  CHECK(world.admit(again).duplicates.at(world.acme) == 1);
  CHECK(world->next_task_due().value() == at(70));
  const Task task = claim(world, at(70));
  CHECK(task.cause == cause);
  again[0].received_at = at(71);  // while it runs
  world.admit(again);
  REQUIRE(world->settle(task, outcome(State::done)));
  CHECK(world->next_task_due().value() == at(71));
}
