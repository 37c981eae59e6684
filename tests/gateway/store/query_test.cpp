#include "tests/gateway/store/test_store.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

using Kind = Facet::Kind;

template <typename Driver>
std::vector<int> all_pages(const World<Driver>& world, CustomerQuery query) {
  std::vector<int> numbers;
  do {
    const auto page = world->customers(query).value();
    CHECK(page.customers.size() <= query.limit);
    for (const Customer& found : page.customers) {
      numbers.push_back(found.id.bytes[15] + 256 * found.id.bytes[14]);
    }
    query.after = page.next;
  } while (!query.after.empty());
  return numbers;
}

using Numbers = std::vector<int>;

}  // namespace

EVERY_STORE("customers are listed in the order of their ids, whole and once") {
  const World<Driver> world;
  for (const int number : {5, 1, 4, 2, 3}) world.add(customer(number, "名"));
  CustomerQuery query = world.all();
  for (const std::size_t limit : {1u, 2u, 5u, 50u}) {
    query.limit = limit;
    CHECK(all_pages(world, query) == Numbers{1, 2, 3, 4, 5});
  }
  query.tenant = world->tenant("other", kNow).value();
  CHECK(all_pages(world, query).empty());
}

EVERY_STORE("a page goes on where the last one ended, whatever was written between") {
  const World<Driver> world;
  for (const int number : {1, 3, 5, 7}) world.add(customer(number, "名"));
  CustomerQuery query = world.all();
  query.limit = 2;
  const auto first = world->customers(query).value();
  world.add(customer(2, "前"));
  world.add(customer(6, "后"));
  query.after = first.next;
  CHECK(all_pages(world, query) == Numbers{5, 6, 7});
}

EVERY_STORE("all facets of a query must hold") {
  const World<Driver> world;
  const Facet wecom{Kind::platform, "wecom"};
  const Facet vip{Kind::tag, "et1"};
  const Facet phone{Kind::phone, "+8613800001234"};
  world.add(customer(1, "一"), {wecom});
  world.add(customer(2, "二"), {wecom, vip});
  world.add(customer(3, "三"), {wecom, vip, phone});
  CustomerQuery query = world.all();
  query.limit = 1;
  query.facets = {wecom};
  CHECK(all_pages(world, query) == Numbers{1, 2, 3});
  query.facets = {wecom, vip};
  CHECK(all_pages(world, query) == Numbers{2, 3});
  query.facets = {phone, vip, wecom};
  CHECK(all_pages(world, query) == Numbers{3});
  query.facets = {{Kind::tag, "ET1"}};
  CHECK(all_pages(world, query).empty());
  query.facets = {{Kind::staff, "et1"}};
  CHECK(all_pages(world, query).empty());
  query.facets = {vip};
  query.tenant = world->tenant("other", kNow).value();
  CHECK(all_pages(world, query).empty());
}

EVERY_STORE("facets are gained and lost") {
  const World<Driver> world;
  const Facet vip{Kind::tag, "et1"};
  world.add(customer(1, "一"), {vip});
  Batch batch;
  batch.customers.push_back(world.write_of(customer(1, "一", 2), 1, {vip, {Kind::tag, "et2"}}, {}));
  REQUIRE(world->write(batch));
  batch.customers[0] = world.write_of(customer(1, "一", 3), 2, {}, {vip});
  REQUIRE(world->write(batch));
  CustomerQuery query = world.all();
  query.facets = {vip};
  CHECK(all_pages(world, query).empty());
  query.facets = {{Kind::tag, "et2"}};
  CHECK(all_pages(world, query) == Numbers{1});
}

EVERY_STORE("names are searched by any part, ASCII letters in either case") {
  const World<Driver> world;
  world.add(customer(1, "李雷 Lei LI"));
  world.add(customer(2, "韩梅梅"));
  world.add(customer(3, "100%_'\\"));
  CustomerQuery query = world.all();
  query.name_contains = "lei l";
  CHECK(all_pages(world, query) == Numbers{1});
  query.name_contains = "雷";
  CHECK(all_pages(world, query) == Numbers{1});
  query.name_contains = "%_'\\";
  CHECK(all_pages(world, query) == Numbers{3});
  query.name_contains = "_";
  CHECK(all_pages(world, query) == Numbers{3});
}

