#include "gateway/api/workers.h"

#include <utility>

#include "gateway/observe/thread_name.h"

namespace guanxi::api {

Workers::Workers(std::size_t threads, std::size_t longest_queue)
    : longest_queue_(longest_queue), inline_(threads == 0) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Workers::~Workers() { stop(); }

bool Workers::submit(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    if (!inline_) {
      if (queue_.size() >= longest_queue_) return false;
      queue_.push_back(std::move(work));
      changed_.notify_one();
      return true;
    }
  }
  work();
  return true;
}

void Workers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Workers::run() {
  observe::name_thread("api");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const auto work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    lock.lock();
  }
}

}  // namespace guanxi::api
