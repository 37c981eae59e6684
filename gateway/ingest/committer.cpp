#include "gateway/ingest/committer.h"

#include <algorithm>
#include <iterator>

#include "gateway/observe/log.h"
#include "gateway/observe/thread_name.h"

namespace guanxi::ingest {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kCrowd = 16;
constexpr std::chrono::milliseconds kMoments{50};

}  // namespace

Committer::Committer(store::Store& store, observe::Metrics& metrics, std::size_t max_waiting,
                     std::size_t max_batch, std::function<void()> on_stored)
    : store_(store),
      metrics_(metrics),
      max_waiting_(max_waiting),
      max_batch_(max_batch),
      on_stored_(std::move(on_stored)) {
  for (std::size_t i = 0; i < store.appends_at_once(); ++i) {
    threads_.emplace_back([this] { run(); });
  }
}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  condition_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Committer::submit(Waiting&& waiting) {
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_ + waiting.payloads.size() > max_waiting_) return false;
    waiting_ += waiting.payloads.size();
    const bool was_worth = is_worth_a_commit();
    queue_.push_back(std::move(waiting));
    wakes = !was_worth && is_worth_a_commit();
  }
  if (wakes) condition_.notify_one();
  return true;
}

SteadyClock::time_point Committer::crowded_until() const { return crowded_until_; }

// Waiting for a commit under way gathers more into the next one. A crowd as large as the one under
// way does not gain by it.
bool Committer::is_worth_a_commit() const {
  return committing_ == 0 ? !queue_.empty() : queue_.size() >= std::max(kCrowd, last_crowd_);
}

// Moves what fits one transaction out of the queue; answers the number of payloads.
std::size_t Committer::take(std::vector<Waiting>& batch) {
  std::size_t payloads = 0;
  std::size_t count = 0;
  while (count < queue_.size() &&
         (count == 0 || payloads + queue_[count].payloads.size() <= max_batch_)) {
    payloads += queue_[count++].payloads.size();
  }
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  batch.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return payloads;
}

void Committer::run() {
  observe::name_thread("committer");
  std::vector<Waiting> batch;
  std::unique_lock lock(mutex_);
  while (true) {
    condition_.wait(lock, [&] { return is_worth_a_commit() || stopping_; });
    if (queue_.empty()) return;
    const std::size_t payloads = take(batch);
    last_crowd_ = batch.size();
    ++committing_;
    if (is_worth_a_commit()) condition_.notify_one();
    lock.unlock();
    commit(batch);
    lock.lock();
    --committing_;
    waiting_ -= payloads;
  }
}

void Committer::commit(std::vector<Waiting>& batch) {
  std::vector<store::PreparedPayload> payloads;
  for (Waiting& waiting : batch) {
    std::ranges::move(waiting.payloads, std::back_inserter(payloads));
  }
  const auto started = SteadyClock::now();
  if (payloads.size() >= kCrowd) crowded_until_ = started + kMoments;
  const auto appended = store_.append(payloads);
  metrics_.commit(payloads.size(), SteadyClock::now() - started);
  if (!appended) {
    observe::log(observe::Level::error, "append_failed",
                 {{"payloads", payloads.size()}, {"error", appended.error().detail}});
    for (Waiting& waiting : batch) waiting.done(Commit::failed);
    return;
  }
  for (Waiting& waiting : batch) waiting.done(Commit::stored);
  if (on_stored_) on_stored_();
}

}  // namespace guanxi::ingest
