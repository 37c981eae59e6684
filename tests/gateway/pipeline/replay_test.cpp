#include "gateway/pipeline/replay.h"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <random>

#include "gateway/app/sample.h"
#include "gateway/observe/log.h"
#include "gateway/pipeline/pipeline.h"
#include "tests/gateway/pipeline/sqlite_world.h"
#include "tests/support/described_channels.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

const adapters::Registry& registry() {
  static const adapters::Registry instance;
  return instance;
}

// One channel of any platform over a store of its own. Payloads come laid open, so that packs of
// any day may read what was sent on any other.
class Stand {
 public:
  explicit Stand(adapters::ChannelSettings settings) : channel_(std::move(settings)) {
    store = store::open_store({"sqlite:" + folder_.file("guanxi.db"), {}, 2});
    REQUIRE(store->migrate());
    pipeline_ = std::make_unique<pipeline::Pipeline>(
        *store, channels_, metrics_, [this] { return now; }, random_(),
        pipeline::PipelineOptions{.holder = "test"});
  }

  void read_by(const std::string& version) {
    channel_.rules = version;
    const auto record =
        store->register_channel(channel_.tenant, channel_.id, channel_.platform, now);
    REQUIRE(record);
    auto adapter = registry().bind(channel_);
    if (!adapter) FAIL(adapter.error().detail);
    tenant = record->tenant;
    channel = record->id;
    adapters::ChannelMap map;
    map.emplace(channel_.id, adapters::BoundChannel{record->id, record->tenant, channel_.tenant,
                                                    *std::move(adapter)});
    channels_.replace(std::move(map));
  }

  void receive(const std::string& recipe, const std::string& format, const std::string& bytes) {
    const store::NewPayload row{tenant, channel, now, recipe, format, bytes, {}, bytes, 0};
    REQUIRE(store->append(std::vector{row}));
  }

  void work() {
    for (int tries = 0; tries < 1000; ++tries) {
      const auto worked = pipeline_->work_once();
      REQUIRE(worked);
      if (*worked == 0) return;
    }
    FAIL("the pipeline does not come to an end");
  }

  // The pipeline on a thread of its own, as in a gateway.
  void start() { pipeline_->start(); }
  void stop() { pipeline_->stop(); }

  pipeline::Replayer replayer() {
    return {*store, *channels_.snapshot(), [this] { return now; }, random_(), holder};
  }

  std::vector<store::InboxRow> stored(std::vector<store::RowStatus> statuses) {
    store::StoredQuery query;
    query.statuses = std::move(statuses);
    query.limit = 10'000;
    auto rows = store->stored(query);
    REQUIRE(rows);
    return *std::move(rows);
  }
  std::vector<store::InboxRow> all_stored() {
    return stored({store::RowStatus::normalized, store::RowStatus::unmapped, store::RowStatus::dead,
                   store::RowStatus::none});
  }

  pipeline::ReplayReport replay(const std::vector<store::InboxRow>& rows) {
    auto report = replayer().replay(rows, {});
    if (!report) FAIL(report.error().detail);
    return *std::move(report);
  }

