// What every platform folder must keep, whatever platform it is.
#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "adapters/protocol/transport.h"
#include "adapters/registry.h"
#include "adapters/rules/library.h"
#include "tests/support/described_channels.h"

using namespace guanxi;
using namespace guanxi::adapters;

namespace {

const rules::Platforms& platforms() {
  static const rules::Platforms loaded = [] {
    std::vector<Finding> findings;
    return rules::load_platforms(rules::built_in_files(), findings);
  }();
  return loaded;
}

}  // namespace

TEST_CASE("every pack in the binary is clean, and states exactly what its examples say") {
  for (const Finding& finding : lint_built_in()) {
    FAIL_CHECK(finding.file << " " << finding.pointer << ": " << finding.reason);
  }
}

TEST_CASE("every platform has packs, and every pack examples of callbacks") {
  CHECK(!platforms().empty());
  for (const auto& [name, platform] : platforms()) {
    CAPTURE(name);
    CHECK(!platform.packs.empty());
    for (const auto& [version, pack] : platform.packs) {
      CAPTURE(version);
      CHECK(!pack->example_names().empty());
      CHECK(!pack->event_names().empty());
      CHECK(pack->hash().size() == 64);
    }
  }
}

TEST_CASE("every example is rendered in its format and read back as the same tree") {
  for (const auto& [name, platform] : platforms()) {
    for (const auto& [version, pack] : platform.packs) {
      for (const std::string& example : pack->example_names()) {
        CAPTURE(name);
        CAPTURE(version);
        CAPTURE(example);
        const auto sample = pack->example(example);
        REQUIRE(sample);
        const std::string_view format = sample->first.starts_with('<') ? "xml" : "json";
        const auto tree = protocol::parse_tree(format, sample->first);
        REQUIRE(tree);
        CHECK(*tree == sample->second);
      }
    }
  }
}

TEST_CASE("packs of different content have different hashes") {
  for (const auto& [name, platform] : platforms()) {
    std::set<std::string> hashes;
    for (const auto& [version, pack] : platform.packs) {
      CAPTURE(version);
      CHECK(hashes.insert(pack->hash()).second);
    }
  }
}

TEST_CASE("a channel without its keys does not start, on any platform") {
  const Registry registry;
  for (const PlatformDescription& platform : registry.platforms()) {
    CAPTURE(platform.name);
    ChannelSettings channel;
    channel.id = "bare";
    channel.platform = platform.name;
    CHECK_FALSE(registry.bind(channel).has_value());
    // Everything but secrets, or secrets that are empty, is no better.
    for (const SettingDescription& setting : platform.settings) {
      channel.settings[setting.name] = setting.secret ? "" : "x";
    }
    CHECK_FALSE(registry.bind(channel).has_value());
    // Nor does an empty key make a channel that is whole otherwise a weaker one.
    for (const ChannelSettings& whole : guanxi::tests::described_channels(
             GUANXI_SOURCE_DIR "/tests/simulator/" + platform.name + ".json")) {
      CHECK(registry.bind(whole).has_value());
      for (const SettingDescription& setting : platform.settings) {
        if (!setting.secret) continue;
        ChannelSettings emptied = whole;
        emptied.settings[setting.name] = "";
        CAPTURE(setting.name);
        CHECK_FALSE(registry.bind(emptied).has_value());
      }
    }
  }
}

TEST_CASE("no platform's folder has code, and each has its page, vectors and packs") {
  const std::filesystem::path root = GUANXI_SOURCE_DIR "/adapters";
  for (const auto& [name, platform] : platforms()) {
    CAPTURE(name);
    CHECK(std::filesystem::exists(root / name / "README.md"));
    CHECK(std::filesystem::exists(root / name / "vectors/callbacks.json"));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / name)) {
      const std::string kind = entry.path().extension().string();
      CHECK((entry.is_directory() || kind == ".json" || kind == ".md"));
    }
  }
}
