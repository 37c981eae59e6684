#include "tests/gateway/api/api_world.h"
#include "tests/support/faulty_store.h"

using namespace guanxi;
using namespace guanxi::tests;

TEST_CASE("every route takes its scope and no other") {
  ApiWorld world;
  const Uuid customer = world.add({.name = "Li Lei"});
  world.add_event("acme", "{}");
  const std::string id = format_uuid(customer);
  struct Row {
    std::string method;
    std::string target;
    std::string scope;
    std::string body;
  };
  const std::vector<Row> rows{
      {"GET", "/v1/customers", "customers:read", ""},
      {"GET", "/v1/customers/" + id, "customers:read", ""},
      {"GET", "/v1/customers/" + id + "/timeline", "customers:read", ""},
      {"GET", "/v1/customers/" + id + "/explain", "customers:read", ""},
      {"POST", "/v1/customers/lookup", "customers:read", R"({"identities":[]})"},
      {"GET", "/v1/changes", "customers:read", ""},
      {"GET", "/v1/channels", "customers:read", ""},
      {"GET", "/v1/events", "admin", ""},
      {"GET", "/v1/events/1", "admin", ""},
      {"GET", "/v1/drift", "admin", ""},
      {"GET", "/metrics", "admin", ""},
  };
  for (const std::string scope :
       {"customers:read", "customers:write", "pii:read", "webhooks", "admin"}) {
    const std::string secret = world.key({scope});
    for (const Row& row : rows) {
      CAPTURE(scope);
      CAPTURE(row.target);
      const auto answer = world.send(ApiWorld::request(row.method, row.target, secret, row.body));
      REQUIRE(*answer);
      if (scope == row.scope || scope == "admin") {
        CHECK((*answer)->status == 200);
      } else {
        CHECK((*answer)->status == 403);
        CHECK(code_of(**answer) == "insufficient-scope");
        CHECK(header(**answer, "WWW-Authenticate") ==
              "Bearer realm=\"guanxi\", error=\"insufficient_scope\", scope=\"" + row.scope + '"');
      }
    }
  }
}

TEST_CASE("health, readiness and the list of problems need no key") {
  ApiWorld world;
  CHECK(world.get("/healthz").status == 200);
  CHECK(world.get("/readyz").status == 200);
  CHECK(world.get("/docs/problems").status == 200);
  CHECK(world.get("/metrics").status == 401);
}

TEST_CASE("without a good key the answer is a challenge") {
  ApiWorld world;
  const net::Response none = world.get("/v1/customers");
  CHECK(none.status == 401);
  CHECK(header(none, "WWW-Authenticate") == R"(Bearer realm="guanxi")");
  for (const std::string secret : {"gx_", "gx_short", "nonsense"}) {
    const net::Response bad = world.get("/v1/customers", secret);
    CHECK(bad.status == 401);
    CHECK(header(bad, "WWW-Authenticate") == R"(Bearer realm="guanxi", error="invalid_token")");
  }
  CHECK(world.get("/v1/customers", api::make_key_secret()).status == 401);
  net::Request basic = ApiWorld::request("GET", "/v1/customers");
  basic.headers.emplace_back("Authorization", "Basic " + world.key({"customers:read"}));
  CHECK((*world.send(basic))->status == 401);
}

TEST_CASE("a revoked key is refused within seconds") {
  ApiWorld world;
  const std::string secret = world.key({"customers:read"});
  CHECK(world.get("/v1/customers", secret).status == 200);
  REQUIRE(*world.store->revoke_key(world.last_key, world.now));
  world.now += api::KeyRing::kRemembered;
  CHECK(world.get("/v1/customers", secret).status == 401);
}

TEST_CASE(
    "while the store is away, keys seen lately are known and others are not refused as unknown") {
  ApiWorld world;
  const std::string seen = world.key({"admin"});
  const std::string unseen = world.key({"admin"});
  FaultyStore faulty(*world.store);
  api::KeyRing keys(faulty, [&] { return world.now; });
  CHECK(keys.find(seen).value());
  faulty.fail_always();
  world.now += api::KeyRing::kTrusted - Milliseconds(1);
  CHECK(keys.find(seen).value());
  CHECK(keys.find(unseen).error().code == ErrorCode::unavailable);
  world.now += Milliseconds(1);
  CHECK(keys.find(seen).error().code == ErrorCode::unavailable);
  faulty.heal();
  CHECK(keys.find(unseen).value());
}

TEST_CASE("a key reads its own tenant only") {
  ApiWorld world;
  const Uuid ours = world.add({.name = "ours", .member_id = "m1"});
  world.add_event("acme", "{\"a\":1}");
  const std::string theirs = world.key({"admin", "pii:read"}, "elsewhere");
  CHECK(world.get_json("/v1/customers", theirs)["data"].empty());
  CHECK(world.get("/v1/customers/" + format_uuid(ours), theirs).status == 404);
  CHECK(world.get("/v1/customers/" + format_uuid(ours) + "/timeline", theirs).status == 404);
  CHECK(world.get("/v1/customers/" + format_uuid(ours) + "/explain", theirs).status == 404);
  CHECK(world.get_json("/v1/changes", theirs)["changes"].empty());
  CHECK(world.get_json("/v1/events", theirs)["data"].empty());
  CHECK(world.get("/v1/events/1", theirs).status == 404);
  const Json channels = world.get_json("/v1/channels", theirs)["data"];
  REQUIRE(channels.size() == 1);
  CHECK(channels[0]["id"] == "far");
  const net::Response found = world.post("/v1/customers/lookup", theirs,
                                         R"({"identities":[{"kind":"member_id","value":"m1"}]})");
  CHECK(Json::parse(found.body)["data"][0].is_null());
}

TEST_CASE("keys have their form and are found by hash only") {
  const std::string secret = api::make_key_secret();
  CHECK(secret.size() == 46);
  CHECK(secret.starts_with("gx_"));
  CHECK(api::make_key_secret() != secret);
  CHECK(api::hash_of_secret(secret).find(secret.substr(3)) == std::string::npos);
}
