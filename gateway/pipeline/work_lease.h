// Who works rows, whatever process: one at a time, since what a batch decides rests on what it has
// read. One thread.
#pragma once

#include <string>

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

}  // namespace guanxi::pipeline
