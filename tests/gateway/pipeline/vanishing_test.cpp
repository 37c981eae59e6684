// A field that nearly all events had and the last ones have no more, by the rule of
// semantics.md, 3.
#include "gateway/pipeline/vanishing.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "gateway/pipeline/replay.h"
#include "tests/gateway/pipeline/sqlite_world.h"

using namespace guanxi;
using namespace guanxi::tests;
using namespace std::chrono_literals;
using models::Drift;
using pipeline::FieldHistory;

namespace {

using Names = std::vector<std::string>;

// One that is always there, and the one that is looked at.
Names with(bool present) { return present ? Names{"/always", "/field"} : Names{"/always"}; }

std::string times(std::size_t count, const std::string& events) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += events;
  return all;
}

// At which of the events, counted from one, the field is said to have vanished: 'x' has it, '.'
// not.
std::vector<std::size_t> alarms(const std::string& events) {
  FieldHistory history;
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Names vanished = history.add(with(events[i] == 'x'));
    if (vanished == Names{"/field"}) found.push_back(i + 1);
    if (vanished != Names{"/field"}) CHECK(vanished.empty());
  }
  return found;
}

// The rule as it stands, looking at everything since the field was told last.
std::vector<std::size_t> alarms_by_the_letter(const std::string& events) {
  std::vector<std::size_t> found;
  std::string known;
  for (std::size_t i = 0; i < events.size(); ++i) {
    known += events[i];
    if (known.size() < 250) continue;
    const std::string now = known.substr(known.size() - 50);
    const std::string before = known.substr(known.size() - 250, 200);
    if (std::ranges::count(now, 'x') > 0 || std::ranges::count(before, 'x') < 190) continue;
    found.push_back(i + 1);
    std::ranges::fill(known, '.');
  }
  return found;
}

std::string customer_event(int number, const std::string& more) {
  return contact_event("add_external_contact", "wm" + std::to_string(number % 7), "sales.li",
                       kDay + number, more);
}

constexpr const char* kCode = "<WelcomeCode><![CDATA[WELCOMECODE]]></WelcomeCode>";

std::vector<store::DriftRow> vanished(PipelineWorld& world) {
  auto rows = world.store.drift(world.tenant()).value();
  std::erase_if(rows,
                [](const store::DriftRow& row) { return row.drift.kind != Drift::Kind::vanished; });
  return rows;
}

void deliver(PipelineWorld& world, int first, int last, const std::string& more) {
  for (int i = first; i < last; ++i) world.deliver(customer_event(i, more));
  world.work();
}

}  // namespace

TEST_CASE("a field of 95 in 100 of 200 events has vanished if none of the next 50 has it") {
  using At = std::vector<std::size_t>;
  const std::string gone = times(50, ".");
  struct Row {
    std::string events;
    At told;
  };
  const Row rows[] = {
      {times(200, "x") + times(49, "."), {}},
      {times(200, "x") + gone, {250}},
      {times(900, "x") + gone, {950}},
      // Exactly 95 in 100, wherever the others stand, and one less.
      {times(10, ".") + times(190, "x") + gone, {250}},
      {times(190, "x") + times(10, ".") + gone, {250}},
      {times(10, times(19, "x") + ".") + gone, {250}},
      {times(11, ".") + times(189, "x") + gone + gone, {}},
      {times(9, times(19, "x") + ".") + times(18, "x") + ".." + gone + gone, {}},
      // 200 events there must be.
      {times(199, "x") + gone, {}},
      {times(199, "x") + gone + ".", {250}},
      {times(190, "x") + gone, {}},
      {times(190, "x") + gone + times(10, "."), {250}},
      {times(189, "x") + gone + gone, {}},
      // One that comes in between is enough.
      {times(200, "x") + times(49, ".") + "x" + times(49, "."), {}},
      // An optional field says nothing by its absence.
      {times(300, "x.") + gone + gone, {}},
      {times(500, "xxxxxxxxx.") + gone + gone, {}},
      {gone + gone + gone + gone + gone + gone, {}},
      // It is told once, and counted anew when it comes back.
      {times(200, "x") + times(20, gone), {250}},
      {times(200, "x") + gone + times(189, "x") + gone + gone, {250}},
      {times(200, "x") + gone + times(190, "x") + gone + gone, {250, 490}},
      {times(200, "x") + gone + times(200, "x") + gone, {250, 500}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.events);
    CHECK(alarms_by_the_letter(row.events) == row.told);
    CHECK(alarms(row.events) == row.told);
  }
}

TEST_CASE("on any stream exactly that is told which the rule says") {
  std::mt19937 random(4);
  std::size_t told = 0;
  for (int round = 0; round < 200; ++round) {
    std::string events;
    while (events.size() < 1500) {
      const std::size_t length = random() % 400;
      const std::size_t percent = std::vector<std::size_t>{0, 50, 94, 96, 100}[random() % 5];
      for (std::size_t i = 0; i < length; ++i) events += random() % 100 < percent ? 'x' : '.';
    }
    CAPTURE(events);
    const auto found = alarms(events);
    CHECK(found == alarms_by_the_letter(events));
    told += found.size();
  }
  CHECK(told > 50);
}

