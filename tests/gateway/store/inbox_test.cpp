#include <atomic>
#include <map>
#include <thread>

#include "tests/gateway/store/test_store.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

std::vector<std::string> bytes_of(const std::vector<InboxRow>& rows) {
  std::vector<std::string> bytes;
  for (const InboxRow& row : rows) bytes.push_back(row.bytes);
  return bytes;
}

RowMark mark(std::int64_t seq, RowStatus status) {
  RowMark mark;
  mark.seq = seq;
  mark.status = status;
  mark.event = "event/change_external_contact/add_external_contact";
  mark.event_at = at(-5);
  mark.pack = "2024-01-01";
  mark.error = status == RowStatus::dead ? "not XML" : "";
  mark.worked_at = at(1);
  return mark;
}

}  // namespace

EVERY_STORE("payloads come back in order of receipt, byte for byte") {
  const World<Driver> world;
  const std::string binary("\0\xff\x80'\"\\%_;--\n", 13);
  const std::vector payloads{world.payload(binary), world.payload("𠮷野家 😀"), world.payload("")};
  REQUIRE(world->append(payloads));
  CHECK(world->pending(10, 1000).value().empty());
  const auto admitted = world->admit(10).value();
  CHECK(admitted.stored == 3);
  CHECK(admitted.duplicates.empty());
  const auto rows = world->pending(10, 1000).value();
  CHECK(bytes_of(rows) == std::vector<std::string>{binary, "𠮷野家 😀", ""});
  const InboxRow& row = rows.at(1);
  CHECK(row.tenant == world.tenant);
  CHECK(row.channel == world.acme);
  CHECK(row.kind == RowKind::payload);
  CHECK(row.status == RowStatus::received);
  CHECK(row.received_at == kNow);
  CHECK(row.recipe == "current");
  CHECK(row.format == "xml");
  CHECK(row.arguments.is_null());
  CHECK(row.cause == 0);
}

EVERY_STORE("ten copies of a payload are one, appended together, apart or later") {
  const World<Driver> world;
  const std::vector<NewPayload> copies(9, world.payload("same"));
  REQUIRE(world->append(copies));
  REQUIRE(world->append(std::vector{world.payload("same")}));
  const auto first = world->admit(100).value();
  CHECK(first.stored == 1);
  CHECK(first.duplicates == std::map<ChannelId, std::size_t>{{world.acme, 9}});
  const auto second = world.admit(
      std::vector{world.payload("same"), world.payload("Same"), world.payload("same ")});
  CHECK(second.stored == 2);
  CHECK(second.duplicates == std::map<ChannelId, std::size_t>{{world.acme, 1}});
  CHECK(world->pending(100, 1000).value().size() == 3);
}

EVERY_STORE(
    "any number of payloads is appended and admitted whole, with copies among them or none") {
  const World<Driver> world;
  std::size_t rows = 0;
  for (const std::size_t count : {1, 2, 63, 64, 65, 130}) {
    for (const std::size_t every : {1, 2}) {
      std::vector<NewPayload> payloads;
      for (std::size_t i = 0; i < count; ++i) {
        payloads.push_back(world.payload(std::to_string(count) + '/' + std::to_string(i * every)));
      }
      // Of the second round, those with an even number stood there before.
      const std::size_t fresh = every == 1 ? count : count - (count + 1) / 2;
      CHECK(world.admit(payloads).stored == fresh);
      rows += fresh;
      CHECK(world->pending(1000, 1 << 20).value().size() == rows);
    }
  }
}

EVERY_STORE(
    "about as many are admitted at once as are asked for, in the order in which they came") {
  const World<Driver> world;
  std::vector<std::string> expected;
  for (int i = 0; i < 200; ++i) {
    std::vector<NewPayload> payloads;
    for (int k = 0; k <= i % 3; ++k) {
      payloads.push_back(world.payload(std::to_string(i) + '/' + std::to_string(k)));
      expected.push_back(payloads.back().bytes);
    }
    REQUIRE(world->append(payloads));
  }
  std::size_t admitted = 0;
  while (const std::size_t stored = world->admit(100).value().stored) {
    CHECK(stored <= 102);
    admitted += stored;
    CHECK(world->pending(1000, 1 << 20).value().size() == admitted);
  }
  CHECK(bytes_of(world->pending(1000, 1 << 20).value()) == expected);
}

