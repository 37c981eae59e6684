#include "gateway/platform/enricher.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "adapters/registry.h"
#include "gateway/net/http_client.h"
#include "models/json.h"
#include "tests/support/pipeline_world.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wecom_simulator.h"

using namespace guanxi;
using namespace guanxi::tests;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kDay = 1'735'689'600;
const char kDetail[] = "/cgi-bin/externalcontact/get";
const char kToken[] = "/cgi-bin/gettoken";

// A client whose next calls get no answer.
class Line final : public net::HttpClient {
 public:
  Result<net::ClientResponse> send(const net::ClientRequest& request) override {
    if (silent_ == 0) return client_->send(request);
    --silent_;
    ++unanswered;
    return fail(ErrorCode::unavailable, "no answer within 10000 ms");
  }
  void silence(int calls) { silent_ = calls; }

  int unanswered = 0;

 private:
  std::unique_ptr<net::HttpClient> client_ = net::make_http_client();
  std::atomic<int> silent_ = 0;
};

// A pipeline whose channels call a simulator over HTTP.
struct Gateway {
  Gateway() : store(store::open_store({"sqlite:" + folder.file("guanxi.db"), {}, 4})) {
    REQUIRE(store->migrate());
    world = std::make_unique<PipelineWorld>(*store, simulator.api_base());
    tokens = make_tokens("one");
    enricher = std::make_unique<platform::Enricher>(
        *store, world->channels, *client, *tokens, world->metrics, [this] { return world->now; },
        [](std::uint8_t* bytes, std::size_t size) {
          std::fill(bytes, bytes + size, std::uint8_t{0});
        });
  }

  std::unique_ptr<platform::Tokens> make_tokens(const std::string& holder) {
    return std::make_unique<platform::Tokens>(
        *store, *client, world->metrics, [this] { return world->now; }, holder,
        [](Milliseconds pause) { std::this_thread::sleep_for(pause); });
  }

  // Works inbox and calls in turn until neither has anything due.
  void settle() {
    for (int round = 0; round < 100; ++round) {
      world->work();
      const auto called = enricher->work_once(100);
      REQUIRE(called);
      if (*called == 0 && store->backlog()->waiting == 0) return;
    }
    FAIL("calls lead to calls without end");
  }

  void add(const std::string& external_userid) {
    world->deliver(contact_event("add_external_contact", external_userid, "sales.li", kDay));
    world->work();
  }

  // A customer of five staff members, whom the API lists two at a time.
  void put_five_followers(const std::string& external_userid) {
    Json follow = Json::array();
    for (int i = 0; i < 5; ++i) {
      follow.push_back(
          {{"userid", "sales." + std::to_string(i)}, {"createtime", kDay}, {"add_way", 1}});
    }
    simulator.put_customer({{"external_contact",
                             {{"external_userid", external_userid}, {"name", "多页"}, {"type", 1}}},
                            {"follow_user", follow}});
    simulator.set_follower_page(2);
  }

  TemporaryFolder folder;
  net::IoThreads threads{1};
  WecomSimulator simulator{threads};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Line> client = std::make_unique<Line>();
  std::unique_ptr<PipelineWorld> world;
  std::unique_ptr<platform::Tokens> tokens;
  std::unique_ptr<platform::Enricher> enricher;
};

bool has_name(Gateway& gateway, const std::string& external_userid) {
  return !models::value_of(gateway.world->customer(external_userid).fields, "name").is_null();
}

}  // namespace

TEST_CASE("a thin event is completed by the platform, staff names included") {
  Gateway gateway;
  gateway.add("wmDemoAAA0001");
  CHECK(!has_name(gateway, "wmDemoAAA0001"));
  gateway.settle();
  CHECK(has_name(gateway, "wmDemoAAA0001"));
  CHECK(gateway.simulator.calls(kDetail) == 1);
  CHECK(gateway.simulator.calls("/cgi-bin/user/get") >= 1);
  CHECK(gateway.simulator.calls(kToken) == 1);
  const models::Identity staff =
      *gateway.world->channels.snapshot()->at("acme").adapter->identify("userid", "sales.li");
  const store::Key key = gateway.store->key_of(gateway.world->tenant(), staff);
  const auto entity = gateway.store->entities(gateway.world->tenant(), {&key, 1});
  REQUIRE(entity);
  REQUIRE(entity->size() == 1);
  CHECK(models::value_of(entity->front().second.fields, "name").is_string());
}

