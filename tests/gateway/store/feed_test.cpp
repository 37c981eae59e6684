#include <atomic>
#include <set>
#include <thread>

#include "tests/gateway/store/test_store.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

template <typename Driver>
NewInteraction interaction(const World<Driver>& world, const std::string& id, Time when) {
  Interaction one;
  one.type = "message";
  one.id = id;
  one.at = when;
  one.platform = "wecom";
  one.channel = "acme";
  one.party = person("wmA");
  one.direction = "inbound";
  one.fields = {{"content", "您好😀"}};
  one.seq = 3;
  one.pack = "2024-01-01";
  return {world.tenant, uuid(1), world->key_of(world.tenant, "interaction " + id),
          world.key(one.party), one};
}

template <typename Driver>
NewChange created(const World<Driver>& world, const NewInteraction& entry) {
  return {
      world.tenant, "interaction.created", "interaction", entry.interaction.id, entry.customer, 1,
      at(0)};
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
  batch.interactions.push_back(interaction(world, "m1", at(1)));
  batch.changes.push_back(created(world, batch.interactions[0]));
  REQUIRE(world->write(batch));
  batch.interactions.push_back(interaction(world, "m2", at(2)));
  batch.changes.push_back(created(world, batch.interactions[1]));
  batch.interactions.push_back(interaction(world, "m2", at(2)));
  REQUIRE(world->write(batch));
  const auto changes = world->changes(world.tenant, 0, 10).value();
  REQUIRE(changes.size() == 2);
  CHECK(changes[1].change.object_id == "m2");
  CHECK(changes[1].position == 2);
  CHECK(world->timeline(world.tenant, uuid(1), 10, "").value().interactions.size() == 2);
}

EVERY_STORE("the timeline is newest first, in pages that stay put while it grows") {
  const World<Driver> world;
  Batch batch;
  for (int i = 0; i < 7; ++i) {
    batch.interactions.push_back(interaction(world, "m" + std::to_string(i), at(i / 2)));
  }
  REQUIRE(world->write(batch));
  const auto first = world->timeline(world.tenant, uuid(1), 3, "").value();
  REQUIRE(first.interactions.size() == 3);
  CHECK(first.interactions[0] == batch.interactions[6].interaction);
  Batch more;
  more.interactions.push_back(interaction(world, "newest", at(100)));
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
  for (const char* nonsense : {"x", "1", "1.zz", ".", "1.00", "99999999999999999999.00"}) {
    CHECK(code_of(world->timeline(world.tenant, uuid(1), 3, nonsense)) == ErrorCode::malformed);
  }
}
