#include "gateway/ingest/ingest.h"

#include <doctest/doctest.h>

#include <future>
#include <set>

#include "tests/support/faulty_store.h"
#include "tests/support/pipeline_world.h"
#include "tests/support/temporary_folder.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

constexpr std::int64_t kDay = 1'735'689'600;

// What is held in a test is held for as long as the test takes, on however slow a machine.
ingest::IngestOptions patient(ingest::IngestOptions options = {}) {
  options.patience = std::chrono::hours(1);
  return options;
}

class Site {
 public:
  explicit Site(ingest::IngestOptions options = patient(), std::size_t appends_at_once = 1)
      : inner(store::open_store({"sqlite:" + folder.file("guanxi.db"), {}, 2})), faulty(*inner) {
    REQUIRE(inner->migrate());
    faulty.overlap_appends(appends_at_once);
    world = std::make_unique<PipelineWorld>(*inner);
    ingest = std::make_unique<ingest::Ingest>(
        faulty, world->channels, world->metrics, [this] { return world->now; }, options);
  }
  ~Site() { faulty.release(); }

  net::Request callback(const std::string& payload, const std::string& nonce = "1") const {
    const auto snapshot = world->channels.snapshot();
    adapters::Forgery forgery;
    forgery.now = world->now;
    forgery.nonce = nonce;
    forgery.filler = "0123456789abcdef";
    const auto made = snapshot->at("acme").adapter->make_callback(payload, forgery);
    REQUIRE(made);
    net::Request request;
    request.method = made->method;
    request.path = "/callbacks/wecom/acme";
    request.query = made->query;
    request.headers = made->headers;
    request.body = made->body;
    return request;
  }

  std::future<net::Response> send(net::Request request) {
    auto promise = std::make_shared<std::promise<net::Response>>();
    ingest->handle(std::move(request),
                   [promise](net::Response response) { promise->set_value(std::move(response)); });
    return promise->get_future();
  }

  std::int64_t rows() const { return inner->backlog()->waiting; }

  TemporaryFolder folder;
  std::unique_ptr<store::Store> inner;
  FaultyStore faulty;
  std::unique_ptr<PipelineWorld> world;
  std::unique_ptr<ingest::Ingest> ingest;
};

std::string event(int number) {
  return contact_event("del_follow_user", "wm" + std::to_string(number), "li", kDay);
}

}  // namespace

TEST_CASE("a callback is answered with the platform's success body when it is stored") {
  Site site;
  const net::Response answer = site.send(site.callback(event(1))).get();
  CHECK(answer.status == 200);
  CHECK(answer.body.empty());
  CHECK(site.rows() == 1);
}

TEST_CASE("what is refused is told apart by its status alone") {
  Site site;
  struct Row {
    const char* what;
    int status;
    void (*change)(net::Request&);
  };
  const Row rows[] = {
      {"another channel", 404, [](net::Request& r) { r.path = "/callbacks/wecom/nobody"; }},
      {"another platform", 404, [](net::Request& r) { r.path = "/callbacks/wechat/acme"; }},
      {"a longer path", 404, [](net::Request& r) { r.path = "/callbacks/wecom/acme/x"; }},
      {"no channel", 404, [](net::Request& r) { r.path = "/callbacks/wecom/"; }},
      {"another method", 405, [](net::Request& r) { r.method = "PUT"; }},
      {"another signature", 403,
       [](net::Request& r) { r.query[r.query.find("msg_signature=") + 14] ^= 1; }},
      {"no signature", 403, [](net::Request& r) { r.query = "timestamp=1&nonce=2"; }},
      {"another ciphertext", 403,
       [](net::Request& r) { r.body[r.body.find("Encrypt") + 30] ^= 1; }},
  };
  std::set<std::string> bodies;
  for (const Row& row : rows) {
    CAPTURE(row.what);
    net::Request request = site.callback(event(1));
    row.change(request);
    const net::Response answer = site.send(std::move(request)).get();
    CHECK(answer.status == row.status);
    bodies.insert(answer.body);
  }
  net::Request garbage = site.callback(event(1));
  garbage.body = "<<<";
  const net::Response answer = site.send(std::move(garbage)).get();
  CHECK((answer.status == 400 || answer.status == 403));
  bodies.insert(answer.body);
  CHECK(bodies.size() == 1);
  CHECK(site.rows() == 0);
}

