#include "gateway/pipeline/composer.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/pipeline/announcements.h"

using namespace guanxi;

TEST_CASE("what was composed rests on whatever it looked up, and on nothing else") {
  pipeline::Composed composed;
  composed.keys = {store::Key{1}, store::Key{3}};
  composed.customers = {Uuid{{1}}, Uuid{{3}}};
  using Change = std::function<void(store::Batch&, std::uint8_t)>;
  const std::vector<std::pair<std::string, Change>> changes = {
      {"identity",
       [](auto& batch, auto n) {
         batch.identities.push_back({1, {n}, {}, {}, {}, {}});
       }},
      {"move",
       [](auto& batch, auto n) {
         batch.moves.push_back({{n}, {}, {}, {}});
       }},
      {"who states a value",
       [](auto& batch, auto n) {
         batch.stated_by.push_back({{n}, {}});
       }},
      {"evidence",
       [](auto& batch, auto n) {
         batch.evidence.push_back({1, {9}, {n}, {}, {}, {}, {}, {}});
       }},
      {"facts",
       [](auto& batch, auto n) {
         batch.facts.push_back({1, {n}, {}, {}});
       }},
      {"thing",
       [](auto& batch, auto n) {
         batch.entities.push_back({1, {n}, {}, 0});
       }},
      {"customer",
       [](auto& batch, auto n) {
         store::CustomerWrite write;
         write.customer.id = Uuid{{n}};
         batch.customers.push_back(std::move(write));
       }},
  };
  for (const auto& [what, change] : changes) {
    CAPTURE(what);
    store::Batch another;
    change(another, 2);
    CHECK(!rests_on(composed, another));
    store::Batch same;
    change(same, 2);
    change(same, 3);
    CHECK(rests_on(composed, same));
  }
  CHECK(!rests_on(composed, {}));
}

TEST_CASE("a customer who was folded anew tells what became of each relation and its tags") {
  using models::Effect;
  const models::Identity staff{"userid", "p.userid", "corp", "li", models::Side::staff};
  const models::Json one = models::Json::array({{{"id", "t1"}}});
  const models::Json two = models::Json::array({{{"id", "t2"}}});
  const auto told = [&](const pipeline::RelationsBefore& before, const char* status,
                        const models::Json& tags) {
    models::Customer now;
    models::Relation relation;
    relation.staff = staff;
    relation.status = status;
    if (!tags.is_null()) relation.fields["tags"].offer({tags, {}});
    now.relations.push_back(relation);
    std::vector<Effect::Kind> kinds;
    for (const Effect& effect : pipeline::difference(before, now)) kinds.push_back(effect.kind);
    return kinds;
  };
  using Kinds = std::vector<Effect::Kind>;
  constexpr auto kUpdated = Effect::Kind::updated;
  constexpr auto kTags = Effect::Kind::tag_changed;
  CHECK(told({{staff, {true, one}}}, "active", one) == Kinds{kUpdated});
  CHECK(told({{staff, {true, one}}}, "active", two) == Kinds{kUpdated, kTags});
  CHECK(told({{staff, {true, one}}}, "active", {}) == Kinds{kUpdated, kTags});
  CHECK(told({}, "active", one) == Kinds{kUpdated, Effect::Kind::relation_started, kTags});
  CHECK(told({}, "active", {}) == Kinds{kUpdated, Effect::Kind::relation_started});
  CHECK(told({{staff, {true, one}}}, "ended", one) ==
        Kinds{kUpdated, Effect::Kind::relation_ended});
}