  Json state() { return state_of(*store, tenant); }
  std::vector<store::ChangeRow> changes() {
    auto rows = store->changes(tenant, 0, 10'000);
    REQUIRE(rows);
    return *std::move(rows);
  }

  std::unique_ptr<store::Store> store;
  std::string holder = "test";  // of the replayer's lease, as the pipeline's: one thread works both
  Time now = from_ms(1'767'225'600'000);
  store::TenantId tenant = 0;
  store::ChannelId channel = 0;

 private:
  Randomness random_() {
    return [this](std::uint8_t* bytes, std::size_t size) {
      const std::uint32_t count = count_++;
      for (std::size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<std::uint8_t>(count >> (8 * (size - 1 - i) % 32));
      }
    };
  }

  adapters::ChannelSettings channel_;
  TemporaryFolder folder_;
  adapters::Channels channels_;
  observe::Metrics metrics_;
  std::atomic<std::uint32_t> count_{1};
  std::unique_ptr<pipeline::Pipeline> pipeline_;
};

struct Sent {
  Time now{};
  std::string recipe;
  std::string format;
  std::string bytes;
};

std::vector<std::string> versions_of(const std::string& platform) {
  for (const auto& description : registry().platforms()) {
    if (description.name == platform) return description.pack_versions;
  }
  return {};
}

// Samples of the platform's newest day at random moments, in an order in which they were not said.
std::vector<Sent> random_history(const std::vector<app::Sample>& samples, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Sent> history;
  for (std::size_t i = 0; i < 40; ++i) {
    const Time now = from_ms(1'767'225'600'000 + static_cast<std::int64_t>(i) * 60'000);
    const app::Sample& sample = samples[random() % samples.size()];
    const Time said = now - Milliseconds{static_cast<std::int64_t>(random() % 180) * 1000};
    auto payload = app::make_payload(sample, said, i, {});
    REQUIRE(payload);
    history.push_back({now, sample.recipe, sample.format, *std::move(payload)});
  }
  return history;
}

}  // namespace

TEST_CASE(
    "mapped late by a replay, a platform's history ends as if its packs had always been there") {
  observe::set_log_level(observe::Level::error);
  std::map<std::string, int> histories;  // in which there were customers
  for (const auto& file : description_files(GUANXI_SOURCE_DIR "/tests/simulator")) {
    const std::string platform = file.stem().string();
    const auto versions = versions_of(platform);
    REQUIRE(versions.size() > 1);
    std::mt19937 random(static_cast<unsigned>(platform.size()));
    unsigned seed = 0;
    for (adapters::ChannelSettings channel : described_channels(file)) {
      const auto adapter = registry().bind(channel);
      REQUIRE(adapter);
      const auto samples = app::samples_of(**adapter, from_ms(1'767'225'600'000));
      if (samples.empty()) continue;  // it only pulls
      for (int round = 0; round < 3; ++round) {
        const std::string late = versions[random() % (versions.size() - 1)];
        const auto history = random_history(samples, ++seed);
        CAPTURE(platform);
        CAPTURE(late);
        CAPTURE(seed);
        Stand known(channel);
        Stand replayed(channel);
        known.read_by(versions.back());
        replayed.read_by(late);
        for (const Sent& sent : history) {
          for (Stand* stand : {&known, &replayed}) {
            stand->now = sent.now;
            stand->receive(sent.recipe, sent.format, sent.bytes);
          }
          if (random() % 4 == 0) known.work();
          if (random() % 4 == 0) replayed.work();
        }
        known.work();
        replayed.work();

        replayed.read_by(versions.back());
        const auto rows = replayed.all_stored();
        replayed.replay(rows);
        const Json state = known.state();
        if (!state.empty()) ++histories[platform];
        CHECK(replayed.state() == state);

        // Once more, and nothing happens.
        const auto told = replayed.changes().size();
        const auto again = replayed.replay(replayed.all_stored());
        CHECK(again.created + again.changed + again.withdrawn == 0);
        CHECK(replayed.changes().size() == told);
        CHECK(replayed.state() == state);
      }
    }
  }
  CHECK(histories.size() == 7);
  for (const auto& [platform, count] : histories) {
    CAPTURE(platform);
    CHECK(count >= 3);
  }
}

TEST_CASE("a replay beside a pipeline at work ends as one that has the store to itself") {
  const std::string file = GUANXI_SOURCE_DIR "/tests/simulator/wecom.json";
  const auto versions = versions_of("wecom");
  const adapters::ChannelSettings channel = described_channels(file).front();
  const auto adapter = registry().bind(channel);
  REQUIRE(adapter);
  const auto samples = app::samples_of(**adapter, from_ms(1'767'225'600'000));
  Stand known(channel);
  Stand busy(channel);
  known.read_by(versions.back());
  busy.read_by(versions.front());
  const auto receive = [](Stand& stand, const std::vector<Sent>& history) {
    for (const Sent& sent : history) stand.receive(sent.recipe, sent.format, sent.bytes);
  };
  std::vector<std::vector<Sent>> histories;
  for (unsigned seed = 71; seed < 77; ++seed) histories.push_back(random_history(samples, seed));
  receive(known, histories.front());
  receive(busy, histories.front());
  busy.work();

  busy.read_by(versions.back());
  busy.holder = "replay";
  busy.start();
  for (std::size_t i = 1; i < histories.size(); ++i) {
    receive(known, histories[i]);
    receive(busy, histories[i]);
    // Whatever the pipeline has come to; the last time, all that the old pack read is read again.
    busy.replay(busy.all_stored());
  }
  busy.stop();
  busy.work();
  known.work();
  CHECK(!known.state().empty());
  CHECK(busy.state() == known.state());
}
