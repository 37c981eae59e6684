// The dated packs of all platforms: each is proven by something that the one before it reads
// otherwise.
#include <doctest/doctest.h>

#include <map>

#include "adapters/registry.h"
#include "adapters/rules/example.h"
#include "adapters/rules/library.h"
#include "tests/support/described_channels.h"

using namespace guanxi;
using namespace guanxi::adapters;
using models::Json;

namespace {

// Where no payload or answer can show what changed (docs/platform-history.md).
const std::map<std::string, std::string> kUnprovable{
    {"wechat/2023-04-18", "only a request changes: the simulator of the API accepts no other"},
    {"douyin/2026-03-13", "only a request changes: the simulator of the API accepts no other"},
    {"feishu/2024-10-10", "two lines of the table of errors, which examples do not show"},
};

const Registry& registry() {
  static const Registry instance;
  return instance;
}

std::shared_ptr<const Adapter> pinned(ChannelSettings channel, const std::string& version) {
  channel.rules = version;
  auto bound = registry().bind(channel);
  REQUIRE(bound);
  return *std::move(bound);
}

// All that reading gave: events in full, what follows, or that it failed.
Json told(const Result<Reading>& reading) {
  if (!reading) return "cannot be read";
  Json events = Json::array();
  for (const models::Event& event : reading->events) {
    Json one = rules::readable(event);
    one["status"] = static_cast<int>(event.status);
    events.push_back(std::move(one));
  }
  return {{"events", std::move(events)}, {"next", reading->next_page}};
}

Result<Reading> read_by(const Adapter& adapter, const Json& example) {
  const Time received =
      parse_time(example.value("received_at", std::string("2025-01-01T00:00:00Z"))).value();
  const std::string payload = example.at("payload").dump();
  if (example.contains("answer_to")) {
    return adapter.read_answer({example.at("answer_to").get<std::string>(),
                                example.value("with", Json::object()), received},
                               payload);
  }
  return adapter.read_payload(example.value("recipe", std::string()), "json", payload, received);
}

struct History {
  std::string platform;
  ChannelSettings channel;
  rules::PackFiles files;

  // The examples as they stand after all packs up to a version.
  Json examples(const std::string& version) const {
    std::vector<rules::Complaint> complaints;
    const Json resolved = rules::resolve_pack(files, version, complaints);
    REQUIRE(complaints.empty());
    return resolved.at("examples");
  }
};

std::vector<History> histories() {
  const auto embedded = rules::built_in_files();
  std::vector<History> found;
  for (const PlatformDescription& platform : registry().platforms()) {
    std::vector<Finding> findings;
    found.push_back(
        {platform.name,
         tests::described_channels(GUANXI_SOURCE_DIR "/tests/simulator/" + platform.name + ".json")
             .front(),
         rules::pack_files(embedded, platform.name, findings)});
    REQUIRE(findings.empty());
  }
  return found;
}

}  // namespace

TEST_CASE("some example of each pack is read otherwise by the pack before it") {
  std::size_t proven = 0;
  std::size_t listed = 0;
  for (const History& history : histories()) {
    for (auto file = std::next(history.files.begin()); file != history.files.end(); ++file) {
      const std::string name = history.platform + '/' + file->first;
      CAPTURE(name);
      const auto own = pinned(history.channel, file->first);
      const auto before = pinned(history.channel, std::prev(file)->first);
      bool differs = false;
      const Json stated = file->second.json.value("examples", Json::object());
      const Json examples = history.examples(file->first);
      for (const auto& [title, patch] : stated.items()) {
        const Json example = examples.value(title, Json::object());
        if (!example.contains("payload")) continue;  // or it is no more
        differs = told(read_by(*own, example)) != told(read_by(*before, example));
        if (differs) break;
      }
      // What is listed and yet differs need not be listed.
      CHECK(differs != kUnprovable.contains(name));
      ++(differs ? proven : listed);
    }
  }
  CHECK(listed == kUnprovable.size());
  CHECK(proven > 80);
  MESSAGE(proven, " packs proven, ", listed, " not provable");
}

TEST_CASE("every pack extends the one before it") {
  for (const History& history : histories()) {
    for (auto file = std::next(history.files.begin()); file != history.files.end(); ++file) {
      CAPTURE(file->second.file);
      CHECK(file->second.json.value("extends", "") == std::prev(file)->first);
    }
  }
}

TEST_CASE("a pack knows every field of which it says that an event has it") {
  std::size_t fields = 0;
  for (const History& history : histories()) {
    const std::string newest = history.files.rbegin()->first;
    const auto adapter = pinned(history.channel, newest);
    const Json examples = history.examples(newest);
    for (const auto& [title, example] : examples.items()) {
      if (!example.contains("payload") || example.contains("answer_to")) continue;
      const auto reading = read_by(*adapter, example);
      REQUIRE(reading);
      for (const models::Event& event : reading->events) {
        for (const std::string& place : event.present) {
          CAPTURE(title);
          CAPTURE(place);
          CHECK(reading->pack->knows(event.name, place));
          CHECK_FALSE(reading->pack->knows(event.name, place + "~0no such field"));
          ++fields;
        }
      }
    }
  }
  CHECK(fields > 1000);
}
