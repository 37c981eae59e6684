#include "gateway/ingest/quarantine.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/observe/log.h"
#include "gateway/observe/thread_name.h"

namespace guanxi::ingest {
namespace {

using models::Json;
using namespace std::chrono_literals;

constexpr std::size_t kPortion = 64;
constexpr std::chrono::minutes kBetweenExpiries{10};
constexpr std::chrono::seconds kPatience{1};  // before a store that failed is tried again

}  // namespace

std::string pack_request(const adapters::Callback& callback) {
  Json headers = Json::array();
  for (const auto& [name, value] : callback.headers) {
    headers.push_back(Json::binary({name.begin(), name.end()}));
    headers.push_back(Json::binary({value.begin(), value.end()}));
  }
  const auto bytes = [](const std::string& text) {
    return Json::binary({text.begin(), text.end()});
  };
  const std::vector<std::uint8_t> packed =
      Json::to_cbor(Json::array({bytes(callback.method), bytes(callback.path),
                                 bytes(callback.query), headers, bytes(callback.body)}));
  return {packed.begin(), packed.end()};
}

std::optional<adapters::Callback> unpack_request(std::string_view packed) {
  const Json json = Json::from_cbor(packed, true, false);
  if (!json.is_array() || json.size() != 5 || !json[3].is_array() || json[3].size() % 2 != 0) {
    return std::nullopt;
  }
  bool is_whole = true;
  const auto text = [&](const Json& value) {
    is_whole = is_whole && value.is_binary();
    if (!value.is_binary()) return std::string();
    return std::string(value.get_binary().begin(), value.get_binary().end());
  };
  adapters::Callback callback{text(json[0]), text(json[1]), text(json[2]), {}, text(json[4])};
  for (std::size_t i = 0; i < json[3].size(); i += 2) {
    callback.headers.emplace_back(text(json[3][i]), text(json[3][i + 1]));
  }
  if (!is_whole) return std::nullopt;
  return callback;
}

struct Quarantine::State {
  State(store::Store& the_store, const adapters::Channels& the_channels,
        observe::Metrics& the_metrics, Clock the_clock, QuarantineOptions the_options,
        std::function<void()> when_released)
      : store(the_store),
        channels(the_channels),
        metrics(the_metrics),
        clock(std::move(the_clock)),
        options(the_options),
        on_released(std::move(when_released)) {}

  store::Store& store;
  const adapters::Channels& channels;
  observe::Metrics& metrics;
  Clock clock;
  QuarantineOptions options;
  std::function<void()> on_released;

  std::mutex mutex;
  std::condition_variable wake;
  std::deque<store::Quarantined> waiting;
  std::size_t waiting_bytes = 0;
  // What each channel has in the store and on its way there, as far as is known.
  std::map<store::ChannelId, store::QuarantineTotal> totals;
  std::map<store::ChannelId, bool> is_full;  // said already
  bool review_wanted = true;                 // also at the start
  bool stopping = false;
  std::chrono::steady_clock::time_point expire_at{};
  std::thread thread;

  bool has_room(store::ChannelId channel, std::size_t size) const {
    const auto total = totals.find(channel);
    if (waiting.size() >= options.waiting || waiting_bytes + size > options.waiting_bytes) {
      return false;
    }
    if (total == totals.end()) return true;
    return static_cast<std::size_t>(total->second.rows) < options.rows &&
           static_cast<std::size_t>(total->second.bytes) + size <= options.bytes;
  }

  void run() {
    observe::name_thread("quarantine");
    std::unique_lock lock(mutex);
    for (;;) {
      const bool has_work = stopping || !waiting.empty() || review_wanted;
      if (!has_work) {
        wake.wait_until(lock, expire_at,
                        [this] { return stopping || !waiting.empty() || review_wanted; });
      }
      const bool last = stopping;
      lock.unlock();
      bool is_well = write_waiting();
      if (!last) is_well = expire_if_due() && review_if_wanted() && is_well;
      lock.lock();
      if (last) return;
      // A store that does not answer is not asked again at once.
      if (!is_well) wake.wait_for(lock, kPatience, [this] { return stopping; });
    }
  }

