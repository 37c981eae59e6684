#include <fstream>
#include <future>
#include <iterator>
#include <set>

#include "gateway/api/problem.h"
#include "gateway/api/workers.h"
#include "tests/gateway/api/api_world.h"
#include "tests/support/faulty_store.h"

using namespace guanxi;
using namespace guanxi::tests;

TEST_CASE("events are listed newest first, filtered and paged") {
  ApiWorld world;
  for (int i = 0; i < 3; ++i) world.add_event("acme", "{\"n\":" + std::to_string(i) + "}");
  world.add_event("beta", "{\"n\":9}");
  const std::string secret = world.key({"admin"});
  const Json first = world.get_json("/v1/events?channel=acme&status=raw&limit=2", secret);
  REQUIRE(first["data"].size() == 2);
  CHECK(first["data"][0]["seq"] > first["data"][1]["seq"]);
  CHECK(first["data"][0]["channel"] == "acme");
  CHECK(first["data"][0]["status"] == "raw");
  CHECK_FALSE(first["data"][0].contains("payload"));
  const Json second = world.get_json("/v1/events?channel=acme&status=raw&limit=2&cursor=" +
                                         first["next_cursor"].get<std::string>(),
                                     secret);
  CHECK(second["data"].size() == 1);
  CHECK(second["next_cursor"].is_null());
  CHECK(world.get_json("/v1/events", secret)["data"].size() == 4);
  CHECK(world.get_json("/v1/events?status=dead", secret)["data"].empty());
  CHECK(code_of(world.get("/v1/events?status=lost", secret)) == "invalid-parameter");
  CHECK(code_of(world.get("/v1/events?channel=far", secret)) == "invalid-parameter");
}

TEST_CASE("a raw payload is shown only to a key that may read personal data") {
  ApiWorld world;
  world.add_event("acme", R"({"phone":"+8613800000000"})");
  world.add_event("acme", "\xff\xfe");
  const std::string admin = world.key({"admin"});
  const std::string both = world.key({"admin", "pii:read"});
  const Json list = world.get_json("/v1/events", admin)["data"];
  const std::string text = "/v1/events/" + list[1]["seq"].dump();
  const std::string bytes = "/v1/events/" + list[0]["seq"].dump();
  CHECK(world.get(text, admin).body.find("138") == std::string::npos);
  CHECK(world.get_json(text, both)["payload"] == R"({"phone":"+8613800000000"})");
  CHECK(world.get_json(bytes, both)["payload_base64"] == "//4=");
  CHECK(world.get("/v1/events/0", both).status == 404);
  CHECK(world.get("/v1/events/x", both).status == 404);
}

