// Whose word counts, from what platforms send to the customer that is written, and again when
// history is read under another order.
#include "models/survivorship.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "crypto/random.h"
#include "gateway/app/sample.h"
#include "gateway/observe/log.h"
#include "gateway/pipeline/arbiter.h"
#include "gateway/pipeline/replay.h"
#include "models/json.h"
#include "tests/support/described_channels.h"
#include "tests/support/pipeline_world.h"
#include "tests/support/temporary_folder.h"

using namespace guanxi;
using namespace guanxi::tests;
using namespace std::chrono_literals;

namespace {

// A channel, and an event of its platform's examples that states a person's name.
struct Speaker {
  adapters::ChannelSettings channel;
  app::Sample sample;
  std::string name;
  store::ChannelId id = 0;
};

std::string stated_name(const adapters::Adapter& adapter, const app::Sample& sample) {
  const auto payload = app::make_payload(sample, sample.at, 0, {});
  REQUIRE(payload);
  const auto reading =
      adapter.read_payload(sample.recipe, sample.format, *payload, from_ms(1'767'225'600'000));
  REQUIRE(reading);
  for (const models::Event& event : reading->events) {
    for (const models::Fact& fact : event.facts) {
      const bool names = fact.fields.contains("set") && fact.fields.at("set").contains("name");
      if (names) return fact.fields.at("set").at("name").get<std::string>();
    }
  }
  return {};
}

Speaker speaker(const adapters::Registry& registry, const std::string& platform,
                const std::string& recipe) {
  const std::string file = GUANXI_SOURCE_DIR "/tests/simulator/" + platform + ".json";
  for (const adapters::ChannelSettings& channel : described_channels(file)) {
    const auto adapter = registry.bind(channel);
    REQUIRE(adapter);
    for (app::Sample& sample : app::samples_of(**adapter, from_ms(1'767'225'600'000))) {
      if (sample.recipe != recipe) continue;
      std::string name = stated_name(**adapter, sample);
      if (!name.empty()) return {channel, std::move(sample), std::move(name)};
    }
  }
  FAIL("no example of ", platform, " states a name by ", recipe);
  return {};
}

std::size_t replace(std::string& text, const std::string& what, const std::string& by) {
  std::size_t times = 0;
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
    ++times;
  }
  return times;
}

class Stage {
 public:
  explicit Stage(models::Survivorship survivorship) : survivorship_(std::move(survivorship)) {
    observe::set_log_level(observe::Level::error);
    store = store::open_store({"sqlite:" + folder_.file("guanxi.db"), {}, 2});
    REQUIRE(store->migrate());
    pipeline::PipelineOptions options;
    options.holder = "test";
    options.survivorship = survivorship_;
    pipeline_ = std::make_unique<pipeline::Pipeline>(
        *store, channels, metrics_, [this] { return now; }, crypto::fill_random, options);
  }

  Speaker enter(const std::string& platform, const std::string& recipe, const std::string& id) {
    static const adapters::Registry registry;
    Speaker found = speaker(registry, platform, recipe);
    found.channel.id = id;
    const auto record = store->register_channel("default", id, platform, now);
    REQUIRE(record);
    found.id = record->id;
    tenant = record->tenant;
    adapters::ChannelMap map = *channels.snapshot();
    map.emplace(id, adapters::BoundChannel{record->id, record->tenant, "default",
                                           *registry.bind(found.channel)});
    channels.replace(std::move(map));
    return found;
  }

  void says(const Speaker& who, const std::string& name) {
    now += 1s;
    auto payload = app::make_payload(who.sample, now, 0, {});
    REQUIRE(payload);
    const std::size_t replaced = replace(*payload, who.name, name);
    // Where the platform writes milliseconds.
    replace(*payload, std::to_string(to_ms(who.sample.at)), std::to_string(to_ms(now)));
    REQUIRE(replaced > 0);
    const store::NewPayload row{
        tenant, who.id, now, who.sample.recipe, who.sample.format, *payload, {}, *payload, 0};
    REQUIRE(store->append(std::vector{row}));
    for (int tries = 0; tries < 100; ++tries) {
      const auto worked = pipeline_->work_once();
      REQUIRE(worked);
      if (*worked == 0) return;
    }
    FAIL("the pipeline does not come to an end");
  }