  bool write_waiting() {
    for (;;) {
      std::vector<store::Quarantined> portion;
      {
        const std::lock_guard lock(mutex);
        const auto count = std::min(kPortion, waiting.size());
        portion.assign(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count));
      }
      if (portion.empty()) return true;
      if (!store.quarantine(portion)) return false;
      const std::lock_guard lock(mutex);
      for (const store::Quarantined& entry : portion) waiting_bytes -= entry.request.size();
      waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(portion.size()));
    }
  }

  bool expire_if_due() {
    const auto now = std::chrono::steady_clock::now();
    {
      const std::lock_guard lock(mutex);
      if (now < expire_at) return true;
    }
    auto left = store.expire_quarantine(clock() - options.age);
    if (!left) return false;
    const std::lock_guard lock(mutex);
    expire_at = now + kBetweenExpiries;
    totals = *std::move(left);
    for (const store::Quarantined& entry : waiting) count(entry);
    is_full.clear();
    return true;
  }

  void count(const store::Quarantined& entry) {
    store::QuarantineTotal& total = totals[entry.channel];
    ++total.rows;
    total.bytes += static_cast<std::int64_t>(entry.request.size());
  }

  bool review_if_wanted() {
    {
      const std::lock_guard lock(mutex);
      if (!std::exchange(review_wanted, false)) return true;
    }
    bool is_well = true;
    const auto snapshot = channels.snapshot();
    for (const auto& [name, bound] : *snapshot) is_well = review(name, bound) && is_well;
    const std::lock_guard lock(mutex);
    if (!is_well) review_wanted = true;
    return is_well;
  }

  bool review(const std::string& name, const adapters::BoundChannel& bound) {
    std::size_t proven = 0;
    std::int64_t after = 0;
    for (;;) {
      const auto rows = store.quarantined(bound.id, after, kPortion);
      if (!rows) return false;
      if (rows->empty()) break;
      after = rows->back().id;
      std::vector<store::NewPayload> payloads;
      std::vector<std::int64_t> released;
      for (const store::Quarantined& row : *rows) {
        if (take_in(bound, row, payloads)) released.push_back(row.id);
      }
      // Durable first: a request that is released twice is one callback all the same.
      if (!payloads.empty() && !store.append(payloads)) return false;
      if (!released.empty() && !store.release(released)) return false;
      proven += released.size();
    }
    if (proven == 0) return true;
    observe::log(observe::Level::info, "quarantine_released",
                 {{"channel", name}, {"requests", proven}});
    {
      const std::lock_guard lock(mutex);
      expire_at = {};  // counts anew
    }
    on_released();
    return true;
  }

  static bool take_in(const adapters::BoundChannel& bound, const store::Quarantined& row,
                      std::vector<store::NewPayload>& payloads) {
    const auto callback = unpack_request(row.request);
    if (!callback) return false;
    auto opened = bound.adapter->open_late(*callback, row.received_at);
    if (!opened) return false;
    for (adapters::Payload& payload : opened->payloads) {
      payloads.push_back({bound.tenant, bound.id, row.received_at, opened->recipe,
                          std::move(payload.format), std::move(payload.dedupe),
                          std::move(payload.order), std::move(payload.bytes), payload.moment});
    }
    return true;
  }
};

Quarantine::Quarantine(store::Store& store, const adapters::Channels& channels,
                       observe::Metrics& metrics, Clock clock, QuarantineOptions options,
                       std::function<void()> on_released)
    : state_(std::make_unique<State>(store, channels, metrics, std::move(clock), options,
                                     std::move(on_released))) {
  state_->thread = std::thread([this] { state_->run(); });
}

Quarantine::~Quarantine() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  state_->thread.join();
}

void Quarantine::keep(const std::string& channel, const adapters::BoundChannel& bound,
                      const adapters::Callback& callback, Time received_at) {
  observe::ChannelMetrics& counters =
      state_->metrics.channel(channel, bound.adapter->channel().platform);
  // Asked before as well: a flood that finds no room is to cost nothing.
  const auto has_room = [&](std::size_t size) {
    const std::lock_guard lock(state_->mutex);
    return state_->has_room(bound.id, size);
  };
  std::string request;
  if (has_room(callback.body.size())) request = pack_request(callback);
  {
    const std::lock_guard lock(state_->mutex);
    if (request.empty() || !state_->has_room(bound.id, request.size())) {
      counters.quarantine(false);
      if (!std::exchange(state_->is_full[bound.id], true)) {
        observe::log(observe::Level::warning, "quarantine_full",
                     {{"channel", channel},
                      {"cure",
                       "what is refused is not kept any more; see whether the platform "
                       "signs in a new way, or somebody forges"}});
      }
      return;
    }
    state_->waiting_bytes += request.size();
    state_->waiting.push_back({0, bound.tenant, bound.id, received_at, std::move(request)});
    state_->count(state_->waiting.back());
  }
  counters.quarantine(true);
  state_->wake.notify_all();
}

void Quarantine::review() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->review_wanted = true;
  }
  state_->wake.notify_all();
}

}  // namespace guanxi::ingest