TEST_CASE("an event names the platform calls it wanted, and why they do not succeed") {
  ApiWorld world;
  world.add_event("acme", "{}");
  const std::string admin = world.key({"admin"});
  const auto seq = world.get_json("/v1/events", admin)["data"][0]["seq"].get<std::int64_t>();
  const std::string one = "/v1/events/" + std::to_string(seq);
  CHECK(world.get_json(one, admin)["calls"].empty());
  const auto channel = world.store->channels().value().at(0);
  store::Batch batch;
  batch.tasks.push_back({channel.tenant, channel.id, seq, "contact.get", Json::object(), Time{}});
  REQUIRE(world.store->write(batch));
  const auto tasks = world.store->claim_tasks(from_ms(1), from_ms(2), 1).value();
  store::TaskOutcome outcome;
  outcome.state = store::TaskOutcome::State::again;
  outcome.due_at = from_ms(60'000);
  outcome.reason = "code 60020, not allowed to access from your ip";
  REQUIRE(world.store->settle(tasks.at(0), outcome));
  const Json calls = world.get_json(one, admin)["calls"];
  REQUIRE(calls.size() == 1);
  CHECK(calls[0] == Json{{"call", "contact.get"},
                         {"state", "waiting"},
                         {"attempts", 1},
                         {"next_at", "1970-01-01T00:01:00.000Z"},
                         {"error", outcome.reason}});
}

TEST_CASE("channels show their state and no setting of theirs") {
  ApiWorld world;
  world.metrics.channel("acme", "testnet")
      .callback(observe::CallbackResult::stored, from_ms(5), std::chrono::milliseconds(1));
  world.add_event("acme", "{}");
  const net::Response response = world.get("/v1/channels", world.key({"customers:read"}));
  CHECK(response.body.find("hush") == std::string::npos);
  const Json body = Json::parse(response.body);
  REQUIRE(body["data"].size() == 2);
  const Json& acme = body["data"][0];
  CHECK(acme["id"] == "acme");
  CHECK(acme["status"] == "receiving");
  CHECK(acme["counters"]["received"] == 1);
  CHECK(acme["counters"]["last_received_at"] == "1970-01-01T00:00:00.005Z");
  CHECK(acme["callback_url"] == "https://gateway.example/callbacks/testnet/acme");
  CHECK(acme["rules"]["version"] == "2024-12-19");
  CHECK(body["data"][1]["status"] == "waiting");
  CHECK(body["backlog"]["waiting"] == 1);
}

TEST_CASE("what waits is told of the caller's tenant only") {
  ApiWorld world;
  world.add_event("acme", "a");
  world.add_event("far", "b");
  world.add_event("far", "c");
  CHECK(world.get_json("/v1/channels", world.key({"customers:read"}))["backlog"]["waiting"] == 1);
  const std::string other = world.key({"customers:read"}, "elsewhere");
  CHECK(world.get_json("/v1/channels", other)["backlog"]["waiting"] == 2);
}

TEST_CASE("what the listener refuses unread is a problem document too") {
  for (const auto& [status, code] :
       {std::pair{400, "malformed-request"}, std::pair{408, "malformed-request"},
        std::pair{413, "body-too-large"}, std::pair{414, "malformed-request"},
        std::pair{431, "malformed-request"}, std::pair{503, "overloaded"}}) {
    const net::Response answer = api::listener_refusal(status);
    CHECK(answer.status == status);
    CHECK(answer.close);
    CHECK(answer.content_type == "application/problem+json");
    const Json body = Json::parse(answer.body);
    CHECK(body["status"] == status);
    CHECK(body["code"] == code);
    CHECK(std::ranges::any_of(answer.headers, [&](const auto& header) {
      return header.first == "X-Request-Id" && header.second == body["trace_id"];
    }));
  }
}

TEST_CASE("drift is reported with its counts") {
  ApiWorld world;
  const auto acme = world.channels.snapshot()->at("acme");
  store::Batch batch;
  batch.drift.push_back({acme.tenant,
                         acme.id,
                         "2024-12-19",
                         {models::Drift::Kind::unknown_event, "event/new", "", "object(3)"},
                         2,
                         world.now});
  REQUIRE(world.store->write(batch));
  const Json data = world.get_json("/v1/drift", world.key({"admin"}))["data"];
  REQUIRE(data.size() == 1);
  CHECK(data[0]["event"] == "event/new");
  CHECK(data[0]["count"] == 2);
  CHECK(data[0]["channel"] == "acme");
}

TEST_CASE("drift that only an earlier version noticed is told to who asks for all of it") {
  ApiWorld world;
  const auto acme = world.channels.snapshot()->at("acme");
  const auto far = world.channels.snapshot()->at("far");
  const auto notice = [&](const adapters::BoundChannel& bound, const char* pack,
                          const char* pointer) {
    store::Batch batch;
    batch.drift.push_back({bound.tenant,
                           bound.id,
                           pack,
                           {models::Drift::Kind::vanished, "event/known", pointer, ""},
                           1,
                           world.now});
    REQUIRE(world.store->write(batch));
  };
  notice(acme, "2024-12-19", "/now");
  notice(acme, "2023-06-26", "/before");
  notice(far, "2024-12-19", "/elsewhere");
  const std::string key = world.key({"admin"});
  const auto pointers = [&](const std::string& query) {
    std::set<std::string> found;
    const Json answer = world.get_json("/v1/drift" + query, key);
    for (const Json& row : answer["data"]) {
      CHECK(row["kind"] == "vanished");
      found.insert(row["pointer"].get<std::string>());
    }
    return found;
  };
  CHECK(pointers("") == std::set<std::string>{"/now"});
  CHECK(pointers("?all=false") == std::set<std::string>{"/now"});
  CHECK(pointers("?all=true") == std::set<std::string>{"/now", "/before"});
  CHECK(world.get("/v1/drift?all=yes", key).status == 400);
  // A channel that is no more in the configuration has no version in force.
  adapters::ChannelMap rest = *world.channels.snapshot();
  rest.erase("acme");
  world.channels.replace(std::move(rest));
  CHECK(pointers("").empty());
  CHECK(pointers("?all=true").size() == 2);
}

TEST_CASE("a channel tells how many requests wait in its quarantine, and nobody else's") {
  ApiWorld world;
  const auto acme = world.channels.snapshot()->at("acme");
  const auto far = world.channels.snapshot()->at("far");
  std::vector<store::Quarantined> requests;
  for (const auto& bound : {acme, acme, far}) {
    requests.push_back({0, bound.tenant, bound.id, world.now, "POST / HTTP/1.1"});
  }
  REQUIRE(world.store->quarantine(requests));
  const Json data = world.get_json("/v1/channels", world.key({"customers:read"}))["data"];
  REQUIRE(data.size() == 2);
  for (const Json& channel : data) {
    const bool is_acme = channel["id"] == "acme";
    CHECK(channel["quarantine"]["requests"] == (is_acme ? 2 : 0));
    CHECK((channel["quarantine"]["bytes"] > 0) == is_acme);
  }
}

TEST_CASE("a problem has all members of its form, and its type leads to its page") {
  ApiWorld world;
  const net::Response response = world.get("/v1/nothing");
  CHECK(response.status == 404);
  CHECK(response.content_type == "application/problem+json");
  const Json problem = Json::parse(response.body);
  CHECK(problem["type"] == "/docs/problems#not-found");
  CHECK(problem["title"] == "There is no such thing");
  CHECK(problem["status"] == 404);
  CHECK(problem["code"] == "not-found");
  CHECK(problem["retryable"] == false);
  CHECK(problem["trace_id"] == header(response, "X-Request-Id"));
  const std::string page = world.get("/docs/problems").body;
  for (const auto& description : api::problem_descriptions()) {
    CHECK(page.find("id=\"" + std::string(description.name) + '"') != std::string::npos);
  }
}

TEST_CASE("a gateway whose schema is not the program's is alive and not ready") {
  ApiWorld world;
  const auto empty = store::open_store({"sqlite:" + world.folder.file("empty.db"), {}, 1});
  api::ApiOptions options;
  options.threads = 0;
  api::Api api(*empty, world.channels, world.metrics, system_now, options);
  const auto status = [&](const std::string& target) {
    int answered = 0;
    api.handle(ApiWorld::request("GET", target),
               [&](const net::Response& response) { answered = response.status; });
    return answered;
  };
  CHECK(status("/healthz") == 200);
  CHECK(status("/readyz") == 503);
}

TEST_CASE("health is told in time while the store hangs and everything else waits for it") {
  ApiWorld world;
  tests::FaultyStore hanging(*world.store);
  api::ApiOptions options;
  options.threads = 2;
  options.health_patience = Milliseconds{50};
  api::Api api(hanging, world.channels, world.metrics, system_now, options);
  const auto ask = [&](const std::string& target) {
    auto promise = std::make_shared<std::promise<int>>();
    api.handle(ApiWorld::request("GET", target),
               [promise](const net::Response& response) { promise->set_value(response.status); });
    return promise->get_future();
  };
  CHECK(ask("/readyz").get() == 200);
  hanging.hold();
  std::vector<std::future<int>> waiting;
  for (int i = 0; i < 4; ++i) waiting.push_back(ask("/v1/channels"));
  CHECK(ask("/readyz").get() == 503);
  // The store owes an answer already, so nobody waits for it again.
  std::vector<std::future<int>> probes;
  for (int i = 0; i < 8; ++i) probes.push_back(ask("/readyz"));
  for (std::future<int>& each : probes) CHECK(each.get() == 503);
  hanging.release();
  for (std::future<int>& each : waiting) CHECK(each.get() == 401);
  int status = 503;
  while (status == 503) status = ask("/readyz").get();
  CHECK(status == 200);
}

TEST_CASE("a parameter without a value is refused, since it would be ignored in silence") {
  ApiWorld world;
  const std::string secret = world.key({"admin"});
  for (const char* target : {"/v1/customers?staff=", "/v1/customers?limit=",
                             "/v1/customers?cursor=", "/v1/events?status="}) {
    CAPTURE(std::string(target));
    CHECK(code_of(world.get(target, secret)) == "invalid-parameter");
  }
  CHECK(world.get("/v1/changes?after=", secret).status == 200);  // the feed's beginning
}

TEST_CASE(
    "a store that does not answer is a problem that may pass, and says nothing of the inside") {
  const api::Problem problem =
      api::problem_from({ErrorCode::unavailable, "host db.internal refused user guanxi"});
  const net::Response response = api::problem_response(problem, "t");
  CHECK(response.status == 503);
  CHECK(header(response, "Retry-After") == "1");
  CHECK(Json::parse(response.body)["retryable"] == true);
  CHECK(response.body.find("internal") == std::string::npos);
}

TEST_CASE("the page of routes names every route, its parameters and its scope") {
  ApiWorld world;
  const std::string page = world.get("/docs").body;
  CHECK(page.find("GET /v1/changes?after=&amp;limit=&amp;wait=</code><td>customers:read") !=
        std::string::npos);
  CHECK(page.find("GET /healthz</code><td>none") != std::string::npos);
}

TEST_CASE("the printed page of problems names the same codes") {
  std::ifstream file(GUANXI_SOURCE_DIR "/docs/problems.md");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  for (const auto& description : api::problem_descriptions()) {
    CAPTURE(description.name);
    CHECK(text.find("## " + std::string(description.name) + "\n") != std::string::npos);
  }
}

TEST_CASE("other methods are refused with those allowed, and HEAD is GET") {
  ApiWorld world;
  const std::string secret = world.key({"admin"});
  const auto send = [&](const std::string& method, const std::string& target) {
    return **world.send(ApiWorld::request(method, target, secret));
  };
  CHECK(send("DELETE", "/v1/customers").status == 405);
  CHECK(header(send("DELETE", "/v1/customers"), "Allow") == "GET, HEAD");
  CHECK(header(send("GET", "/v1/customers/lookup"), "Allow") == "POST");
  CHECK(send("HEAD", "/v1/customers").status == 200);
  CHECK(send("HEAD", "/healthz").status == 200);
  CHECK(send("POST", "/healthz").status == 405);
  for (const std::string target : {"/", "/v1", "/v1/customers/", "/v1/customers//timeline",
                                   "/v1/customers/a/b/timeline", "/V1/customers", "/metrics/"}) {
    CAPTURE(target);
    CHECK(send("GET", target).status == 404);
  }
}

TEST_CASE("metrics count requests by route, not by what callers made up") {
  ApiWorld world;
  world.get("/v1/customers/made-up", world.key({"customers:read"}));
  world.get("/made-up");
  const std::string text = world.get("/metrics", world.key({"admin"})).body;
  CHECK(text.find(R"(guanxi_http_requests_total{route="/v1/customers/{id}",status="404"} 1)") !=
        std::string::npos);
  CHECK(text.find("made-up") == std::string::npos);
}

TEST_CASE("more work than the queue holds is refused, and what was taken is finished") {
  api::Workers workers(1, 2);
  std::mutex gate;
  std::condition_variable changed;
  bool busy = false;
  bool open = false;
  int done = 0;
  REQUIRE(workers.submit([&] {
    std::unique_lock lock(gate);
    busy = true;
    changed.notify_all();
    changed.wait(lock, [&] { return open; });
    ++done;
  }));
  {
    std::unique_lock lock(gate);
    changed.wait(lock, [&] { return busy; });
  }
  CHECK(workers.submit([&] { ++done; }));
  CHECK(workers.submit([&] { ++done; }));
  CHECK_FALSE(workers.submit([&] { ++done; }));
  {
    const std::lock_guard lock(gate);
    open = true;
    changed.notify_all();
  }
  workers.stop();
  CHECK(done == 3);
  CHECK_FALSE(workers.submit([&] { ++done; }));
}
