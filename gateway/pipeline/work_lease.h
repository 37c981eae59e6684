// Who works rows, whatever process: one at a time, since what a batch decides rests on what it has
// read. One thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "gateway/store/store.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::pipeline {

class WorkLease {
 public:
  WorkLease(store::Store& store, std::string holder) : store_(store), holder_(std::move(holder)) {}

  // Whether it is this holder's, taken or renewed if need be.
  Result<bool> hold(Time now);
  // It may be another's by now.
  void doubt() { until_ = {}; }
  void release();

  // Asks whoever holds it to give it up, for some seconds; and whether somebody asks.
  Result<void> ask(Time now);
  Result<bool> is_asked(Time now);
  Result<void> stop_asking();

 private:
  store::Store& store_;
  std::string holder_;
  Time until_{};
};

// The lease in the hands of somebody who works rows beside a gateway, and lets it have its turn
// every second or two. Gives it back when it goes.
class WorkTurn {
 public:
  WorkTurn(store::Store& store, std::string holder, Clock clock)
      : lease_(store, std::move(holder)), clock_(std::move(clock)) {}
  ~WorkTurn() { give_way(); }
  WorkTurn(const WorkTurn&) = delete;
  WorkTurn& operator=(const WorkTurn&) = delete;

  // `unavailable` if whoever has it does not give way.
  Result<void> take();
  void give_way();

 private:
  WorkLease lease_;
  Clock clock_;
  std::optional<std::chrono::steady_clock::time_point> held_since_;
};

}  // namespace guanxi::pipeline
