// A gateway's pipeline over a SQLite store of many WeCom customers, and events that each change one
// of them.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/bound_channel.h"
#include "adapters/protocol/moment.h"
#include "adapters/registry.h"
#include "gateway/observe/metrics.h"
#include "gateway/pipeline/pipeline.h"
#include "gateway/store/store.h"
#include "models/json.h"

namespace guanxi::bench {

using Seconds = std::chrono::duration<double>;
using SteadyClock = std::chrono::steady_clock;

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().detail);
  return std::move(*result);
}

inline constexpr std::size_t kStaff = 50;

// A member joins, and may be seen by name.
inline std::string joins(std::size_t staff, std::int64_t time) {
  return "<xml><ToUserName><![CDATA[ww00scrmdemo000001]]></ToUserName><FromUserName><![CDATA[sys]]>"
         "</FromUserName><CreateTime>" +
         std::to_string(time) +
         "</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[change_contact]]></"
         "Event>"
         "<ChangeType><![CDATA[create_user]]></ChangeType><UserID><![CDATA[sales." +
         std::to_string(staff) + "]]></UserID><Name><![CDATA[销售" + std::to_string(staff) +
         "]]></Name><Department><![CDATA[1]]></Department></xml>";
}

// Each customer is followed by one of the staff.
inline std::string event(const std::string& change, std::size_t customer, std::int64_t time) {
  const std::string id = std::to_string(customer);
  return "<xml><ToUserName><![CDATA[ww00scrmdemo000001]]></ToUserName><FromUserName><![CDATA[sys]]>"
         "</FromUserName><CreateTime>" +
         std::to_string(time) +
         "</CreateTime><MsgType><![CDATA[event]]></"
         "MsgType><Event><![CDATA[change_external_contact]]>"
         "</Event><ChangeType><![CDATA[" +
         change + "]]></ChangeType><UserID><![CDATA[sales." + std::to_string(customer % kStaff) +
         "]]></UserID><ExternalUserID><![CDATA[wmBench" +
         std::string(26 - std::min<std::size_t>(id.size(), 25), '0') + id +
         "]]></ExternalUserID></xml>";
}

struct World {
  explicit World(const std::string& path)
      : database(path), store(store::open_store({"sqlite:" + path, {}, 2})) {
    if (const auto migrated = store->migrate(); !migrated) {
      throw std::runtime_error(migrated.error().detail);
    }
    const Time now = system_now();
    const auto record = must(store->register_channel("default", "acme", "wecom", now));
    adapters::ChannelSettings settings;
    settings.id = "acme";
    settings.platform = "wecom";
    settings.tenant = "default";
    settings.settings = {{"corp_id", "ww00scrmdemo000001"},
                         {"token", "QDG6eK"},
                         {"encoding_aes_key", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"},
                         {"unionid_scope", "default"},
                         {"public_url", "https://scrm.example.com"}};
    adapters::BoundChannel bound;
    bound.id = record.id;
    bound.tenant = record.tenant;
    bound.tenant_name = "default";
    bound.adapter = must(registry.bind(settings));
    channel = record;
    adapters::ChannelMap map;
    map.emplace("acme", std::move(bound));
    channels.replace(std::move(map));
    pipeline::PipelineOptions options;
    options.holder = "bench";
    pipeline = std::make_unique<pipeline::Pipeline>(
        *store, channels, metrics, system_now,
        [this](std::uint8_t* bytes, std::size_t size) {
          for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(random());
        },
        options);
  }

  void append(const std::vector<std::string>& payloads) {
    std::vector<store::NewPayload> rows;
    for (const std::string& payload : payloads) {
      rows.push_back({channel.tenant,
                      channel.id,
                      system_now(),
                      "app.xml",
                      "xml",
                      "bench" + std::to_string(++appended),
                      {},
                      payload,
                      adapters::protocol::moment_in(payload)});
    }
    if (auto done = store->append(rows); !done) throw std::runtime_error(done.error().detail);
  }

  // Seconds to work everything that waits.
  double work() {
    const auto start = SteadyClock::now();
    while (must(pipeline->work_once()) > 0) {
    }
    return Seconds(SteadyClock::now() - start).count();
  }

  std::string database;
  std::unique_ptr<store::Store> store;
  adapters::Registry registry;
  adapters::Channels channels;
  observe::Metrics metrics;
  store::ChannelRecord channel;
  std::mt19937 random{7};
  std::unique_ptr<pipeline::Pipeline> pipeline;
  std::size_t appended = 0;
};

inline void fill(World& world, std::size_t customers) {
  constexpr std::size_t kChunk = 20'000;
  std::vector<std::string> staff;
  for (std::size_t i = 0; i < kStaff; ++i) staff.push_back(joins(i, 1'735'600'000));
  world.append(staff);
  for (std::size_t done = 0; done < customers; done += kChunk) {
    std::vector<std::string> payloads;
    for (std::size_t i = done; i < std::min(customers, done + kChunk); ++i) {
      payloads.push_back(event("add_half_external_contact", i, 1'735'689'600));
      if (payloads.size() == 1000) {
        world.append(payloads);
        payloads.clear();
      }
    }
    if (!payloads.empty()) world.append(payloads);
    world.work();
    std::fprintf(stderr, "\r  %zu of %zu customers", std::min(customers, done + kChunk), customers);
  }
  std::fputc('\n', stderr);
}

// All customers in an order of chance.
inline std::vector<std::size_t> shuffled(World& world, std::size_t customers) {
  std::vector<std::size_t> order(customers);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::shuffle(order, world.random);
  return order;
}

// Works one event of each customer; seconds.
inline double work_events(World& world, const char* change, std::span<const std::size_t> customers,
                          std::int64_t time) {
  std::vector<std::string> payloads;
  for (std::size_t i = 0; i < customers.size(); ++i) {
    payloads.push_back(event(change, customers[i], time + static_cast<std::int64_t>(i / 100)));
    if (payloads.size() == 500) {
      world.append(payloads);
      payloads.clear();
    }
  }
  if (!payloads.empty()) world.append(payloads);
  return world.work();
}

// Waits until nothing is done in the background, which would count for the other side.
inline void settle() {
  const auto used = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_usec + usage.ru_stime.tv_usec +
           1'000'000 * (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
  };
  for (auto before = used();; before = used()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (used() - before < 1000) return;
  }
}

// Brings the file into memory, where a database in use is: what the disk takes is not our figure,
// and a small one is never on the disk.
inline void warm(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes(1u << 20);
  while (file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
  }
}

// One side of the comparison.
struct Side {
  Side(const std::string& path, std::size_t customers) : world(path) {
    fill(world, customers);
    order = shuffled(world, customers);
  }

  // Events a second, each of another customer, spread over all of them: a staff member who is known
  // by name lets go of her, which changes all that an event can change and needs no platform call.
  // As far as there are customers, they are others each time.
  double measure(std::size_t events) {
    if (first + events > order.size()) first = 0;
    chosen = std::span(order).subspan(first, events);
    first += events;
    warm(world.database);
    settle();
    const double seconds = work_events(world, "del_external_contact", chosen, time);
    time += 100'000;
    rates.push_back(static_cast<double>(events) / seconds);
    return rates.back();
  }

  // Has the customers followed again, so that there is somebody to let go of. Not measured.
  void restore() {
    work_events(world, "add_half_external_contact", chosen, time);
    time += 100'000;
  }

  World world;
  std::vector<std::size_t> order;
  std::span<const std::size_t> chosen;
  std::size_t first = 0;
  std::int64_t time = 1'735'800'000;
  std::vector<double> rates;
};

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace guanxi::bench
