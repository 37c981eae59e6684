#include "models/entity.h"

#include <doctest/doctest.h>

using namespace guanxi;
using namespace guanxi::models;
using namespace std::chrono_literals;

namespace {

constexpr Time kDay{from_ms(1'735'689'600'000)};
const Identity kGroup{"chat_id", "p.chat_id", "corp", "wr1", Side::group};
const Identity kLei{"external_userid", "p.external_userid", "corp", "wmLei", Side::customer};
const Identity kStaff{"userid", "p.userid", "corp", "li", Side::staff};

Source source(std::int64_t seq, Time at) { return {"p", "acme", seq, "2024-01-01", "", at, false}; }

Fact member(const Identity& party, std::string status, Time at) {
  Fact fact;
  fact.kind = FactKind::member;
  fact.at = at;
  fact.names = {{Role::group, kGroup}, {Role::party, party}};
  fact.fields = {{"status", std::move(status)}};
  return fact;
}

Entity group() {
  Entity entity;
  entity.identity = kGroup;
  entity.kind = FactKind::group;
  return entity;
}

const Json* member_of(const Entity& entity, const Identity& party) {
  for (const auto& [key, held] : entity.members.items()) {
    if (held.at("value") == party.value) return &held;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("members join and leave a group with their times") {
  Entity entity = group();
  CHECK(apply(entity, {member(kLei, "joined", kDay)}, source(1, kDay)));
  CHECK(apply(entity, {member(kLei, "left", kDay + 1h)}, source(2, kDay + 1h)));
  const Json* held = member_of(entity, kLei);
  REQUIRE(held != nullptr);
  CHECK(held->at("status") == "left");
  CHECK(held->at("since") == to_ms(kDay));
  CHECK(held->at("until") == to_ms(kDay + 1h));
}

TEST_CASE("a whole list of members ends those it does not name") {
  Entity entity = group();
  apply(entity, {member(kLei, "joined", kDay), member(kStaff, "joined", kDay)}, source(1, kDay));
  Fact listed = member(kStaff, "joined", kDay + 1h);
  listed.complete = Role::group;
  apply(entity, {listed}, source(2, kDay + 1h));
  CHECK(member_of(entity, kLei)->at("status") == "left");
  CHECK(member_of(entity, kStaff)->at("status") == "joined");
}

TEST_CASE("a list of members does not deny who joined just before it was asked for") {
  Entity entity = group();
  apply(entity, {member(kLei, "joined", kDay)}, source(1, kDay));
  Fact listed = member(kStaff, "joined", kDay + 1s);
  listed.complete = Role::group;
  apply(entity, {listed}, source(2, kDay + 1s));
  CHECK(member_of(entity, kLei)->at("status") == "joined");
}

TEST_CASE("an answer does not revive what an event ended, another event does") {
  Entity entity = group();
  const auto say = [&](std::int64_t seq, const char* status, bool from_answer) {
    Fact fact;
    fact.kind = FactKind::group;
    fact.at = kDay + Milliseconds(seq);
    fact.names = {{Role::self, kGroup}};
    fact.fields = {{"status", status}};
    Source said = source(seq, fact.at);
    said.from_answer = from_answer;
    apply(entity, {fact}, said);
    return entity.status;
  };
  CHECK(say(1, "active", true) == "active");
  CHECK(say(2, "dismissed", false) == "dismissed");
  CHECK(say(3, "active", true) == "dismissed");
  CHECK(say(4, "active", false) == "active");
  CHECK(say(5, "deleted", true) == "deleted");
  CHECK(say(6, "active", true) == "active");
}

TEST_CASE("a list of staff's departments is replaced, added to or taken from as the fact says") {
  Entity entity;
  entity.identity = kStaff;
  const auto say = [&](std::int64_t seq, Json fields) {
    Fact fact;
    fact.kind = FactKind::staff;
    fact.at = kDay + Milliseconds(seq);
    fact.names = {{Role::staff, kStaff}};
    fact.fields = std::move(fields);
    apply(entity, {fact}, source(seq, fact.at));
  };
  say(1, {{"departments", {"1", "2"}}});
  say(2, {{"departments", {"3"}}, {"mode", "add"}});
  CHECK(value_of(entity.fields, "departments") == Json{"1", "2", "3"});
  say(3, {{"departments", {"1"}}, {"mode", "remove"}});
  CHECK(value_of(entity.fields, "departments") == Json{"2", "3"});
  say(4, {{"departments", {"9"}}});
  CHECK(value_of(entity.fields, "departments") == Json{"9"});
}

TEST_CASE("a thing read back is the thing written") {
  Entity entity = group();
  entity.customer = kLei;
  entity.version = 4;
  apply(entity, {member(kLei, "joined", kDay)}, source(1, kDay));
  const auto read = entity_from_state(Json::from_cbor(Json::to_cbor(entity_state(entity))));
  REQUIRE(read);
  CHECK(*read == entity);
  CHECK(!entity_from_state(Json::array()));
}

TEST_CASE("a thing's status and members know what said so, which outsiders are not shown") {
  Entity entity = group();
  Fact status;
  status.kind = FactKind::group;
  status.at = kDay;
  status.names = {{Role::self, entity.identity}};
  status.fields = {{"status", "dismissed"}};
  apply(entity, {status}, source(1, kDay));
  apply(entity, {member(kLei, "joined", kDay + Milliseconds(1))},
        source(2, kDay + Milliseconds(1)));
  REQUIRE(entity.status_source);
  CHECK(entity.status_source->seq == 1);
  REQUIRE(entity.members.size() == 1);
  CHECK(entity.members.begin()->at("source").at(2) == 2);
  CHECK(!entity_json(entity).at("members").at(0).contains("source"));
  CHECK(entity_from_state(entity_state(entity)) == entity);
}
