#include "tests/gateway/api/api_world.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

Json look_up(ApiWorld& world, const Json& identities) {
  const std::string secret = world.key({"customers:read"});
  const net::Response response =
      world.post("/v1/customers/lookup", secret, Json{{"identities", identities}}.dump());
  CAPTURE(response.body);
  REQUIRE(response.status == 200);
  return Json::parse(response.body);
}

Json member(const std::string& value) { return {{"kind", "member_id"}, {"value", value}}; }

}  // namespace

TEST_CASE("a lookup answers in the order of its identities, null for who is not known") {
  ApiWorld world;
  world.add({.name = "one", .member_id = "m1"});
  world.add({.name = "two", .member_id = "m2", .phone = "+8613800000002"});
  world.add({.name = "three", .email = "Three@Example.com"});
  const Json answer = look_up(world, {member("m2"),
                                      member("nobody"),
                                      member("m1"),
                                      member("m2"),
                                      {{"kind", "phone"}, {"value", "138 0000 0002"}},
                                      {{"kind", "email"}, {"value", "Three@Example.com"}}});
  const Json& data = answer["data"];
  REQUIRE(data.size() == 6);
  CHECK(data[0]["name"] == "two");
  CHECK(data[1].is_null());
  CHECK(data[2]["name"] == "one");
  CHECK(data[3]["name"] == "two");
  CHECK(data[4]["name"] == "two");
  CHECK(data[5]["name"] == "three");
  CHECK(answer["errors"].empty());
}

TEST_CASE("an ambiguous identity is null with its reason, and a channel settles it") {
  ApiWorld world;
  world.add({.name = "at acme", .member_id = "m1", .channel = "acme", .phone = "+8613800000001"});
  world.add({.name = "at beta", .member_id = "m1", .channel = "beta", .phone = "+8613800000001"});
  Json on_beta = member("m1");
  on_beta["channel"] = "beta";
  const Json answer =
      look_up(world, {member("m1"),
                      on_beta,
                      {{"kind", "phone"}, {"value", "+8613800000001"}},
                      {{"kind", "phone"}, {"value", "+8613800000001"}, {"channel", "acme"}}});
  CHECK(answer["data"][0].is_null());
  CHECK(answer["data"][1]["name"] == "at beta");
  CHECK(answer["data"][2].is_null());
  CHECK(answer["data"][3]["name"] == "at acme");
  CHECK(answer["errors"] == Json::parse(R"([{"index":0,"reason":"ambiguous"},
                                            {"index":2,"reason":"ambiguous"}])"));
}

TEST_CASE("what cannot be looked up says why") {
  ApiWorld world;
  const Json answer =
      look_up(world, {{{"kind", "shoe_size"}, {"value", "42"}},
                      {{"kind", "member_id"}, {"value", "m"}, {"channel", "far"}},
                      {{"kind", "member_id"}, {"value", "m"}, {"platform", "othernet"}},
                      {{"kind", "phone"}, {"value", "abc"}},
                      {{"kind", "email"}, {"value", "abc"}},
                      {{"kind", "phone"}, {"value", "+8613800000001"}, {"channel", "nope"}},
                      {{"kind", "visitor_id"}, {"value", "v"}},
                      {{"kind", "visitor_id"}, {"value", "v"}, {"org", "o1"}}});
  CHECK(answer["errors"] == Json::parse(R"([{"index":0,"reason":"unknown_kind"},
                                            {"index":1,"reason":"no_such_channel"},
                                            {"index":2,"reason":"no_such_channel"},
                                            {"index":3,"reason":"not_a_phone"},
                                            {"index":4,"reason":"not_an_email"},
                                            {"index":5,"reason":"no_such_channel"},
                                            {"index":6,"reason":"needs_org"}])"));
}

TEST_CASE("up to 500 identities are looked up at once") {
  ApiWorld world;
  world.add({.name = "last", .member_id = "m499"});
  Json identities = Json::array();
  for (int i = 0; i < 500; ++i) identities.push_back(member("m" + std::to_string(i)));
  const Json answer = look_up(world, identities);
  CHECK(answer["data"].size() == 500);
  CHECK(answer["data"][499]["name"] == "last");
  identities.push_back(member("one too many"));
  const std::string secret = world.key({"customers:read"});
  const net::Response refused =
      world.post("/v1/customers/lookup", secret, Json{{"identities", identities}}.dump());
  CHECK(refused.status == 400);
  CHECK(code_of(refused) == "too-many-items");
}

TEST_CASE("bodies that cannot be read are refused, with a pointer to the fault") {
  ApiWorld world;
  const std::string secret = world.key({"customers:read"});
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", "#"},
      {"{", "#"},
      {"[]", "#"},
      {"{}", "#/identities"},
      {R"({"identities":1})", "#/identities"},
      {R"({"identities":[1]})", "#/identities/0"},
      {R"({"identities":[{"kind":"member_id"}]})", "#/identities/0/value"},
      {R"({"identities":[{"kind":"","value":"x"}]})", "#/identities/0/kind"},
      {R"({"identities":[{"kind":"member_id","value":5}]})", "#/identities/0/value"},
      {R"({"identities":[{"kind":"member_id","value":"x","channel":5}]})",
       "#/identities/0/channel"},
      {std::string(100'000, '['), "#"},
  };
  for (const auto& [body, pointer] : rows) {
    CAPTURE(body.substr(0, 80));
    const net::Response response = world.post("/v1/customers/lookup", secret, body);
    CHECK(response.status == 400);
    const Json problem = Json::parse(response.body);
    CHECK(problem["code"] == "invalid-body");
    CHECK(problem["errors"][0]["pointer"] == pointer);
  }
  net::Request form = ApiWorld::request("POST", "/v1/customers/lookup", secret, "a=b");
  form.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  CHECK((*world.send(form))->status == 415);
  const std::string large(1024 * 1024 + 1, ' ');
  CHECK(world.post("/v1/customers/lookup", secret, large).status == 413);
}
