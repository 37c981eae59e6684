// Takes the platforms' callbacks: open, append durably, then answer. The answer never waits for
// what the gateway makes of a callback, only for the commit.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "adapters/bound_channel.h"
#include "gateway/net/http_server.h"
#include "gateway/observe/metrics.h"
#include "gateway/store/store.h"
#include "models/time.h"

namespace guanxi::ingest {

struct IngestOptions {
  // Payloads waiting for commit; past it callbacks are answered 503 with Retry-After.
  std::size_t max_waiting = 8192;
  std::size_t max_batch = 512;  // payloads in one transaction
  // How long a callback waits for the store before it is answered 503.
  Milliseconds patience{5'000};
};

// Called with each request that is refused as not proven or not readable, before it is answered;
// must not block.
using OnRefused = std::function<void(const std::string& channel, const adapters::BoundChannel&,
                                     const adapters::Callback&, Time received_at)>;

class Ingest {
 public:
  // `on_stored` is called after each commit, from the committer's thread.
  Ingest(store::Store& store, const adapters::Channels& channels, observe::Metrics& metrics,
         Clock clock, IngestOptions options, std::function<void()> on_stored = {},
         OnRefused on_refused = {});
  // Commits and answers what waits, then stops.
  ~Ingest();
  Ingest(const Ingest&) = delete;
  Ingest& operator=(const Ingest&) = delete;

  // Answers one request below /callbacks/: 200 with the platform's body once it is durable; 404
  // unknown channel, 405 method, 403 not proven, 400 unreadable, 503 overload or store. Any thread.
  void handle(net::Request request, net::Respond respond);

  // Whether callbacks crowd in: they arrive faster than they can be committed one by one, so that
  // many share a commit. Any thread.
  bool is_crowded() const;

  // For work that can wait, after `took` of it: callbacks have to be answered in time, what they
  // say can follow. While they crowd in, this blocks so long that all such work together has a
  // tenth of the time, which it always has, and no longer than a second at once. Any thread.
  void give_way(std::chrono::steady_clock::duration took);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace guanxi::ingest
