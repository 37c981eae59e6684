// Power cuts, full disks, lost connections, and calls whose outcome nobody knows.
#include <tuple>

#include "tests/gateway/store/test_store.h"
#include "tests/support/faulty_store.h"
#include "tests/support/unsynced_vfs.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

// Appends rows one by one, cuts the power and answers how many are there afterwards.
std::size_t rows_after_power_cut(const std::string& synchronous) {
  World<OnSqlite> world;
  world.store.reset();
  const std::string url = world.driver.url();
  auto store =
      open_store({url + "?vfs=" + unsynced_vfs() + "&synchronous=" + synchronous, kDataKey, 2});
  for (int i = 0; i < 20; ++i) {
    const std::vector payloads{world.payload("p" + std::to_string(i))};
    REQUIRE(store->append(payloads));
  }
  cut_power();
  CHECK(!store->append(std::vector{world.payload("too late")}));
  store.reset();
  return open_store({url, kDataKey, 2})->admit(100).value().stored;
}

// What a caller does who is told `unavailable` or `conflict`: the same again.
template <typename Call>
auto insist(const Call& call) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (auto answer = call()) return answer;
  }
  return call();
}

// Receives, reads, asks and stores an answer; sums up what came of it.
template <typename Driver>
Json whole_way(const World<Driver>& world, Store& store) {
  const std::vector payloads{world.payload("one"), world.payload("two")};
  std::ignore = insist([&] { return store.append(payloads); });
  std::ignore = insist([&] { return store.admit(10); });
  const auto rows = insist([&] { return store.pending(10, 1000); }).value();
  for (const InboxRow& row : rows) {
    Batch batch;
    RowMark mark;
    mark.seq = row.seq;
    mark.status = RowStatus::normalized;
    batch.marks.push_back(mark);
    batch.customers.push_back(world.write_of(customer(row.bytes == "one" ? 1 : 2, row.bytes)));
    batch.changes.push_back(world.change(batch.customers[0].customer));
    batch.tasks.push_back({world.tenant, world.acme, row.seq, "get", {{"id", row.bytes}}, at(0)});
    std::ignore = insist([&] { return store.write(batch); });
  }
  // A claim whose answer was lost leaves the tasks leased; they come back when the lease ends.
  for (int round = 0; round < 3; ++round) {
    const auto tasks = insist([&] {
                         return store.claim_tasks(at(100 * round), at(100 * round + 50), 10);
                       }).value();
    for (const Task& task : tasks) {
      TaskOutcome outcome;
      outcome.answer = "answer";
      std::ignore = insist([&] { return store.settle(task, outcome); });
    }
  }
  Json sum;
  const auto events = world->events(world.tenant, {}, {}, 0, 100).value();
  for (const InboxRow& row : events.rows) {
    sum.push_back({static_cast<int>(row.kind), static_cast<int>(row.status)});
  }
  const auto changes = world->changes(world.tenant, 0, 100).value();
  for (const ChangeRow& row : changes) {
    sum.push_back({row.position, row.change.object_id});
  }
  sum.push_back(world->customers(world.all()).value().customers.size());
  sum.push_back(world->backlog().value().tasks);
  return sum;
}

}  // namespace

TEST_CASE("what append() acknowledged survives a power cut") {
  CHECK(rows_after_power_cut("full") == 20);
}

TEST_CASE("without syncing, a power cut loses rows: the test above can fail") {
  CHECK(rows_after_power_cut("off") < 20);
}

TEST_CASE("a full disk is unavailable, loses nothing and is over when there is room") {
  World<OnSqlite> world;
  world.store.reset();
  world.store = open_store({world.driver.url() + "?vfs=" + unsynced_vfs(), kDataKey, 2});
  const std::vector first{world.payload("first")};
  const std::vector second{world.payload("second")};
  REQUIRE(world->append(first));
  set_disk_full(true);
  CHECK(code_of(world->append(second)) == ErrorCode::unavailable);
  Batch batch;
  batch.customers.push_back(world.write_of(customer(1, "李雷")));
  CHECK(code_of(world->write(batch)) == ErrorCode::unavailable);
  CHECK(code_of(world->admit(10)) == ErrorCode::unavailable);
  CHECK(world->backlog().value().waiting == 1);
  set_disk_full(false);
  CHECK(world.admit(second).stored == 2);
  CHECK(world->write(batch));
  CHECK(world->pending(10, 1000).value().size() == 2);
}

TEST_CASE("MariaDB killed and started again is used again by the next call") {
  const World<OnMariadb> world(3);
  const std::vector first{world.payload("first")};
  const std::vector second{world.payload("second")};
  REQUIRE(world->append(first));
  OnMariadb::server().stop();
  CHECK(code_of(world->append(second)) == ErrorCode::unavailable);
  CHECK(code_of(world->ping()) == ErrorCode::unavailable);
  OnMariadb::server().start();
  CHECK(world.admit(second).stored == 2);
  CHECK(world->pending(10, 1000).value().size() == 2);
  OnMariadb::server().stop();  // while nobody is looking
  OnMariadb::server().start();
  CHECK(world.admit(first).duplicates.at(world.acme) == 1);
  CHECK(world->ping());
}

EVERY_STORE("whichever call fails, done or not done, trying again ends the same") {
  Json expected;
  for (const auto when : {FaultyStore::When::before, FaultyStore::When::after}) {
    for (int n = 0;; ++n) {
      CAPTURE(n);
      REQUIRE(n < 100);
      const World<Driver> world;
      FaultyStore faulty(*world.store);
      faulty.fail_call(n, when);
      const Json sum = whole_way(world, faulty);
      if (expected.is_null()) expected = sum;
      CHECK(sum == expected);
      if (n > 0 && !faulty.has_failed()) break;
    }
  }
}