EVERY_STORE("the same bytes in two channels are two payloads") {
  const World<Driver> world;
  const auto other = world->register_channel("default", "beta", "wecom", kNow).value();
  std::vector payloads{world.payload("same"), world.payload("same")};
  payloads[1].channel = other.id;
  CHECK(world.admit(payloads).stored == 2);
}

EVERY_STORE("copies that arrive in several threads and processes at once are one") {
  const World<Driver> world;
  const auto second = world.open();
  std::vector<NewPayload> payloads;
  for (int i = 0; i < 50; ++i) payloads.push_back(world.payload("p" + std::to_string(i)));
  std::atomic<std::size_t> stored = 0;
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Store& mine = t % 2 == 0 ? *world.store : *second;
      std::vector<NewPayload> shuffled = payloads;
      std::rotate(shuffled.begin(), shuffled.begin() + 12 * t, shuffled.end());
      for (const NewPayload& payload : shuffled) {
        const auto admitted = mine.append(std::span(&payload, 1))
                                  ? mine.admit(10)
                                  : Result<Admitted>(fail(ErrorCode::unavailable, ""));
        if (admitted) {
          stored += admitted->stored;
        } else {
          ++failures;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  CHECK(stored == 50);
  CHECK(world->pending(1000, 1 << 20).value().size() == 50);
}

EVERY_STORE("pending rows are bounded in number and bytes, but never none") {
  const World<Driver> world;
  std::vector<NewPayload> payloads;
  for (int i = 0; i < 150; ++i) {
    payloads.push_back(world.payload(std::string(1000, 'x') + std::to_string(i)));
  }
  world.admit(payloads);
  CHECK(world->pending(100, 1 << 20).value().size() == 100);
  CHECK(world->pending(1000, 1 << 20).value().size() == 150);
  CHECK(world->pending(100, 10'000).value().size() <= 11);
  CHECK(world->pending(100, 10'000).value().size() >= 9);
  CHECK(world->pending(100, 1).value().size() == 1);
}

EVERY_STORE("payloads of a megabyte are kept, many at once") {
  const World<Driver> world;
  std::vector<NewPayload> payloads;
  for (int i = 0; i < 20; ++i) {
    payloads.push_back(world.payload(std::string(1 << 20, static_cast<char>('a' + i))));
  }
  REQUIRE(world->append(payloads));
  while (world->admit(100).value().stored > 0) {
  }
  const auto rows = world->pending(20, 1 << 30).value();
  REQUIRE(rows.size() == 20);
  CHECK(rows[19].bytes == payloads[19].bytes);
}

EVERY_STORE("a worked row is no longer pending and tells how it was read") {
  const World<Driver> world;
  const std::int64_t seq = world.row("one");
  Batch batch;
  batch.marks.push_back(mark(seq, RowStatus::normalized));
  REQUIRE(world->write(batch));
  CHECK(world->pending(10, 1000).value().empty());
  const auto row = world->event(world.tenant, seq).value();
  REQUIRE(row);
  CHECK(row->status == RowStatus::normalized);
  CHECK(row->event == batch.marks[0].event);
  CHECK(row->event_at == at(-5));
  CHECK(row->pack == "2024-01-01");
  CHECK(row->worked_at == at(1));
  CHECK(row->bytes == "one");
}

EVERY_STORE(
    "a row that somebody else has worked is a conflict, and nothing of the batch is written") {
  const World<Driver> world;
  const std::int64_t seq = world.row("one");
  Batch batch;
  batch.marks.push_back(mark(seq, RowStatus::normalized));
  REQUIRE(world->write(batch));
  batch.customers.push_back(world.write_of(customer(1, "李雷")));
  CHECK(code_of(world->write(batch)) == ErrorCode::conflict);
  CHECK(world->customers(world.all()).value().customers.empty());
}

EVERY_STORE("events are listed newest first, by status and channel, page by page") {
  const World<Driver> world;
  const auto beta = world->register_channel("default", "beta", "wecom", kNow).value();
  std::vector<std::int64_t> seqs;
  for (int i = 0; i < 6; ++i) seqs.push_back(world.row("p" + std::to_string(i)));
  std::vector other{world.payload("b")};
  other[0].channel = beta.id;
  world.admit(other);
  Batch batch;
  batch.marks.push_back(mark(seqs[1], RowStatus::dead));
  batch.marks.push_back(mark(seqs[3], RowStatus::dead));
  REQUIRE(world->write(batch));

  const auto all = world->events(world.tenant, {}, {}, 0, 4).value();
  REQUIRE(all.rows.size() == 4);
  CHECK(all.rows[0].channel == beta.id);
  CHECK(all.rows[0].bytes.empty());
  CHECK(all.next == all.rows[3].seq);
  const auto rest = world->events(world.tenant, {}, {}, all.next, 4).value();
  CHECK(rest.rows.size() == 3);
  CHECK(rest.next == 0);
  const auto dead = world->events(world.tenant, RowStatus::dead, {}, 0, 10).value();
  REQUIRE(dead.rows.size() == 2);
  CHECK(dead.rows[0].seq == seqs[3]);
  CHECK(dead.rows[0].error == "not XML");
  CHECK(world->events(world.tenant, {}, beta.id, 0, 10).value().rows.size() == 1);
}

EVERY_STORE("rows of one tenant are invisible to another") {
  const World<Driver> world;
  const std::int64_t seq = world.row("one");
  const TenantId other = world->tenant("other", kNow).value();
  CHECK(other != world.tenant);
  CHECK(world->events(other, {}, {}, 0, 10).value().rows.empty());
  CHECK(!world->event(other, seq).value());
}

EVERY_STORE("texts longer than their columns are cut at a character") {
  const World<Driver> world;
  const std::int64_t seq = world.row("one");
  Batch batch;
  batch.marks.push_back(mark(seq, RowStatus::unmapped));
  std::string name = "x";
  for (int i = 0; i < 200; ++i) name += "事";
  batch.marks[0].event = name;
  REQUIRE(world->write(batch));
  const auto row = world->event(world.tenant, seq).value().value();
  CHECK(row.event == name.substr(0, 253));
}

EVERY_STORE("payloads of several tenants that are appended together keep their tenants") {
  const World<Driver> world;
  const auto other = world->register_channel("other", "omega", "wecom", kNow).value();
  std::vector payloads{world.payload("a"), world.payload("b"), world.payload("c")};
  payloads[1].tenant = other.tenant;
  payloads[1].channel = other.id;
  REQUIRE(world->append(payloads));
  CHECK(world->backlog(world.tenant).value().waiting == 2);
  CHECK(world->backlog(other.tenant).value().waiting == 1);
  CHECK(world->admit(10).value().stored == 3);
  CHECK(world->events(world.tenant, {}, {}, 0, 10).value().rows.size() == 2);
  CHECK(world->events(other.tenant, {}, {}, 0, 10).value().rows.size() == 1);
  CHECK(world->backlog(other.tenant).value().waiting == 1);
}

EVERY_STORE("the backlog counts what waits to be admitted or worked") {
  const World<Driver> world;
  const std::int64_t seq = world.row("one");
  REQUIRE(world->append(std::vector{world.payload("two")}));
  CHECK(world->backlog().value().waiting == 2);
  Batch batch;
  batch.marks.push_back(mark(seq, RowStatus::none));
  REQUIRE(world->write(batch));
  CHECK(world->backlog().value().waiting == 1);
}
