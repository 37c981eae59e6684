// Whether the store answers, asked by a thread of its own: a database that hangs holds up whoever
// asks it, and whoever asks for its health must not be.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

#include "gateway/store/store.h"

namespace guanxi::api {

struct Health {
  bool answers = false;
  std::pair<int, int> schema{};  // in the store, in this program
};

class Pulse {
 public:
  // `patience`: how long an answer is waited for.
  Pulse(store::Store& store, Milliseconds patience);
  ~Pulse();
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;

  // Asks the store now; blocks for the patience at most, and not at all while it has owed an answer
  // for longer. Any thread.
  Health ask();

 private:
  void run();

  store::Store& store_;
  const Milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;                     // the last that the answer is good for
  std::chrono::steady_clock::time_point began_{};  // of what is not answered yet
  Health health_;
  bool stopping_ = false;
  std::thread thread_;
};

Health health_of(store::Store& store);

}  // namespace guanxi::api