TEST_CASE("what stands in something that vanished is not told beside it, nor empty lists") {
  FieldHistory history;
  const Names whole{"/who", "/who/id", "/who/name", "/list", "/list/*", "/list/*/id"};
  for (int i = 0; i < 200; ++i) CHECK(history.add(whole).empty());
  for (int i = 0; i < 49; ++i) CHECK(history.add(Names{"/list"}).empty());
  CHECK(history.add(Names{"/list"}) == Names{"/who"});
  for (int i = 0; i < 400; ++i) CHECK(history.add(Names{"/list"}).empty());

  FieldHistory inner;
  for (int i = 0; i < 200; ++i) CHECK(inner.add(whole).empty());
  const Names less{"/who", "/who/id", "/list", "/list/*"};
  for (int i = 0; i < 49; ++i) CHECK(inner.add(less).empty());
  CHECK(inner.add(less) == Names{"/list/*/id", "/who/name"});
}

TEST_CASE("a history goes on from what was kept of it") {
  for (const std::size_t kept_at : {1U, 100U, 199U, 200U, 230U, 249U}) {
    CAPTURE(kept_at);
    FieldHistory history;
    const std::string events = times(10, times(19, "x") + ".") + times(50, ".");
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (i == kept_at) history = FieldHistory::from(Json::parse(history.state().dump()));
      CHECK(history.add(with(events[i] == 'x')).empty() == (i != 249));
    }
  }
  for (const char* broken : {"null", "[]", "7", R"({"events":9,"fields":{"/a":7,"/b":"zz"}})"}) {
    FieldHistory::from(Json::parse(broken)).add(with(true));
  }
}

TEST_CASE("what is kept is bounded, whatever comes") {
  FieldHistory history;
  for (std::size_t i = 0; i < 2000; ++i) history.add(Names{"/" + std::to_string(i)});
  CHECK(history.state().at("fields").size() <= FieldHistory::kMostFields);
  CHECK(history.state().dump().size() < FieldHistory::kMostFields * 80);
}

TEST_CASE("a field that vanished is drift within the batch that shows it, and spoils no row") {
  SqliteWorld world;
  deliver(*world.world, 0, 200, kCode);
  deliver(*world.world, 200, 249, "");
  CHECK(vanished(*world.world).empty());
  deliver(*world.world, 249, 250, "");
  const auto rows = vanished(*world.world);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].channel == "acme");
  CHECK(rows[0].drift == Drift{Drift::Kind::vanished,
                               "event/change_external_contact/add_external_contact", "/WelcomeCode",
                               ""});
  CHECK(rows[0].pack == "2025-12-18");
  CHECK(rows[0].count == 1);
  CHECK(world->metrics.render().find(R"(guanxi_drift_total{channel="acme",kind="vanished"} 1)") !=
        std::string::npos);
  const auto unmapped =
      world->store.events(world->tenant(), store::RowStatus::unmapped, std::nullopt, 0, 10);
  CHECK(unmapped->rows.empty());
  // Told once.
  deliver(*world.world, 250, 400, "");
  CHECK(vanished(*world.world).size() == 1);
  CHECK(vanished(*world.world)[0].count == 1);
}

TEST_CASE("another channel's events, another event's and those read again do not count") {
  SqliteWorld world;
  deliver(*world.world, 0, 200, kCode);
  for (int i = 0; i < 60; ++i) {
    world->deliver(customer_event(1000 + i, ""), "other");
    world->deliver(contact_event("del_external_contact", "wm1", "sales.li", kDay + i));
  }
  deliver(*world.world, 200, 240, "");
  store::StoredQuery query;
  query.statuses = {store::RowStatus::normalized};
  query.limit = 1000;
  const auto rows = world->store.stored(query).value();
  CHECK(rows.size() == 360);
  pipeline::Replayer replayer(
      world->store, *world->channels.snapshot(), [&] { return world->now; },
      [](std::uint8_t* bytes, std::size_t size) { std::fill_n(bytes, size, std::uint8_t{7}); },
      "test");
  for (int i = 0; i < 2; ++i) CHECK(replayer.replay(rows, {}).has_value());
  CHECK(vanished(*world.world).empty());
  deliver(*world.world, 240, 250, "");
  CHECK(vanished(*world.world).size() == 1);
}

TEST_CASE("counting goes on after a restart") {
  SqliteWorld world;
  deliver(*world.world, 0, 225, kCode);
  world->now += 31s;
  deliver(*world.world, 225, 226, "");
  world->now += 31s;
  deliver(*world.world, 226, 250, "");
  world.world = std::make_unique<PipelineWorld>(*world.store);
  world->now += 70s;
  deliver(*world.world, 250, 274, "");
  CHECK(vanished(*world.world).empty());
  deliver(*world.world, 274, 275, "");
  CHECK(vanished(*world.world).size() == 1);
}
