// How long a start takes to read the rules: every platform's files, a channel of each bound, and
// the pack in force compiled; against parsing the same files as JSON.
//   load_bench FOLDER     FOLDER: tests/simulator, which has a channel of every platform
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "adapters/registry.h"
#include "adapters/rules/library.h"

namespace {

using namespace guanxi;
using models::Json;

std::vector<adapters::ChannelSettings> channels_of(const char* folder) {
  std::vector<adapters::ChannelSettings> channels;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream stream(entry.path());
    const Json description = Json::parse(stream);
    adapters::ChannelSettings channel;
    channel.platform = entry.path().stem().string();
    channel.id = channel.platform;
    channel.tenant = "default";
    channel.settings["public_url"] = "https://gateway.example.com";
    for (const auto& [name, value] : description.at("channels").at(0).items()) {
      if (value != "{api_base}") channel.settings[name] = value.get<std::string>();
    }
    channels.push_back(std::move(channel));
  }
  return channels;
}

template <typename Work>
double milliseconds(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto files = adapters::rules::built_in_files();
  const auto channels = channels_of(argv[1]);
  std::vector<double> parsing;
  std::vector<double> loading;
  std::size_t packs = 0;
  for (int round = 0; round < 21; ++round) {
    parsing.push_back(milliseconds([&] {
      for (const auto& file : files) {
        if (Json::parse(file.text).empty()) std::abort();
      }
    }));
    loading.push_back(milliseconds([&] {
      const adapters::Registry registry;
      for (const auto& channel : channels) {
        const auto adapter = registry.bind(channel);
        if (!adapter) throw std::runtime_error(adapter.error().detail);
        if ((*adapter)->pack_at(system_now()).event_names().empty()) std::abort();
      }
    }));
  }
  for (const auto& file : files) packs += file.path.find("/rules/") != std::string::npos ? 1 : 0;
  std::printf("{\"parse_ms\": %.3f, \"load_ms\": %.3f, \"packs\": %zu, \"channels\": %zu}\n",
              median(parsing), median(loading), packs, channels.size());
}
