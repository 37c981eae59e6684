// Keeps requests that no recipe proved, since what looks like a forgery may be the platform's new
// way to sign. They are answered 403 and never read; once the rules know the new way, they are
// verified again, as of when they came, and those that are proven go the way of all callbacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "adapters/bound_channel.h"
#include "gateway/observe/metrics.h"
#include "gateway/store/store.h"
#include "models/time.h"

namespace guanxi::ingest {

// Of each channel. What comes when it is full is not kept, so that a flood of forgeries displaces
// nothing; this is logged and counted.
struct QuarantineOptions {
  std::size_t rows = 2'000;
  std::size_t bytes = 32 * 1024 * 1024;
  Milliseconds age{7 * 24 * 3'600'000};
  // On their way to the store, of all channels: what it may cost while the store hangs.
  std::size_t waiting = 1'024;
  std::size_t waiting_bytes = 64 * 1024 * 1024;
};

class Quarantine {
 public:
  // `on_released`: proven requests are in the store. Called from the quarantine's own thread.
  Quarantine(store::Store& store, const adapters::Channels& channels, observe::Metrics& metrics,
             Clock clock, QuarantineOptions options, std::function<void()> on_released);
  // Writes what waits.
  ~Quarantine();
  Quarantine(const Quarantine&) = delete;
  Quarantine& operator=(const Quarantine&) = delete;

  // Any thread; does not wait for the store.
  void keep(const std::string& channel, const adapters::BoundChannel& bound,
            const adapters::Callback& callback, Time received_at);

  // The rules may know more now: everything is verified again, soon. Any thread.
  void review();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A request as one text and back; nothing for what pack_request() did not write.
std::string pack_request(const adapters::Callback& callback);
std::optional<adapters::Callback> unpack_request(std::string_view packed);

}  // namespace guanxi::ingest
