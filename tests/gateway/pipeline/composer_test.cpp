#include "gateway/pipeline/composer.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

using namespace guanxi;

TEST_CASE("what was composed rests on whatever it looked up, and on nothing else") {
  pipeline::Composed composed;
  composed.keys = {store::Key{1}, store::Key{3}};
  composed.customers = {Uuid{{1}}, Uuid{{3}}};
  using Change = std::function<void(store::Batch&, std::uint8_t)>;
  const std::vector<std::pair<std::string, Change>> changes = {
      {"identity",
       [](auto& batch, auto n) {
         batch.identities.push_back({1, {n}, {}, {}});
       }},
      {"attachment",
       [](auto& batch, auto n) {
         batch.attachments.push_back({{n}, {}});
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