TEST_CASE("nothing is answered before it is durable, and what waits is committed together") {
  Site site;
  site.faulty.hold();
  std::vector<std::future<net::Response>> answers;
  answers.push_back(site.send(site.callback(event(0))));
  site.faulty.await_held(1);
  for (int i = 1; i <= 50; ++i) answers.push_back(site.send(site.callback(event(i))));
  for (auto& answer : answers) {
    CHECK(answer.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
  }
  CHECK(site.rows() == 0);
  const auto calls = site.faulty.calls();
  site.faulty.release();
  for (auto& answer : answers) CHECK(answer.get().status == 200);
  CHECK(site.rows() == 51);
  CHECK(site.faulty.calls() - calls <= 2);
}

TEST_CASE("while the store hangs callbacks are refused, and taken again when it answers") {
  ingest::IngestOptions options;
  options.patience = Milliseconds{50};
  Site site(options);
  site.faulty.hold();
  auto held = site.send(site.callback(event(1)));
  site.faulty.await_held(1);
  auto behind = site.send(site.callback(event(2)));
  CHECK(held.get().status == 503);
  CHECK(behind.get().status == 503);
  const net::Response at_once = site.send(site.callback(event(3))).get();
  CHECK(at_once.status == 503);
  site.faulty.release();
  // The commit that hung was one all the same; what the platform delivers again is known then.
  int status = 503;
  while (status == 503) status = site.send(site.callback(event(1), "2")).get().status;
  CHECK(status == 200);
  site.world->work();
  const auto page =
      site.inner->events(site.world->tenant(), std::nullopt, std::nullopt, 0, 10).value();
  CHECK(page.rows.size() == 1);
}

TEST_CASE("where commits overlap, a crowd is committed beside the one under way, and less waits") {
  Site site(patient(), 2);
  site.faulty.hold();
  std::vector<std::future<net::Response>> answers;
  const auto send = [&](int first, int last) {
    for (int i = first; i <= last; ++i) answers.push_back(site.send(site.callback(event(i))));
  };
  send(0, 0);
  site.faulty.await_held(1);
  send(1, 16);
  site.faulty.await_held(2);
  const auto calls = site.faulty.calls();
  send(17, 20);
  site.faulty.release();
  for (auto& answer : answers) CHECK(answer.get().status == 200);
  CHECK(site.rows() == 21);
  // The one that was alone, the crowd, and what gathered while both were under way.
  CHECK(site.faulty.calls() - calls == 3);
}

TEST_CASE("callbacks crowd in when many share a commit, and what can wait gives way to them") {
  Site site;
  // A single callback is no crowd, and nobody has to wait for it.
  CHECK(site.send(site.callback(event(100))).get().status == 200);
  CHECK(!site.ingest->is_crowded());
  site.ingest->give_way(std::chrono::hours(1));

  site.faulty.hold();
  std::vector<std::future<net::Response>> answers;
  answers.push_back(site.send(site.callback(event(0))));
  site.faulty.await_held(1);
  for (int i = 1; i <= 20; ++i) answers.push_back(site.send(site.callback(event(i))));
  site.faulty.release();
  for (auto& answer : answers) CHECK(answer.get().status == 200);
  // They were a crowd until a moment ago. Whoever gives way may go on when they stop coming, long
  // before its share of the time is reached.
  site.ingest->give_way(std::chrono::hours(1));
  CHECK(!site.ingest->is_crowded());
}

TEST_CASE("past the bound on what waits, callbacks are answered 503 with Retry-After") {
  Site site(patient({.max_waiting = 3, .max_batch = 8}));
  site.faulty.hold();
  std::vector<std::future<net::Response>> answers;
  for (int i = 0; i < 3; ++i) answers.push_back(site.send(site.callback(event(i))));
  const net::Response refused = site.send(site.callback(event(9))).get();
  CHECK(refused.status == 503);
  REQUIRE(!refused.headers.empty());
  CHECK(refused.headers[0].first == "Retry-After");
  site.faulty.release();
  for (auto& answer : answers) CHECK(answer.get().status == 200);
  CHECK(site.send(site.callback(event(9))).get().status == 200);
}

TEST_CASE("a store that refuses is answered with 503, and the same callback is taken later") {
  Site site;
  site.faulty.fail_always();
  CHECK(site.send(site.callback(event(1))).get().status == 503);
  CHECK(site.rows() == 0);
  site.faulty.heal();
  CHECK(site.send(site.callback(event(1))).get().status == 200);
  CHECK(site.rows() == 1);
}

TEST_CASE(
    "a commit of which the outcome is not known is answered 503, and its repetition changes "
    "nothing") {
  Site site;
  site.faulty.fail_call(1, FaultyStore::When::after);
  CHECK(site.send(site.callback(event(1))).get().status == 503);
  CHECK(site.send(site.callback(event(1), "2")).get().status == 200);
  CHECK(site.inner->admit(10)->stored == 1);
}

TEST_CASE("ten copies are one row, and payloads that differ in a byte are two") {
  Site site;
  for (int i = 0; i < 10; ++i) {
    CHECK(site.send(site.callback(event(1), std::to_string(i))).get().status == 200);
  }
  CHECK(site.send(site.callback(event(2))).get().status == 200);
  CHECK(site.rows() == 11);
  site.world->work();
  CHECK(site.inner->events(site.world->tenant(), {}, {}, 0, 100)->rows.size() == 2);
  const auto counters = site.world->metrics.channel("acme", "wecom").counters();
  CHECK(counters.received == 11);
  CHECK(counters.duplicates == 9);
}
