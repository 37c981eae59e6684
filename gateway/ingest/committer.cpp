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
                     std::size_t max_batch, std::function<void()> on_stored,
                     std::chrono::milliseconds patience)
    : store_(store),
      metrics_(metrics),
      max_waiting_(max_waiting),
      max_batch_(max_batch),
      on_stored_(std::move(on_stored)),
      patience_(patience) {
  watcher_ = std::thread([this] { watch(); });
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
  {
    const std::lock_guard lock(mutex_);
    threads_.clear();
  }
  ended_.notify_all();
  watcher_.join();
}

bool Committer::submit(Waiting&& waiting) {
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_ + waiting.payloads.size() > max_waiting_) return false;
    if (hanging_ > 0) return false;
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
    const std::size_t count = take(batch);
    last_crowd_ = batch.size();
    ++committing_;
    if (is_worth_a_commit()) condition_.notify_one();
    const auto under_way = under_way_.emplace(under_way_.end());
    under_way->began = SteadyClock::now();
    std::vector<store::PreparedPayload> payloads;
    payloads.reserve(count);
    for (Waiting& waiting : batch) {
      std::ranges::move(waiting.payloads, std::back_inserter(payloads));
      under_way->done.push_back(std::move(waiting.done));
    }
    lock.unlock();
    if (count >= kCrowd) crowded_until_ = under_way->began + kMoments;
    commit(std::move(payloads), *under_way);
    lock.lock();
    if (under_way->hangs) --hanging_;
    under_way_.erase(under_way);
    --committing_;
    waiting_ -= count;
  }
}

void Committer::commit(std::vector<store::PreparedPayload> payloads, UnderWay& under_way) {
  const auto appended = store_.append(payloads);
  metrics_.commit(payloads.size(), SteadyClock::now() - under_way.began);
  Done done;
  {
    const std::lock_guard lock(mutex_);
    done.swap(under_way.done);
  }
  if (!appended) {
    observe::log(observe::Level::error, "append_failed",
                 {{"payloads", payloads.size()}, {"error", appended.error().detail}});
  }
  for (const auto& tell : done) tell(appended ? Commit::stored : Commit::failed);
  if (appended && on_stored_) on_stored_();
}

Committer::Done Committer::give_up(SteadyClock::time_point now) {
  Done given_up;
  for (UnderWay& each : under_way_) {
    if (each.hangs || now - each.began < patience_) continue;
    each.hangs = true;
    ++hanging_;
    std::ranges::move(each.done, std::back_inserter(given_up));
    each.done.clear();
  }
  if (hanging_ == 0) return given_up;
  for (Waiting& waiting : queue_) {
    waiting_ -= waiting.payloads.size();
    given_up.push_back(std::move(waiting.done));
  }
  queue_.clear();
  return given_up;
}

// A tenth of the patience is exact enough, and keeps this thread asleep.
void Committer::watch() {
  observe::name_thread("commit-watch");
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, patience_ / 10, [this] { return stopping_ && threads_.empty(); })) {
    const Done given_up = give_up(SteadyClock::now());
    if (given_up.empty()) continue;
    lock.unlock();
    observe::log(observe::Level::error, "append_hangs", {{"callbacks", given_up.size()}});
    for (const auto& tell : given_up) tell(Commit::failed);
    lock.lock();
  }
}

}  // namespace guanxi::ingest
