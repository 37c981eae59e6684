// How long a start takes to read the rules: every platform's files, a channel of each bound, and
// the pack in force compiled; against parsing the same files as JSON.
//   load_bench FOLDER     FOLDER: tests/simulator, which has a channel of every platform
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "adapters/registry.h"
#include "adapters/rules/library.h"
#include "tests/support/described_channels.h"

namespace {

using namespace guanxi;
using models::Json;

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
  std::vector<adapters::ChannelSettings> channels;
  for (const auto& file : tests::description_files(argv[1])) {
    channels.push_back(tests::described_channels(file).front());
  }
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
