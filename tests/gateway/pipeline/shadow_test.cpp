#include "gateway/pipeline/shadow.h"

#include <doctest/doctest.h>

#include "tests/gateway/pipeline/sqlite_world.h"

using namespace guanxi;
using namespace guanxi::tests;
using models::Event;
using models::Fact;
using models::FactKind;
using models::Role;

namespace {

Fact fact(FactKind kind, const char* who, Json fields) {
  Fact made;
  made.kind = kind;
  made.names = {{Role::customer, {"cid", "p.cid", "", who, models::Side::customer}}};
  made.fields = std::move(fields);
  return made;
}

Event event(std::vector<Fact> facts) {
  Event made;
  made.name = "e";
  made.facts = std::move(facts);
  return made;
}

// The report that the pipeline keeps of the channel's candidate.
pipeline::ShadowReport report_of(PipelineWorld& world, const std::string& version) {
  const auto id = world.channels.snapshot()->at("acme").id;
  const auto note = world.store.note(pipeline::shadow_note(id, version));
  REQUIRE(note);
  return pipeline::shadow_report_from(Json::parse(*note, nullptr, false));
}

void read_along(PipelineWorld& world, const std::string& version) {
  adapters::ChannelMap channels = *world.channels.snapshot();
  adapters::BoundChannel& acme = channels.at("acme");
  adapters::ChannelSettings settings = acme.adapter->channel();
  settings.rules = version;
  auto shadow = adapters::Registry().bind(settings);
  REQUIRE(shadow);
  acme.shadow = *std::move(shadow);
  world.channels.replace(std::move(channels));
}

void deliver_all(PipelineWorld& world) {
  for (int i = 0; i < 10; ++i) {
    const std::string who = "wm" + std::to_string(i % 3);
    world.deliver(contact_event("add_external_contact", who, "li", kDay + i));
    world.deliver(contact_event("transfer_fail", who, "wang", kDay + i + 1,
                                "<FailReason>customer_refused</FailReason>"));
    world.work();
  }
}

}  // namespace

TEST_CASE("a difference names what differs, and no value of it") {
  using Lines = std::vector<std::string>;
  const Fact person = fact(FactKind::person, "wm1", {{"set", {{"name", "李雷"}}}});
  const Fact renamed = fact(FactKind::person, "wm1", {{"set", {{"name", "韩梅梅"}}}});
  const Fact richer =
      fact(FactKind::person, "wm1", {{"set", {{"name", "李雷"}, {"gender", "male"}}}});
  const Fact relation = fact(FactKind::relation, "wm1", {{"status", "active"}});
  struct Row {
    std::vector<Event> active;
    std::vector<Event> candidate;
    Lines lines;
  };
  const Row rows[] = {
      {{event({person})}, {event({person})}, {}},
      {{event({person, relation})}, {event({relation, person})}, {}},
      {{event({person})}, {event({renamed})}, {"person /set/name: another value"}},
      {{event({person})}, {event({richer})}, {"person /set/gender: only with the candidate"}},
      {{event({richer})}, {event({person})}, {"person /set/gender: not with the candidate"}},
      {{event({person})}, {event({person, relation})}, {"relation: only with the candidate"}},
      {{event({person, relation})}, {event({person})}, {"relation: not with the candidate"}},
      {{event({person})}, {}, {"another number of events"}},
  };
  for (const Row& row : rows) {
    const auto lines = pipeline::differences(row.active, row.candidate);
    CHECK(lines == row.lines);
    for (const std::string& line : lines) CHECK(line.find("梅") == std::string::npos);
  }
}

TEST_CASE("a version that reads along writes nothing but its report") {
  SqliteWorld alone;
  deliver_all(*alone.world);

  SqliteWorld watched;
  read_along(*watched.world, "2020-03-31");  // before transfers could fail
  deliver_all(*watched.world);
  CHECK(watched->state() == alone->state());
  CHECK(watched->changes().size() == alone->changes().size());
  CHECK(watched->store.drift(watched->tenant())->size() ==
        alone->store.drift(alone->tenant())->size());

  const auto report = report_of(*watched.world, "2020-03-31");
  CHECK(report.rows == 20);
  CHECK(report.differing >= 10);
  CHECK(report.unreadable == 0);
  const std::string fail = "event/change_external_contact/transfer_fail";
  CHECK(report.lines.at({fail, "status"}).count == 10);
  CHECK(report.lines.at({fail, "relation: not with the candidate"}).count == 10);

  // It goes on where it was after a restart, and the same version differs in nothing.
  SqliteWorld same;
  read_along(*same.world, "2025-12-18");
  deliver_all(*same.world);
  const auto agreed = report_of(*same.world, "2025-12-18");
  CHECK(agreed.rows == 20);
  CHECK(agreed.differing == 0);
}
