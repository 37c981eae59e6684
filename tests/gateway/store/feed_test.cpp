#include <atomic>
#include <set>
#include <thread>

#include "tests/gateway/store/test_store.h"
#include "tests/support/timeline.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

// Of one customer, each time in a row of its own.
template <typename Driver>
Interaction message(const World<Driver>& world, Batch& batch, const std::string& id, Time when) {
  static std::int64_t rows = 0;
  return say(*world.store, world.tenant, batch, person("wmA"), uuid(1),
             {id, when, ++rows, "您好😀"});
}

template <typename Driver>
NewChange created(const World<Driver>& world, const NewInteraction& entry) {
  return {world.tenant, "interaction.created", "interaction", entry.id, entry.customer, 1, at(0)};
}

}  // namespace

EVERY_STORE("changes come back in the order in which they were written") {
  const World<Driver> world;
  world.add(customer(1, "李雷"));
  world.add(customer(2, "韩梅梅"));
  const auto all = world->changes(world.tenant, 0, 10).value();
  REQUIRE(all.size() == 2);
  CHECK(all[0].position == 1);
  CHECK(all[1].position == 2);
  CHECK(all[1].change.type == "customer.created");
  CHECK(all[1].change.object_type == "customer");
  CHECK(all[1].change.object_id == format_uuid(uuid(2)));
  CHECK(all[1].change.customer == uuid(2));
  CHECK(all[1].change.version == 1);
  CHECK(all[1].change.at == at(2));
  CHECK(world->changes(world.tenant, 1, 10).value().size() == 1);
  CHECK(world->changes(world.tenant, 0, 1).value().size() == 1);
}

EVERY_STORE("each tenant has a feed of its own") {
  const World<Driver> world;
  const TenantId other = world->tenant("other", kNow).value();
  Batch batch;
  batch.changes.push_back(world.change(customer(1, "")));
  batch.changes.push_back(world.change(customer(2, "")));
  batch.changes[1].tenant = other;
  REQUIRE(world->write(batch));
  REQUIRE(world->write(batch));
  const auto feed = world->changes(other, 0, 10).value();
  REQUIRE(feed.size() == 2);
  CHECK(feed[0].position == 1);
  CHECK(feed[1].position == 2);
  CHECK(feed[0].change.customer == uuid(2));
}

// Whoever reads position n has read all positions below it, or they would be lost for him.
EVERY_STORE("a reader never misses a change while four writers write") {
  constexpr int kWriters = 4;
  constexpr int kBatches = 40;
  const World<Driver> world(kWriters + 1);
  std::atomic<int> failures = 0;
  std::atomic<int> running = kWriters;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < kBatches; ++i) {
        Batch batch;
        for (int c = 0; c <= i % 3; ++c) batch.changes.push_back(world.change(customer(w, "")));
        if (!world->write(batch)) ++failures;
      }
      --running;
    });
  }
  std::int64_t position = 0;
  std::int64_t seen = 0;
  bool is_gapless = true;
  for (bool is_last = false; !is_last;) {
    is_last = running == 0;
    const auto rows = world->changes(world.tenant, position, 1000);
    REQUIRE(rows);
    for (const ChangeRow& row : *rows) {
      is_gapless = is_gapless && row.position == position + 1;
      position = row.position;
      ++seen;
    }
  }
  for (std::thread& writer : writers) writer.join();
  CHECK(failures == 0);
  CHECK(is_gapless);
  CHECK(seen == kWriters * (13 * 6 + 1));
}

EVERY_STORE("an interaction known before is neither stored nor announced again") {
  const World<Driver> world;
  Batch batch;
  message(world, batch, "m1", at(1));
  batch.changes.push_back(created(world, batch.interactions[0]));
  REQUIRE(world->write(batch));
  Batch again;
  message(world, again, "m1", at(2));
  again.changes.push_back(created(world, again.interactions[0]));
  message(world, again, "m2", at(2));
  again.changes.push_back(created(world, again.interactions[1]));
  message(world, again, "m2", at(2));
  REQUIRE(world->write(again));
  const auto changes = world->changes(world.tenant, 0, 10).value();
  REQUIRE(changes.size() == 2);
  CHECK(changes[1].change.object_id == "m2");
  CHECK(changes[1].position == 2);
  const auto shown = world->timeline(world.tenant, uuid(1), 10, "").value().interactions;
  REQUIRE(shown.size() == 2);
  CHECK(shown[1].at == at(1));
  // What said it again is a fact all the same.
  const std::vector subjects{world.key(person("wmA"))};
  CHECK(world->facts_of(world.tenant, subjects).value().size() == 4);
}

EVERY_STORE("a timeline is that of all identities of the customer") {
  const World<Driver> world;
  Batch batch;
  std::vector<std::string> expected;
  for (int i = 0; i < 9; ++i) {
    // Three identities, whose interactions stand at the same three moments.
    const Said said{"m" + std::to_string(i), at(i / 3), i, "hello"};
    say(*world.store, world.tenant, batch, person("wm" + std::to_string(i % 3)), uuid(1), said);
    expected.insert(expected.begin(), said.id);
  }
  say(*world.store, world.tenant, batch, person("wmElse"), uuid(2), {"other", at(1), 9, "hello"});
  // Of one row at one moment: two identities.
  for (const char* value : {"wm0", "wm1"}) {
    const Said said{std::string("twin ") + value, at(9), 20, "hello"};
    say(*world.store, world.tenant, batch, person(value), uuid(1), said);
  }
  REQUIRE(world->write(batch));
  for (const std::size_t limit : {1u, 2u, 4u, 20u}) {
    CAPTURE(limit);
    std::vector<std::string> ids;
    std::string next;
    do {
      const auto page = world->timeline(world.tenant, uuid(1), limit, next).value();
      CHECK(page.interactions.size() <= limit);
      for (const auto& one : page.interactions) ids.push_back(one.id);
      next = page.next;
    } while (!next.empty());
    REQUIRE(ids.size() == 11);
    CHECK(std::set(ids.begin(), ids.begin() + 2) == std::set<std::string>{"twin wm0", "twin wm1"});
    CHECK(std::vector(ids.begin() + 2, ids.end()) == expected);
  }
}

EVERY_STORE("the timeline is newest first, in pages that stay put while it grows") {
  const World<Driver> world;
  Batch batch;
  Interaction newest;
  for (int i = 0; i < 7; ++i) newest = message(world, batch, "m" + std::to_string(i), at(i / 2));
  REQUIRE(world->write(batch));
  const auto first = world->timeline(world.tenant, uuid(1), 3, "").value();
  REQUIRE(first.interactions.size() == 3);
  CHECK(first.interactions[0] == newest);
  Batch more;
  message(world, more, "newest", at(100));
  REQUIRE(world->write(more));
  std::set<std::string> ids;
  for (const auto& one : first.interactions) ids.insert(one.id);
  for (std::string next = first.next; !next.empty();) {
    const auto page = world->timeline(world.tenant, uuid(1), 3, next).value();
    for (const auto& one : page.interactions) CHECK(ids.insert(one.id).second);
    next = page.next;
  }
  CHECK(ids.size() == 7);
  const TenantId other = world->tenant("other", kNow).value();
  CHECK(world->timeline(other, uuid(1), 3, "").value().interactions.empty());
  for (const char* nonsense :
       {"x", "1", "1.2.3.zz", "...", "1.2.3.00", "99999999999999999999.1.1.00"}) {
    CHECK(code_of(world->timeline(world.tenant, uuid(1), 3, nonsense)) == ErrorCode::malformed);
  }
}
