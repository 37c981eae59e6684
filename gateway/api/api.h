// The CRM API of the private listener: authorization, routing, answers. No sockets: what a server
// hands it, and a test may too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "adapters/bound_channel.h"
#include "gateway/api/people.h"
#include "gateway/net/http_server.h"
#include "gateway/observe/metrics.h"
#include "gateway/store/store.h"
#include "models/json.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::api {

// Reads one worked row of the inbox again and says what that changed; `not_found` without such a
// row, `conflict` if it has not been worked yet.
using ReplayEvent = std::function<Result<models::Json>(store::TenantId tenant, std::int64_t seq)>;

struct ApiOptions {
  // Threads that block on the store; 0: requests are answered in the caller, and long polls only by
  // look_at_changes().
  std::size_t threads = 4;
  std::size_t longest_queue = 512;
  std::size_t most_waiting = 1024;  // long polls at once
  Milliseconds poll{1'000};         // how often the feed is looked at for other processes' changes
  std::size_t body_bytes = 1024 * 1024;
  Milliseconds health_patience{2'000};  // how long /readyz waits for the store
  ReplayEvent replay = {};
  People* people = nullptr;  // outlives the API
};

class Api {
 public:
  Api(store::Store& store, adapters::Channels& channels, observe::Metrics& metrics, Clock clock,
      ApiOptions options = {});
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  // A net::Handler: does not block when there are threads.
  void handle(net::Request request, net::Respond respond);

  // The feed may have grown. Any thread; cheap.
  void wake();
  // Answers the long polls that have changes or are at their end.
  void look_at_changes();
  // Answers all long polls, so that a listener can drain; later ones do not wait.
  void end_waiting();
  // Finishes what was taken; everything later is answered 503. Idempotent.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace guanxi::api
