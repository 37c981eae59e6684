#include "tests/gateway/api/api_world.h"

using namespace guanxi;
using namespace guanxi::tests;

TEST_CASE("the feed is read page by page and says where to go on") {
  ApiWorld world;
  for (int i = 0; i < 5; ++i) world.add({.name = "p" + std::to_string(i)});
  const std::string secret = world.key({"customers:read"});
  std::string names;
  std::string after;
  while (true) {
    const Json page = world.get_json("/v1/changes?limit=2" + after, secret);
    REQUIRE(page["next"].is_string());
    after = "&after=" + page["next"].get<std::string>();
    if (page["changes"].empty()) break;
    for (const Json& change : page["changes"]) {
      names += change["customer"]["name"].get<std::string>();
      CHECK(change["type"] == "customer.created");
      CHECK(change["object"]["type"] == "customer");
      CHECK(change["object"]["id"] == change["customer_id"]);
      CHECK(change["version"] == 1);
      CHECK(change["at"].is_string());
    }
    CHECK(page["changes"].back()["cursor"] == page["next"]);
  }
  CHECK(names == "p0p1p2p3p4");
  // The end stays a place to go on from.
  world.add({.name = "p5"});
  CHECK(world.get_json("/v1/changes?limit=2" + after, secret)["changes"][0]["customer"]["name"] ==
        "p5");
}

TEST_CASE("a long poll is answered when a change comes") {
  ApiWorld world;
  const std::string secret = world.key({"customers:read"});
  const auto answer = world.send(ApiWorld::request("GET", "/v1/changes?wait=60", secret));
  CHECK_FALSE(*answer);
  world.api->look_at_changes();
  CHECK_FALSE(*answer);
  world.add({.name = "new"});
  world.api->look_at_changes();
  REQUIRE(*answer);
  CHECK(Json::parse((*answer)->body)["changes"][0]["customer"]["name"] == "new");
  world.api->look_at_changes();  // and once only
}

TEST_CASE("a long poll is not woken by another tenant's change") {
  ApiWorld world;
  const std::string secret = world.key({"customers:read"});
  const auto answer = world.send(ApiWorld::request("GET", "/v1/changes?wait=60", secret));
  world.add({.name = "theirs", .channel = "far"});
  world.api->look_at_changes();
  CHECK_FALSE(*answer);
}

TEST_CASE("a long poll ends empty, with the cursor to go on from, when its time is over") {
  ApiWorld world;
  const std::string secret = world.key({"customers:read"});
  const auto answer = world.send(ApiWorld::request("GET", "/v1/changes?wait=30", secret));
  world.now += Milliseconds{29'999};
  world.api->look_at_changes();
  CHECK_FALSE(*answer);
  world.now += Milliseconds{1};
  world.api->look_at_changes();
  REQUIRE(*answer);
  const Json page = Json::parse((*answer)->body);
  CHECK(page["changes"].empty());
  CHECK(world.get("/v1/changes?after=" + page["next"].get<std::string>(), secret).status == 200);
}

TEST_CASE("a long poll whose key was revoked meanwhile gets no data") {
  ApiWorld world;
  const std::string secret = world.key({"customers:read"});
  const auto answer = world.send(ApiWorld::request("GET", "/v1/changes?wait=30", secret));
  REQUIRE(*world.store->revoke_key(world.last_key, world.now));
  world.now += Milliseconds{5'000};
  world.add({.name = "new"});
  world.api->look_at_changes();
  REQUIRE(*answer);
  CHECK((*answer)->status == 401);
}

TEST_CASE("who finds no place to wait, or comes while the gateway stops, is answered at once") {
  ApiWorld world;
  const std::string secret = world.key({"customers:read"});
  const auto wait = [&] {
    return world.send(ApiWorld::request("GET", "/v1/changes?wait=30", secret));
  };
  std::vector<std::shared_ptr<std::optional<net::Response>>> waiting;
  for (int i = 0; i < 3; ++i) waiting.push_back(wait());
  for (const auto& answer : waiting) CHECK_FALSE(*answer);
  CHECK((*wait())->status == 200);
  world.api->end_waiting();
  for (const auto& answer : waiting) {
    REQUIRE(*answer);
    CHECK((*answer)->status == 200);
  }
  CHECK((*wait())->status == 200);
}

TEST_CASE("with its own thread, a waiting reader is woken by a word") {
  ApiWorld world;
  api::ApiOptions options;
  options.threads = 1;
  options.poll = Milliseconds{60'000};
  api::Api api(*world.store, world.channels, world.metrics, system_now, options);
  const std::string secret = world.key({"customers:read"});
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<net::Response> answer;
  api.handle(ApiWorld::request("GET", "/v1/changes?wait=60", secret), [&](net::Response response) {
    const std::lock_guard lock(mutex);
    answer = std::move(response);
    changed.notify_one();
  });
  world.add({.name = "new"});
  std::unique_lock lock(mutex);
  while (!answer) {
    api.wake();  // until it is there to be woken
    changed.wait_for(lock, std::chrono::milliseconds(5), [&] { return answer.has_value(); });
  }
  CHECK(Json::parse(answer->body)["changes"].size() == 1);
}