TEST_CASE("followers are read over all pages of the answer") {
  Gateway gateway;
  gateway.put_five_followers("wmPages0001");
  gateway.add("wmPages0001");
  gateway.settle();
  CHECK(gateway.simulator.calls(kDetail) == 3);
  const models::Customer customer = gateway.world->customer("wmPages0001");
  CHECK(std::ranges::count(customer.relations, std::string("active"), &models::Relation::status) ==
        5);
  // Each of them is asked for by name, whoever the event was about.
  CHECK(gateway.simulator.calls("/cgi-bin/user/get") >= 5);
}

TEST_CASE("a list of which a later page is refused is read from its start again") {
  Gateway gateway;
  gateway.put_five_followers("wmPages0001");
  gateway.add("wmPages0001");
  REQUIRE(gateway.enricher->work_once(100));
  gateway.simulator.fail_next(kDetail, {false, 0, 50100, 1});
  gateway.settle();
  // The one of the event, and those of the first page.
  CHECK(gateway.world->customer("wmPages0001").relations.size() == 3);
  gateway.world->now += 10min;
  gateway.settle();
  CHECK(gateway.world->customer("wmPages0001").relations.size() == 6);
}

TEST_CASE("a refused token is fetched once more, and the call made again") {
  Gateway gateway;
  gateway.add("wmDemoAAA0001");
  gateway.settle();
  gateway.simulator.revoke_tokens();
  gateway.add("wmDemoAAA0002");
  gateway.settle();
  CHECK(has_name(gateway, "wmDemoAAA0002"));
  CHECK(gateway.simulator.calls(kToken) == 2);
}

TEST_CASE("a token that is given out again after it was refused is used again") {
  Gateway gateway;
  gateway.simulator.fail_next(kDetail, {false, 0, 40014, 1});
  for (int i = 1; i <= 5; ++i) gateway.add("wmDemoAAA000" + std::to_string(i));
  gateway.settle();
  for (int i = 1; i <= 5; ++i) CHECK(has_name(gateway, "wmDemoAAA000" + std::to_string(i)));
  CHECK(gateway.simulator.calls(kToken) == 2);
}

TEST_CASE("a token that stays refused is not fetched for every call") {
  Gateway gateway;
  gateway.simulator.fail_next(kDetail, {false, 0, 40014, 1000});
  for (int i = 1; i <= 5; ++i) gateway.add("wmDemoAAA000" + std::to_string(i));
  gateway.settle();
  CHECK(gateway.simulator.calls(kToken) == 2);
}

TEST_CASE("a used-up quota is waited for by all who make that call") {
  Gateway gateway;
  gateway.simulator.fail_next(kDetail, {false, 0, 45009, 1});
  for (int i = 1; i <= 5; ++i) gateway.add("wmDemoAAA000" + std::to_string(i));
  gateway.settle();
  CHECK(gateway.simulator.calls(kDetail) == 1);
  gateway.world->now += 32 * 24h;
  gateway.settle();
  for (int i = 1; i <= 5; ++i) CHECK(has_name(gateway, "wmDemoAAA000" + std::to_string(i)));
}

