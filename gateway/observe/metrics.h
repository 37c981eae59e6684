// What the gateway counts and measures: Prometheus text for scrapers, plain numbers for the CRM
// API. One object a process, passed by reference. Any thread; nothing here blocks for long.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "models/time.h"

namespace guanxi::observe {

// What became of one callback request.
enum class CallbackResult : std::uint8_t {
  stored,      // durable; whether it is new turns out when it is admitted
  answered,    // URL check or another request that stores nothing
  refused,     // 403: signature, key or receiver wrong
  malformed,   // 400
  overloaded,  // 503: too many waiting for commit
  failed,      // 503: the store refused
};
std::string_view callback_result_text(CallbackResult result);

// What became of one inbox row.
enum class EventResult : std::uint8_t { normalized, unmapped, dead, none };
std::string_view event_result_text(EventResult result);

// Since the start of this process.
struct ChannelCounters {
  std::uint64_t received = 0;    // stored
  std::uint64_t duplicates = 0;  // payloads that were known
  std::uint64_t rejected = 0;    // refused and malformed
  std::uint64_t normalized = 0;
  std::uint64_t unmapped = 0;
  std::uint64_t dead = 0;
  std::optional<Time> last_received_at;
};

// The handles of one channel, resolved once.
class ChannelMetrics {
 public:
  struct Handles;
  explicit ChannelMetrics(std::unique_ptr<Handles> handles);
  ~ChannelMetrics();
  ChannelMetrics(const ChannelMetrics&) = delete;
  ChannelMetrics& operator=(const ChannelMetrics&) = delete;

  // guanxi_callbacks_total{channel,platform,result} and guanxi_callback_seconds.
  void callback(CallbackResult result, Time at, std::chrono::duration<double> took);
  // guanxi_duplicates_total{channel}: payloads that turned out to be known.
  void duplicates(std::uint64_t count);
  // guanxi_events_total{channel,status}
  void event(EventResult result, std::uint64_t count = 1);
  // guanxi_drift_total{channel,kind}; kinds are models::drift_kind_text().
  void drift(std::string_view kind, std::uint64_t count = 1);
  // guanxi_quarantine_total{channel,result}: refused requests that were kept, or dropped for want
  // of room.
  void quarantine(bool is_kept);
  // guanxi_platform_calls_total{channel,call,outcome}; call is a pack's name, outcome a verdict's
  // word.
  void platform_call(std::string_view call, std::string_view outcome);

  ChannelCounters counters() const;

 private:
  std::unique_ptr<Handles> handles_;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The channel's handles, made on first use; valid as long as this object. Callers keep the
  // pointer or ask each time (one shared lock and a map lookup). Only for configured channels.
  ChannelMetrics& channel(std::string_view channel, std::string_view platform);
  // Callbacks for channels that do not exist: guanxi_callbacks_unknown_total.
  void unknown_callback();
  // guanxi_inbox_commit_batch: payloads in one durable append, and guanxi_inbox_commit_seconds.
  void commit(std::size_t payloads, std::chrono::duration<double> took);
  // guanxi_pipeline_batch: rows worked in one transaction, and guanxi_pipeline_batch_seconds.
  void pipeline_batch(std::size_t rows, std::chrono::duration<double> took);
  // guanxi_http_requests_total{route,status}; route is a pattern such as "/v1/customers/{id}".
  void request(std::string_view route, int status, std::chrono::duration<double> took);

  // guanxi_inbox_waiting, guanxi_tasks_waiting, guanxi_tasks_dead
  void set_backlog(std::int64_t waiting, std::int64_t tasks, std::int64_t dead_tasks);
  // guanxi_connections{listener}
  void set_connections(std::string_view listener, std::size_t open);
  // Called before each rendering, to set gauges. Register before serving.
  void before_render(std::function<void(Metrics&)> refresh);

  // Prometheus text format 0.0.4.
  std::string render();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace guanxi::observe
