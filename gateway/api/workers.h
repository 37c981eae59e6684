// A few threads for work that blocks on the store, and a bounded queue before them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace guanxi::api {

class Workers {
 public:
  // With no threads, work runs in the caller at once: for tests.
  Workers(std::size_t threads, std::size_t longest_queue);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // False when the queue is full or stop() was called; the work is not taken.
  bool submit(std::function<void()> work);
  // Finishes what was taken. Idempotent.
  void stop();

 private:
  void run();

  const std::size_t longest_queue_;
  const bool inline_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace guanxi::api
