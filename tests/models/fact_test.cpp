#include "models/fact.h"

#include <doctest/doctest.h>

using namespace guanxi;
using namespace guanxi::models;

namespace {

Fact sample() {
  Fact fact;
  fact.kind = FactKind::relation;
  fact.rule = "relation";
  fact.index = 3;
  fact.at = from_ms(1735689600123);
  fact.trust = Trust::staff_typed;
  fact.names = {{Role::customer, {"union", "chat.union", "default", "U1", Side::customer}},
                {Role::customer, {"contact", "chat.contact", "corp", "C1", Side::customer}},
                {Role::staff, {"agent", "chat.agent", "corp", "li", Side::staff}}};
  fact.fields = {{"status", "active"},
                 {"set", {{"remark", nullptr}, {"phones", {"+8613800000000"}}}}};
  fact.complete = Role::customer;
  return fact;
}

}  // namespace

TEST_CASE("two words of a platform for one name are one identity") {
  const Identity one{"open_id", "douyin.open_id", "app", "v", Side::customer};
  CHECK(one == Identity{"c_open_id", "douyin.open_id", "app", "v", Side::lookup});
  CHECK(one != Identity{"open_id", "douyin.open_id", "other", "v", Side::customer});
  CHECK(one != Identity{"open_id", "kuaishou.open_id", "app", "v", Side::customer});
}

TEST_CASE("facts survive the way through JSON") {
  Fact plain;
  plain.kind = FactKind::notice;
  const std::vector<Fact> facts{sample(), plain};
  const auto back = facts_from_state(Json::parse(facts_state(facts).dump()));
  REQUIRE(back);
  CHECK(*back == facts);
}

TEST_CASE("what facts_state does not write is refused, whichever part is damaged") {
  const Json good = facts_state({sample()});
  CHECK(!facts_from_state(Json::object()));
  CHECK(!facts_from_state(Json::array({1})));
  for (std::size_t part = 0; part < good[0].size(); ++part) {
    CAPTURE(part);
    Json missing = good;
    missing[0].erase(part);
    CHECK(!facts_from_state(missing));
    Json retyped = good;
    retyped[0][part] = Json::array({true});
    CHECK(!facts_from_state(retyped));
  }
  for (std::size_t part = 0; part < good[0][5][0].size(); ++part) {
    CAPTURE(part);
    Json missing = good;
    missing[0][5][0].erase(part);
    CHECK(!facts_from_state(missing));
  }
  for (const std::size_t word : {0u, 4u, 7u}) {
    CAPTURE(word);
    Json unknown = good;
    unknown[0][word] = "nobody";
    CHECK(!facts_from_state(unknown));
  }
}

TEST_CASE("the first name of a role is the primary one") {
  const Fact fact = sample();
  REQUIRE(fact.primary(Role::customer));
  CHECK(fact.primary(Role::customer)->value == "U1");
  CHECK(fact.primary(Role::staff)->value == "li");
  CHECK(!fact.primary(Role::group));
}

TEST_CASE("a fact belongs to its customer before its staff") {
  Fact fact = sample();
  CHECK(fact.subject()->value == "U1");
  fact.names.erase(fact.names.begin(), fact.names.begin() + 2);
  CHECK(fact.subject()->value == "li");
  fact.names.clear();
  CHECK(!fact.subject());
}

TEST_CASE("every word of the closed sets is read as it is written") {
  for (int i = 0; i < 8; ++i) CHECK(side_from(side_text(Side(i))) == Side(i));
  for (int i = 0; i < 3; ++i) CHECK(trust_from(trust_text(Trust(i))) == Trust(i));
  for (int i = 0; i < 14; ++i) CHECK(fact_kind_from(fact_kind_text(FactKind(i))) == FactKind(i));
  for (int i = 0; i < 11; ++i) CHECK(role_from(role_text(Role(i))) == Role(i));
  CHECK(drift_kind_text(Drift::Kind::unknown_error) == "unknown_error");
  CHECK(!side_from(""));
  CHECK(!role_from("Customer"));
  CHECK(!fact_kind_from("people"));
  CHECK(!trust_from("sure"));
}