TEST_CASE("a platform that does not answer is asked by one call at a time, and others meanwhile") {
  Gateway gateway;
  const auto id = [](int i) { return "wmDemoAAA000" + std::to_string(i); };
  gateway.add(id(1));
  gateway.settle();
  for (int i = 2; i <= 6; ++i) gateway.add(id(i));
  gateway.world->deliver(contact_event("add_external_contact", id(7), "sales.li", kDay), "other");
  gateway.world->work();
  gateway.client->silence(1);
  gateway.settle();
  CHECK(gateway.client->unanswered == 1);
  for (int i = 2; i <= 6; ++i) CHECK(!has_name(gateway, id(i)));
  const auto elsewhere = gateway.world->customer(id(7), "other");
  CHECK(!models::value_of(elsewhere.fields, "name").is_null());

  gateway.client->silence(1);
  gateway.world->now += 30s;
  gateway.settle();
  CHECK(gateway.client->unanswered == 2);
  gateway.world->now += 1min;
  gateway.settle();
  for (int i = 2; i <= 6; ++i) CHECK(has_name(gateway, id(i)));
}

TEST_CASE("what an outage of two weeks kept from being completed is completed after it") {
  Gateway gateway;
  constexpr int kHours = 14 * 24;
  gateway.simulator.fail_next(kDetail, {false, 503, 0, kHours});
  gateway.add("wmDemoAAA0001");
  for (int hour = 0; hour < kHours; ++hour) {
    gateway.settle();
    gateway.world->now += 1h;
  }
  CHECK(!has_name(gateway, "wmDemoAAA0001"));
  CHECK(gateway.store->backlog()->dead_tasks == 0);
  gateway.settle();
  CHECK(has_name(gateway, "wmDemoAAA0001"));
}

TEST_CASE("an event whose completion fails keeps what it says, and is completed later") {
  struct Row {
    const char* what;
    WecomFailure failure;
    Milliseconds later;
  };
  const Row rows[] = {{"the platform is busy", {false, 0, -1, 1}, 30s},
                      {"the platform answers 502", {false, 502, 0, 1}, 30s},
                      {"the quota is used up", {false, 0, 45009, 1}, 32 * 24h},
                      {"our address is not trusted", {false, 0, 60020, 1}, 2h}};
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Gateway gateway;
    gateway.simulator.fail_next(kDetail, row.failure);
    gateway.add("wmDemoAAA0001");
    gateway.settle();
    CHECK(gateway.world->customer("wmDemoAAA0001").relations.size() == 1);
    CHECK(!has_name(gateway, "wmDemoAAA0001"));
    CHECK(gateway.store->backlog()->tasks == 1);
    gateway.world->now += row.later;
    gateway.settle();
    CHECK(has_name(gateway, "wmDemoAAA0001"));
  }
}

TEST_CASE("a customer whom the platform does not know any more is not asked for again") {
  Gateway gateway;
  gateway.simulator.remove_customer("wmDemoAAA0001");
  gateway.add("wmDemoAAA0001");
  gateway.settle();
  CHECK(gateway.store->backlog()->dead_tasks == 1);
  gateway.world->now += 24h;
  gateway.settle();
  CHECK(gateway.simulator.calls(kDetail) == 1);
}

TEST_CASE("a wrong secret is not asked with again and again") {
  Gateway gateway;
  gateway.simulator.fail_next(kToken, {false, 0, 40001, 1000});
  for (int i = 1; i <= 20; ++i) gateway.add("wmDemoAAA000" + std::to_string(i));
  gateway.settle();
  CHECK(gateway.simulator.calls(kToken) == 1);
  CHECK(gateway.store->backlog()->dead_tasks == 0);
}

TEST_CASE("a token is refreshed before it ends, and the old one serves when that fails") {
  Gateway gateway;
  const adapters::BoundChannel& channel = gateway.world->channels.snapshot()->at("acme");
  const std::string name = *channel.adapter->token_name("contact.get", gateway.world->now);
  const auto first = gateway.tokens->get(channel, name);
  REQUIRE(first);
  gateway.world->now += 7200s - 200s;
  gateway.simulator.fail_next(kToken, {false, 500, 0, 1});
  CHECK(*gateway.tokens->get(channel, name) == *first);
  gateway.world->now += 10s;
  const auto second = gateway.tokens->get(channel, name);
  REQUIRE(second);
  CHECK(gateway.simulator.calls(kToken) == 3);
}