EVERY_STORE("customers updated since are listed by their last change") {
  const World<Driver> world;
  for (const int number : {1, 2, 3, 4}) world.add(customer(number, "名"));
  Customer first = customer(1, "新", 2);
  first.updated_at = at(10);
  Batch batch;
  batch.customers.push_back(world.write_of(first, 1));
  batch.changes.push_back(world.change(first));
  batch.changes.push_back(world.change(first, "relation.started"));
  REQUIRE(world->write(batch));
  CustomerQuery query = world.all();
  query.limit = 1;
  query.updated_since = at(0);
  CHECK(all_pages(world, query) == Numbers{2, 3, 4, 1});
  query.updated_since = at(3);
  CHECK(all_pages(world, query) == Numbers{3, 4, 1});
  query.updated_since = at(10);
  CHECK(all_pages(world, query) == Numbers{1});
  query.updated_since = at(11);
  CHECK(all_pages(world, query).empty());
  query.updated_since = at(3);
  query.name_contains = "新";
  CHECK(all_pages(world, query) == Numbers{1});
}

EVERY_STORE("a customer updated while the updated ones are listed comes again") {
  const World<Driver> world;
  for (const int number : {1, 2, 3}) world.add(customer(number, "名"));
  CustomerQuery query = world.all();
  query.limit = 2;
  query.updated_since = at(0);
  const auto first = world->customers(query).value();
  Customer again = customer(1, "新", 2);
  again.updated_at = at(10);
  Batch batch;
  batch.customers.push_back(world.write_of(again, 1));
  batch.changes.push_back(world.change(again));
  REQUIRE(world->write(batch));
  query.after = first.next;
  CHECK(all_pages(world, query) == Numbers{3, 1});
}

EVERY_STORE("a position that no page gave is malformed") {
  const World<Driver> world;
  CustomerQuery query = world.all();
  query.after = "'; DROP TABLE customer; --";
  CHECK(code_of(world->customers(query)) == ErrorCode::malformed);
  query.updated_since = at(0);
  CHECK(code_of(world->customers(query)) == ErrorCode::malformed);
}

EVERY_STORE("drift is counted, with its first and last time") {
  const World<Driver> world;
  DriftCount one{world.tenant,
                 world.acme,
                 "2024-01-01",
                 {models::Drift::Kind::unknown_field, "event/x", "/a/b", "text, 3 bytes"},
                 2,
                 at(5)};
  Batch batch;
  batch.drift = {one, one};
  REQUIRE(world->write(batch));
  batch.drift = {one};
  batch.drift[0].at = at(1);
  batch.drift[0].count = 3;
  batch.drift[0].drift.sample = "text, 4 bytes";
  REQUIRE(world->write(batch));
  const auto rows = world->drift(world.tenant).value();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].channel == "acme");
  CHECK(rows[0].pack == "2024-01-01");
  CHECK(rows[0].drift == one.drift);
  CHECK(rows[0].count == 7);
  CHECK(rows[0].first_at == at(1));
  CHECK(rows[0].last_at == at(5));
  const TenantId other = world->tenant("other", kNow).value();
  CHECK(world->drift(other).value().empty());
}

EVERY_STORE("each unknown value is drift of its own") {
  const World<Driver> world;
  Batch batch;
  for (const char* value : {"7", "8"}) {
    batch.drift.push_back({world.tenant,
                           world.acme,
                           "p",
                           {models::Drift::Kind::unknown_value, "e", "add_way", value},
                           1,
                           at(0)});
  }
  REQUIRE(world->write(batch));
  CHECK(world->drift(world.tenant).value().size() == 2);
}
