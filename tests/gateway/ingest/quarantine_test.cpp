#include "gateway/ingest/quarantine.h"

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>

#include "tests/support/faulty_store.h"
#include "tests/support/pipeline_world.h"
#include "tests/support/temporary_folder.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

constexpr std::int64_t kDay = 1'735'689'600;

// Waits for what the quarantine's thread reports.
class Bell {
 public:
  void ring() {
    {
      const std::lock_guard lock(mutex_);
      ++rings_;
    }
    changed_.notify_all();
  }
  void await(int rings) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return rings_ >= rings; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int rings_ = 0;
};

struct Site {
  Site() : store(store::open_store({"sqlite:" + folder.file("guanxi.db"), {}, 2})) {
    REQUIRE(store->migrate());
    world = std::make_unique<PipelineWorld>(*store);
    known = *world->channels.snapshot();
    unknown = known;
    // The platform signs with what the channel does not know yet.
    auto settings = known.at("acme").adapter->channel();
    settings.settings["token"] = "AnotherToken";
    settings.settings.erase("receive_id");
    auto other = adapters::Registry().bind(settings);
    if (!other) FAIL(other.error().detail);
    unknown.at("acme").adapter = *std::move(other);
    world->channels.replace(unknown);
  }

  adapters::Callback callback(int number) const {
    adapters::Forgery forgery;
    forgery.now = world->now;
    forgery.nonce = std::to_string(number);
    forgery.filler = "0123456789abcdef";
    const auto made = known.at("acme").adapter->make_callback(
        contact_event("del_follow_user", "wm" + std::to_string(number), "li", kDay), forgery);
    REQUIRE(made);
    return *made;
  }

  std::unique_ptr<ingest::Quarantine> open(ingest::QuarantineOptions options = {}) {
    return std::make_unique<ingest::Quarantine>(
        *store, world->channels, world->metrics, [this] { return world->now; }, options,
        [this] { released.ring(); });
  }

  void keep(ingest::Quarantine& quarantine, int number) {
    const adapters::BoundChannel& bound = unknown.at("acme");
    const adapters::Callback request = callback(number);
    REQUIRE(!bound.adapter->open(request, world->now));
    quarantine.keep("acme", bound, request, world->now);
  }

  std::size_t rows() { return store->quarantined(known.at("acme").id, 0, 1'000)->size(); }

  TemporaryFolder folder;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<PipelineWorld> world;
  adapters::ChannelMap known;
  adapters::ChannelMap unknown;
  Bell released;
};

}  // namespace

TEST_CASE("a request is the same after it was packed, whatever bytes it has") {
  const adapters::Callback request{"POST",
                                   "/callbacks/wecom/acme",
                                   "a=%00&b=",
                                   {{"X-Sign", "\xff\x00z"}, {"x", ""}},
                                   std::string("\0\x80<xml>", 7)};
  const auto again = ingest::unpack_request(ingest::pack_request(request));
  REQUIRE(again);
  CHECK(again->method == request.method);
  CHECK(again->path == request.path);
  CHECK(again->query == request.query);
  CHECK(again->headers == request.headers);
  CHECK(again->body == request.body);
  for (const char* other : {"", "\x85", "no request", "\x80"}) {
    CHECK(!ingest::unpack_request(other));
  }
}

TEST_CASE(
    "what no recipe proved waits, and is taken in once the channel knows the platform's way") {
  Site site;
  auto quarantine = site.open();
  for (const int number : {1, 2, 3}) site.keep(*quarantine, number);
  quarantine.reset();  // writes what waits
  CHECK(site.rows() == 3);
  CHECK(site.store->backlog()->waiting == 0);

  // Days later, when their time would be no longer fresh.
  site.world->now += Milliseconds{3 * 24 * 3'600'000};
  quarantine = site.open();
  site.world->channels.replace(site.known);
  quarantine->review();
  site.released.await(1);
  quarantine.reset();
  CHECK(site.rows() == 0);
  site.world->work();
  CHECK(site.world->customers().size() == 3);
}

TEST_CASE("a forgery waits too, and is never taken in") {
  Site site;
  auto quarantine = site.open();
  adapters::Callback forged = site.callback(1);
  forged.query.replace(forged.query.find("msg_signature=") + 14, 4, "0000");
  quarantine->keep("acme", site.unknown.at("acme"), forged, site.world->now);
  site.keep(*quarantine, 2);
  site.world->channels.replace(site.known);
  quarantine.reset();
  quarantine = site.open();  // looks at the start
  site.released.await(1);
  quarantine.reset();
  CHECK(site.rows() == 1);
  CHECK(site.store->backlog()->waiting == 1);
}

TEST_CASE("a flood displaces nothing that is kept, and what is old goes") {
  Site site;
  ingest::QuarantineOptions options;
  options.rows = 2;
  auto quarantine = site.open(options);
  for (int number = 1; number <= 20; ++number) site.keep(*quarantine, number);
  quarantine.reset();
  CHECK(site.rows() == 2);
  const std::string metrics = site.world->metrics.render();
  CHECK(metrics.find("guanxi_quarantine_total{channel=\"acme\",result=\"kept\"} 2") !=
        std::string::npos);
  CHECK(metrics.find("guanxi_quarantine_total{channel=\"acme\",result=\"dropped\"} 18") !=
        std::string::npos);

  site.world->now += options.age + Milliseconds{1};
  quarantine = site.open(options);
  site.keep(*quarantine, 30);
  quarantine.reset();
  const auto left = site.store->expire_quarantine(site.world->now - options.age);
  REQUIRE(left);
  CHECK(left->at(site.known.at("acme").id).rows == 1);
}