TEST_CASE("a token that lives no longer than the margin is not fetched for every call") {
  Gateway gateway;
  gateway.simulator.set_token_lifetime(200);
  const auto snapshot = gateway.world->channels.snapshot();
  const adapters::BoundChannel& channel = snapshot->at("acme");
  const std::string name = *channel.adapter->token_name("contact.get", gateway.world->now);
  for (int i = 0; i < 5; ++i) CHECK(gateway.tokens->get(channel, name));
  CHECK(gateway.simulator.calls(kToken) == 1);
  gateway.world->now += 101s;
  CHECK(gateway.tokens->get(channel, name));
  CHECK(gateway.simulator.calls(kToken) == 2);
}

TEST_CASE("a token is had by a channel's settings: with another secret it is not used") {
  Gateway gateway;
  const auto snapshot = gateway.world->channels.snapshot();
  const adapters::BoundChannel& channel = snapshot->at("acme");
  const std::string name = *channel.adapter->token_name("contact.get", gateway.world->now);
  REQUIRE(gateway.tokens->get(channel, name));
  adapters::ChannelSettings settings = channel.adapter->channel();
  settings.settings["secret"] = "not-it";
  const adapters::Registry registry;
  adapters::BoundChannel other = channel;
  auto bound = registry.bind(settings);
  if (!bound) FAIL(bound.error().detail);
  other.adapter = *bound;
  const auto refused = gateway.tokens->get(other, name);
  REQUIRE(!refused);
  CHECK(refused.error().action == adapters::ApiVerdict::Action::alert);
  CHECK(gateway.make_tokens("another process")->get(channel, name));
  CHECK(gateway.simulator.calls(kToken) == 2);
}

TEST_CASE("many callers, in several processes, cause one fetch") {
  Gateway gateway;
  const auto snapshot = gateway.world->channels.snapshot();
  const adapters::BoundChannel& channel = snapshot->at("acme");
  const std::string name = *channel.adapter->token_name("contact.get", gateway.world->now);
  std::vector<std::unique_ptr<platform::Tokens>> processes;
  for (const char* holder : {"a", "b", "c"}) processes.push_back(gateway.make_tokens(holder));
  std::atomic<int> had{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 30; ++i) {
    callers.emplace_back([&, i] {
      if (processes[static_cast<std::size_t>(i % 3)]->get(channel, name)) ++had;
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(had == 30);
  CHECK(gateway.simulator.calls(kToken) == 1);
}

TEST_CASE("an old token that is refused late does not spoil the new one") {
  Gateway gateway;
  const auto snapshot = gateway.world->channels.snapshot();
  const adapters::BoundChannel& channel = snapshot->at("acme");
  const std::string name = *channel.adapter->token_name("contact.get", gateway.world->now);
  const std::string old = *gateway.tokens->get(channel, name);
  gateway.simulator.revoke_tokens();
  gateway.tokens->expire(channel, name, old);
  const std::string fresh = *gateway.tokens->get(channel, name);
  gateway.tokens->expire(channel, name, old);
  CHECK(*gateway.tokens->get(channel, name) == fresh);
  CHECK(gateway.simulator.calls(kToken) == 2);
}

TEST_CASE("an error code that the pack does not know is drift, and tried again") {
  Gateway gateway;
  gateway.simulator.fail_next(kDetail, {false, 0, 99'887, 1});
  gateway.add("wmDemoAAA0001");
  gateway.settle();
  const auto drift = gateway.store->drift(gateway.world->tenant());
  REQUIRE(drift);
  CHECK(std::ranges::any_of(*drift, [](const store::DriftRow& row) {
    return row.drift.kind == models::Drift::Kind::unknown_error && row.drift.pointer == "99887";
  }));
  CHECK(gateway.world->metrics.render().find(
            R"(guanxi_drift_total{channel="acme",kind="unknown_error"} 1)") != std::string::npos);
  gateway.world->now += 1min;
  gateway.settle();
  CHECK(has_name(gateway, "wmDemoAAA0001"));
}
