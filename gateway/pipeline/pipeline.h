// The loop between inbox and model: rows that wait are read, decided and written, a batch in one
// transaction. A row is worked once: its mark is written with its effects, or neither is.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "adapters/bound_channel.h"
#include "gateway/identity/policy.h"
#include "gateway/observe/metrics.h"
#include "gateway/store/store.h"
#include "models/ids.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::pipeline {

struct PipelineOptions {
  std::size_t batch_rows = 256;
  std::size_t batch_bytes = 4 * 1024 * 1024;
  std::size_t crowded_batch_rows = 128;  // while callbacks crowd in
  std::string holder;                    // names this process in the lease; unique among processes
  identity::Policy policy = {};          // of who is who
  models::Survivorship survivorship = {};
};

struct PipelineHooks {
  std::function<void()> on_written = {};  // the feed may have grown
  std::function<void()> on_tasks = {};    // platform calls are due
  // Whether callbacks crowd in now, and the store and the processors are needed for them first.
  std::function<bool()> is_crowded = {};
  // Called after each batch with the time that it took; may block for several times as long.
  std::function<void(std::chrono::steady_clock::duration)> give_way = {};
};

class Pipeline {
 public:
  Pipeline(store::Store& store, const adapters::Channels& channels, observe::Metrics& metrics,
           Clock clock, Randomness randomness, PipelineOptions options, PipelineHooks hooks = {});
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Works one batch, or nothing if none waits, and says how many rows. `conflict`: somebody else
  // worked them or changed what they touch; call again. For the loop, tests and replay.
  Result<std::size_t> work_once();

  void start();
  // Finishes the batch under way.
  void stop();
  // Rows wait. Any thread; cheap.
  void wake();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace guanxi::pipeline
