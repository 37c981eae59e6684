// What versions at work cost: events worked while another version of the rules reads along, against
// events worked without; and rows read again, against the same rows when they were new. SQLite.
//
//   rules_bench FOLDER CUSTOMERS EVENTS ROUNDS        prints one JSON object
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "gateway/pipeline/replay.h"
#include "tests/bench/pipeline_side.h"

namespace {

using namespace guanxi;
using namespace guanxi::bench;
using models::Json;

// As `guanxi replay` does.
constexpr std::size_t kPortion = 256;

// The version before the newest reads along, or none does.
void read_along(World& world, bool wanted) {
  adapters::ChannelMap channels = *world.channels.snapshot();
  adapters::BoundChannel& bound = channels.begin()->second;
  bound.shadow = nullptr;
  if (wanted) {
    adapters::ChannelSettings settings = bound.adapter->channel();
    const auto packs = bound.adapter->packs();
    settings.rules = packs.at(packs.size() - 2).version;
    bound.shadow = must(world.registry.bind(settings));
  }
  world.channels.replace(std::move(channels));
}

std::int64_t newest_row(World& world) {
  const auto page = must(world.store->events(world.channel.tenant, {}, {}, 0, 1));
  return page.rows.at(0).seq;
}

// Rows a second, of those beyond `after`.
double replay(World& world, std::int64_t after, std::size_t expected) {
  pipeline::Replayer replayer(
      *world.store, *world.channels.snapshot(), system_now,
      [&](std::uint8_t* bytes, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(world.random());
      },
      "bench");
  store::StoredQuery query;
  query.statuses = {store::RowStatus::normalized, store::RowStatus::unmapped,
                    store::RowStatus::dead, store::RowStatus::none};
  query.after = after;
  query.limit = kPortion;
  warm(world.database);
  settle();
  pipeline::ReplayReport report;
  const auto start = SteadyClock::now();
  for (;;) {
    const auto rows = must(world.store->stored(query));
    if (rows.empty()) break;
    report.add(must(replayer.replay(rows, {})));
    query.after = rows.back().seq;
    if (auto done = world.store->set_note("replay bench", std::to_string(query.after)); !done) {
      throw std::runtime_error(done.error().detail);
    }
  }
  const double seconds = Seconds(SteadyClock::now() - start).count();
  if (report.rows != static_cast<std::int64_t>(expected)) {
    throw std::runtime_error(std::to_string(report.rows) + " rows were read again, not " +
                             std::to_string(expected));
  }
  if (report.created + report.changed + report.withdrawn > 0) {
    throw std::runtime_error("the same rules made something else of the rows");
  }
  return static_cast<double>(expected) / seconds;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: rules_bench FOLDER CUSTOMERS EVENTS ROUNDS\n", stderr);
    return 2;
  }
  const auto customers = static_cast<std::size_t>(std::atoll(argv[2]));
  const auto events = static_cast<std::size_t>(std::atoll(argv[3]));
  const int rounds = std::atoi(argv[4]);
  try {
    Side side((std::filesystem::path(argv[1]) / "rules.db").string(), customers);
    std::vector<double> alone;
    std::vector<double> watched;
    std::vector<double> again;
    // In turns, so that what else the machine does meets all.
    for (int round = 0; round < rounds; ++round) {
      const std::int64_t before = newest_row(side.world);
      alone.push_back(side.measure(events));
      again.push_back(replay(side.world, before, events));
      side.restore();
      read_along(side.world, true);
      watched.push_back(side.measure(events));
      read_along(side.world, false);
      side.restore();
      std::fprintf(stderr, "  %zu events: %.0f/s, watched %.0f/s, read again %.0f/s\n", events,
                   alone.back(), watched.back(), again.back());
    }
    const Json result{{"events_per_second", median(alone)},
                      {"watched_per_second", median(watched)},
                      {"replayed_per_second", median(again)}};
    std::puts(result.dump().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rules_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
