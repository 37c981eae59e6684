// Completes thin events: makes the platform calls that packs want, and puts each answer into the
// inbox as a row of its own. Nothing waits for it; what fails is tried again, or kept dead with its
// reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "adapters/bound_channel.h"
#include "gateway/net/http_client.h"
#include "gateway/observe/metrics.h"
#include "gateway/platform/tokens.h"
#include "gateway/store/store.h"
#include "models/ids.h"
#include "models/time.h"

namespace guanxi::platform {

struct EnricherOptions {
  std::size_t threads = 8;
  // Tries before a call is dead, about a month of them: outages and wrong secrets end, and what was
  // to be completed is completed then.
  int transient_attempts = 1500;  // up to half an hour apart
  int alert_attempts = 750;       // up to an hour apart, while a person is needed
};

struct EnricherHooks {
  std::function<void()> on_answer;  // an answer stands in the inbox
  // Called between calls with the time that the store took; may block for several times as long.
  std::function<void(std::chrono::steady_clock::duration)> give_way;
};

class Enricher {
 public:
  Enricher(store::Store& store, const adapters::Channels& channels, net::HttpClient& client,
           Tokens& tokens, observe::Metrics& metrics, Clock clock, Randomness randomness,
           EnricherOptions options = {}, EnricherHooks hooks = {});
  ~Enricher();
  Enricher(const Enricher&) = delete;
  Enricher& operator=(const Enricher&) = delete;

  // Claims and makes up to `limit` calls that are due; says how many. For the loop and for tests.
  Result<std::size_t> work_once(std::size_t limit);

  void start();
  // Finishes the calls under way.
  void stop();
  // Tasks are due. Any thread; cheap.
  void wake();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace guanxi::platform
