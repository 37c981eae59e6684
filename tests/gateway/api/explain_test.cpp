#include "tests/gateway/api/api_world.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

const Json& field(const Json& explanation, std::string_view name) {
  for (const Json& row : explanation.at("fields")) {
    if (row.at("field") == name) return row;
  }
  FAIL("no field ", name);
  return explanation;
}

}  // namespace

TEST_CASE("a customer's values are explained by where they came from") {
  ApiWorld world;
  const Uuid id = world.add({.name = "Li Lei", .member_id = "m1", .staff = "sales", .tag = "t1"});
  const std::string secret = world.key({"customers:read"});
  const std::string target = "/v1/customers/" + format_uuid(id);
  const Json explanation = world.get_json(target + "/explain", secret);
  const Json customer = world.get_json(target, secret);
  CHECK(explanation["id"] == customer["id"]);
  REQUIRE(explanation["identities"].size() == 1);
  for (const auto& [key, value] : customer["identities"][0].items()) {
    CHECK(explanation["identities"][0][key] == value);
  }
  const Json& name = field(explanation, "name");
  CHECK(name["value"] == customer["name"]);
  CHECK(name["source"] == Json{{"platform", "testnet"},
                               {"channel", "acme"},
                               {"seq", 1},
                               {"pack", "2024-12-19"},
                               {"at", "2026-01-01T00:00:00.000Z"},
                               {"from_answer", false},
                               {"proven", true}});
  CHECK(name["why"] == "only_value");
  const Json& relation = explanation["relations"][0];
  CHECK(relation["staff_id"] == "sales");
  CHECK(relation["status"]["value"] == "active");
  CHECK(relation["fields"][0]["field"] == "tags");
  CHECK(relation["fields"][0]["value"][0]["id"] == "t1");
  CHECK(explanation.contains("why_one"));
}

TEST_CASE("an explanation masks what the customer masks") {
  ApiWorld world;
  const std::string target =
      "/v1/customers/" +
      format_uuid(world.add({.phone = "+8613800001234", .email = "lilei@example.com"})) +
      "/explain";
  const std::string masked = world.get(target, world.key({"customers:read"})).body;
  CHECK(masked.find("13800001234") == std::string::npos);
  CHECK(masked.find("lilei@") == std::string::npos);
  CHECK(masked.find("+86138****1234") != std::string::npos);
  const Json whole = world.get_json(target, world.key({"customers:read", "pii:read"}));
  CHECK(field(whole, "phones")["value"] == Json{"+8613800001234"});
  CHECK(whole["phones"][0]["value"] == "+8613800001234");
  CHECK(whole["phones"][0]["stated_by"][0]["source"]["channel"] == "acme");
  CHECK(whole["emails"][0]["value"] == "lilei@example.com");
}

TEST_CASE("nobody is explained whom there is not") {
  ApiWorld world;
  const std::string secret = world.key({"customers:read"});
  for (const std::string id : {"0198c0de-4d2a-7000-8000-0123456789ab", "1"}) {
    CHECK(code_of(world.get("/v1/customers/" + id + "/explain", secret)) == "not-found");
  }
  const std::string target = "/v1/customers/" + format_uuid(world.add({})) + "/explain";
  CHECK(code_of(world.get(target + "?field=name", secret)) == "unknown-parameter");
}
