// Group commit: everything that waits goes into one transaction, and is answered after it. Where
// the store's commits overlap, what crowds in during one is committed beside it. Private to ingest.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
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
  // A commit that takes longer than `patience` is not waited for: what it holds and what waits
  // behind it is told `failed`, and nothing more is taken until it ends. What it stores all the
  // same is known when it is delivered again.
  Committer(store::Store& store, observe::Metrics& metrics, std::size_t max_waiting,
            std::size_t max_batch, std::function<void()> on_stored,
            std::chrono::milliseconds patience);
  // Commits what waits, then ends.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // False if too much waits already or the store hangs; `waiting` is then untouched.
  bool submit(Waiting&& waiting);

  // Until when callbacks count as crowding in: some moments after many payloads were last committed
  // together, since more arrived than could be committed each at once. Any thread.
  std::chrono::steady_clock::time_point crowded_until() const;

 private:
  using Done = std::vector<std::function<void(Commit)>>;
  struct UnderWay {
    std::chrono::steady_clock::time_point began;
    Done done;  // empty: told already
    bool hangs = false;
  };

  void run();
  void watch();
  // Under the lock: those who need not wait any longer.
  Done give_up(std::chrono::steady_clock::time_point now);
  // Under the lock.
  bool is_worth_a_commit() const;
  std::size_t take(std::vector<Waiting>& batch);
  void commit(std::vector<store::PreparedPayload> payloads, UnderWay& under_way);

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
  const std::chrono::milliseconds patience_;
  std::size_t hanging_ = 0;  // commits that took longer
  std::list<UnderWay> under_way_;
  std::condition_variable ended_;  // a commit, or all of them
  std::atomic<std::chrono::steady_clock::time_point> crowded_until_{};
  std::vector<std::thread> threads_;
  std::thread watcher_;
};

}  // namespace guanxi::ingest