  std::vector<models::Customer> people() {
    store::CustomerQuery query;
    query.tenant = tenant;
    query.limit = 100;
    return store->customers(query).value().customers;
  }
  Json names() {
    Json all = Json::array();
    for (const models::Customer& one : people()) {
      all.push_back(models::value_of(one.fields, "name"));
    }
    return all;
  }

  // All who are there are one person.
  void join_all() {
    pipeline::Arbiter arbiter(
        *store, [this] { return now; }, crypto::fill_random, "test", {}, survivorship_);
    const auto all = people();
    for (std::size_t i = 1; i < all.size(); ++i) {
      const auto joined = arbiter.merge({tenant, "crm", false}, all[i].id, all[0].id, false);
      if (!joined) FAIL(joined.error().detail);
    }
  }

  void replay(models::Survivorship survivorship) {
    pipeline::Replayer replayer(
        *store, *channels.snapshot(), [this] { return now; }, crypto::fill_random, "test", {},
        std::move(survivorship));
    store::StoredQuery query;
    query.statuses = {store::RowStatus::normalized};
    query.limit = 1000;
    const auto report = replayer.replay(store->stored(query).value(), {});
    if (!report) FAIL(report.error().detail);
  }

  std::unique_ptr<store::Store> store;
  adapters::Channels channels;
  Time now = from_ms(1'767'225'600'000);
  store::TenantId tenant = 0;

 private:
  TemporaryFolder folder_;
  observe::Metrics metrics_;
  models::Survivorship survivorship_;
  std::unique_ptr<pipeline::Pipeline> pipeline_;
};

models::Survivorship names_by(std::vector<std::string> words) {
  return {{}, {{"name", models::SourceOrder(words)}}};
}

}  // namespace

TEST_CASE(
    "the configured order of platforms decides a name, joined or not, and replay applies it") {
  Stage stage(names_by({"douyin", "platform"}));
  const Speaker douyin = stage.enter("douyin", "open.webhook", "shop");
  const Speaker other = stage.enter("dingtalk", "event.http", "desk");
  stage.says(douyin, "Lei of Douyin");
  stage.says(other, "Lei of DingTalk");
  REQUIRE(stage.people().size() == 2);
  stage.join_all();
  CHECK(stage.names() == Json{"Lei of Douyin"});
  stage.says(other, "Lei of DingTalk again");
  CHECK(stage.names() == Json{"Lei of Douyin"});
  const Json before = models::customer_json(stage.people()[0], {"t", true, nullptr});

  stage.replay({});
  CHECK(stage.names() == Json{"Lei of DingTalk again"});
  stage.replay(names_by({"douyin", "platform"}));
  CHECK(stage.names() == Json{"Lei of Douyin"});
  Json after = models::customer_json(stage.people()[0], {"t", true, nullptr});
  for (const char* own : {"version", "updated_at"}) after[own] = before[own];
  CHECK(after == before);
}

TEST_CASE("without an order the newest word counts, but for what nothing proved") {
  Stage stage({});
  const Speaker douyin = stage.enter("douyin", "open.webhook", "shop");
  const Speaker desk = stage.enter("dingtalk", "event.http", "desk");
  const Speaker form = stage.enter("kuaishou", "lead.json", "leads");
  stage.says(form, "typed into the form");
  stage.says(douyin, "Lei of Douyin");
  stage.says(desk, "Lei of DingTalk");
  stage.join_all();
  CHECK(stage.names() == Json{"Lei of DingTalk"});
  stage.says(form, "typed into the form again");
  CHECK(stage.names() == Json{"Lei of DingTalk"});
  stage.says(douyin, "Lei of Douyin again");
  CHECK(stage.names() == Json{"Lei of Douyin again"});
}
