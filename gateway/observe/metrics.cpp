#include "gateway/observe/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

namespace guanxi::observe {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using Buckets = Histogram::BucketBoundaries;

constexpr std::array kCallbackResults{CallbackResult::stored,     CallbackResult::answered,
                                      CallbackResult::refused,    CallbackResult::malformed,
                                      CallbackResult::overloaded, CallbackResult::failed};
constexpr std::array kEventResults{EventResult::normalized, EventResult::unmapped,
                                   EventResult::dead, EventResult::none};

const Buckets& seconds() {
  static const Buckets buckets{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5};
  return buckets;
}
const Buckets& sizes() {
  static const Buckets buckets{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
  return buckets;
}

Family<Counter>& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
Family<Gauge>& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
Family<Histogram>& histogram(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

// Counters by one or two labels that are met one by one.
class LateCounters {
 public:
  LateCounters(Family<Counter>& family, prometheus::Labels fixed, std::string first,
               std::string second = {})
      : family_(family),
        fixed_(std::move(fixed)),
        first_(std::move(first)),
        second_(std::move(second)) {}

  Counter& get(std::string_view a, std::string_view b = {}) {
    const std::pair key{std::string(a), std::string(b)};
    const std::lock_guard lock(mutex_);
    auto found = known_.find(key);
    if (found == known_.end()) {
      prometheus::Labels labels = fixed_;
      labels.emplace(first_, key.first);
      if (!second_.empty()) labels.emplace(second_, key.second);
      found = known_.emplace(key, &family_.Add(labels)).first;
    }
    return *found->second;
  }

 private:
  Family<Counter>& family_;
  prometheus::Labels fixed_;
  std::string first_;
  std::string second_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Counter*> known_;
};

template <typename Enum>
std::size_t slot(Enum value) {
  return static_cast<std::size_t>(value);
}

std::uint64_t whole(const Counter* counter) { return static_cast<std::uint64_t>(counter->Value()); }

}  // namespace

std::string_view callback_result_text(CallbackResult result) {
  constexpr std::array<std::string_view, kCallbackResults.size()> kTexts{
      "stored", "answered", "refused", "malformed", "overloaded", "failed"};
  return kTexts.at(slot(result));
}

std::string_view event_result_text(EventResult result) {
  constexpr std::array<std::string_view, kEventResults.size()> kTexts{"normalized", "unmapped",
                                                                      "dead", "none"};
  return kTexts.at(slot(result));
}

struct ChannelMetrics::Handles {
  std::array<Counter*, kCallbackResults.size()> callbacks{};
  std::array<Counter*, kEventResults.size()> events{};
  Histogram& callback_seconds;
  Counter& duplicates;
  LateCounters drift;
  LateCounters quarantine;
  LateCounters calls;
  std::atomic<std::int64_t> last_received_ms{0};
};

ChannelMetrics::ChannelMetrics(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {}
ChannelMetrics::~ChannelMetrics() = default;

void ChannelMetrics::callback(CallbackResult result, Time at, std::chrono::duration<double> took) {
  handles_->callbacks[slot(result)]->Increment();
  handles_->callback_seconds.Observe(took.count());
  if (result == CallbackResult::stored) {
    handles_->last_received_ms.store(to_ms(at), std::memory_order_relaxed);
  }
}

void ChannelMetrics::duplicates(std::uint64_t count) {
  handles_->duplicates.Increment(static_cast<double>(count));
}

void ChannelMetrics::event(EventResult result, std::uint64_t count) {
  handles_->events[slot(result)]->Increment(static_cast<double>(count));
}

void ChannelMetrics::drift(std::string_view kind, std::uint64_t count) {
  handles_->drift.get(kind).Increment(static_cast<double>(count));
}

void ChannelMetrics::quarantine(bool is_kept) {
  handles_->quarantine.get(is_kept ? "kept" : "dropped").Increment();
}

void ChannelMetrics::platform_call(std::string_view call, std::string_view outcome) {
  handles_->calls.get(call, outcome).Increment();
}

ChannelCounters ChannelMetrics::counters() const {
  const auto callbacks = [&](CallbackResult result) {
    return whole(handles_->callbacks[slot(result)]);
  };
  const auto events = [&](EventResult result) { return whole(handles_->events[slot(result)]); };
  ChannelCounters counters;
  counters.duplicates = whole(&handles_->duplicates);
  counters.received = callbacks(CallbackResult::stored);
  counters.rejected = callbacks(CallbackResult::refused) + callbacks(CallbackResult::malformed);
  counters.normalized = events(EventResult::normalized);
  counters.unmapped = events(EventResult::unmapped);
  counters.dead = events(EventResult::dead);
  if (const auto ms = handles_->last_received_ms.load(); ms > 0)
    counters.last_received_at = from_ms(ms);
  return counters;
}

struct Metrics::State {
  prometheus::Registry registry;
  Family<Counter>& callbacks =
      counter(registry, "guanxi_callbacks_total", "Callback requests by what became of them.");
  Family<Histogram>& callback_seconds =
      histogram(registry, "guanxi_callback_seconds", "Time to answer one callback.");
  Family<Counter>& duplicates =
      counter(registry, "guanxi_duplicates_total", "Payloads that turned out to be known.");
  Family<Counter>& events = counter(registry, "guanxi_events_total", "Inbox rows worked.");
  Family<Counter>& drift =
      counter(registry, "guanxi_drift_total", "Platform changes seen that no rule knows.");
  Family<Counter>& quarantine =
      counter(registry, "guanxi_quarantine_total", "Refused requests, kept or dropped.");
  Family<Counter>& calls =
      counter(registry, "guanxi_platform_calls_total", "Calls of platform APIs by outcome.");
  LateCounters requests{
      counter(registry, "guanxi_http_requests_total", "Requests of the private listener."),
      {},
      "route",
      "status"};
  Family<Gauge>& connections_family =
      gauge(registry, "guanxi_connections", "Connections open on a listener.");
  Counter& unknown = counter(registry, "guanxi_callbacks_unknown_total",
                             "Callbacks for channels that are not configured.")
                         .Add({});
  Histogram& commit_batch =
      histogram(registry, "guanxi_inbox_commit_batch", "Payloads in one durable append.")
          .Add({}, sizes());
  Histogram& commit_seconds =
      histogram(registry, "guanxi_inbox_commit_seconds", "Time of one durable append.")
          .Add({}, seconds());
  Histogram& pipeline_rows =
      histogram(registry, "guanxi_pipeline_batch", "Inbox rows worked in one transaction.")
          .Add({}, sizes());
  Histogram& pipeline_seconds =
      histogram(registry, "guanxi_pipeline_batch_seconds", "Time of one pipeline transaction.")
          .Add({}, seconds());
  Histogram& request_seconds =
      histogram(registry, "guanxi_http_request_seconds", "Time to answer on the private listener.")
          .Add({}, seconds());
  Gauge& waiting =
      gauge(registry, "guanxi_inbox_waiting", "Payloads received and not yet worked.").Add({});
  Gauge& tasks = gauge(registry, "guanxi_tasks_waiting", "Platform calls due or waiting.").Add({});
  Gauge& dead_tasks =
      gauge(registry, "guanxi_tasks_dead", "Platform calls given up, each with its reason.")
          .Add({});

  std::shared_mutex mutex;
  std::map<std::string, std::unique_ptr<ChannelMetrics>, std::less<>> channels;
  std::vector<std::function<void(Metrics&)>> refreshers;

  std::unique_ptr<ChannelMetrics> make(const std::string& channel, const std::string& platform) {
    const prometheus::Labels labels{{"channel", channel}};
    auto handles = std::unique_ptr<ChannelMetrics::Handles>(
        new ChannelMetrics::Handles{{},
                                    {},
                                    callback_seconds.Add(labels, seconds()),
                                    duplicates.Add(labels),
                                    {drift, labels, "kind"},
                                    {quarantine, labels, "result"},
                                    {calls, labels, "call", "outcome"},
                                    {}});
    for (const CallbackResult result : kCallbackResults) {
      handles->callbacks[slot(result)] =
          &callbacks.Add({{"channel", channel},
                          {"platform", platform},
                          {"result", std::string(callback_result_text(result))}});
    }
    for (const EventResult result : kEventResults) {
      handles->events[slot(result)] =
          &events.Add({{"channel", channel}, {"status", std::string(event_result_text(result))}});
    }
    return std::make_unique<ChannelMetrics>(std::move(handles));
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

ChannelMetrics& Metrics::channel(std::string_view channel, std::string_view platform) {
  {
    const std::shared_lock lock(state_->mutex);
    if (const auto found = state_->channels.find(channel); found != state_->channels.end()) {
      return *found->second;
    }
  }
  const std::unique_lock lock(state_->mutex);
  auto& made = state_->channels[std::string(channel)];
  if (!made) made = state_->make(std::string(channel), std::string(platform));
  return *made;
}

void Metrics::unknown_callback() { state_->unknown.Increment(); }

void Metrics::commit(std::size_t payloads, std::chrono::duration<double> took) {
  state_->commit_batch.Observe(static_cast<double>(payloads));
  state_->commit_seconds.Observe(took.count());
}

void Metrics::pipeline_batch(std::size_t rows, std::chrono::duration<double> took) {
  state_->pipeline_rows.Observe(static_cast<double>(rows));
  state_->pipeline_seconds.Observe(took.count());
}

void Metrics::request(std::string_view route, int status, std::chrono::duration<double> took) {
  state_->requests.get(route, std::to_string(status)).Increment();
  state_->request_seconds.Observe(took.count());
}

void Metrics::set_backlog(std::int64_t waiting, std::int64_t tasks, std::int64_t dead_tasks) {
  state_->waiting.Set(static_cast<double>(waiting));
  state_->tasks.Set(static_cast<double>(tasks));
  state_->dead_tasks.Set(static_cast<double>(dead_tasks));
}

void Metrics::set_connections(std::string_view listener, std::size_t open) {
  state_->connections_family.Add({{"listener", std::string(listener)}})
      .Set(static_cast<double>(open));
}

void Metrics::before_render(std::function<void(Metrics&)> refresh) {
  const std::unique_lock lock(state_->mutex);
  state_->refreshers.push_back(std::move(refresh));
}

std::string Metrics::render() {
  std::vector<std::function<void(Metrics&)>> refreshers;
  {
    const std::shared_lock lock(state_->mutex);
    refreshers = state_->refreshers;
  }
  for (const auto& refresh : refreshers) refresh(*this);
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace guanxi::observe
