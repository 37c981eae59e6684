// Group commit: everything that waits goes into one transaction, and is answered after it. Where
// the store's commits overlap, what crowds in during one is committed beside it. Private to ingest.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "gateway/observe/metrics.h"
#include "gateway/store/store.h"

namespace guanxi::ingest {

enum class Commit : std::uint8_t { stored, failed };

struct Waiting {
  std::vector<store::PreparedPayload> payloads;
  std::function<void(Commit)> done;  // called once, from a thread of the committer's
};

class Committer {
 public:
  Committer(store::Store& store, observe::Metrics& metrics, std::size_t max_waiting,
            std::size_t max_batch, std::function<void()> on_stored);
  // Commits what waits, then ends.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // False if too much waits already; `waiting` is then untouched.
  bool submit(Waiting&& waiting);

  // Until when callbacks count as crowding in: some moments after many payloads were last committed
  // together, since more arrived than could be committed each at once. Any thread.
  std::chrono::steady_clock::time_point crowded_until() const;

 private:
  void run();
  // Under the lock.
  bool is_worth_a_commit() const;
  std::size_t take(std::vector<Waiting>& batch);
  void commit(std::vector<Waiting>& batch);

  store::Store& store_;
  observe::Metrics& metrics_;
  const std::size_t max_waiting_;
  const std::size_t max_batch_;
  std::function<void()> on_stored_;
  std::mutex mutex_;
  std::condition_variable condition_;
  std::vector<Waiting> queue_;
  std::size_t waiting_ = 0;     // payloads in the queue and in the commits under way
  std::size_t committing_ = 0;  // commits under way
  std::size_t last_crowd_ = 0;  // callbacks in the one begun last
  bool stopping_ = false;
  std::atomic<std::chrono::steady_clock::time_point> crowded_until_{};
  std::vector<std::thread> threads_;
};

}  // namespace guanxi::ingest
