#include "gateway/api/pulse.h"

#include "gateway/observe/thread_name.h"

namespace guanxi::api {

Health health_of(store::Store& store) {
  if (!store.ping()) return {};
  const auto schema = store.schema_versions();
  return schema ? Health{true, *schema} : Health{};
}

Pulse::Pulse(store::Store& store, Milliseconds patience)
    : store_(store), patience_(patience), thread_([this] { run(); }) {}

Pulse::~Pulse() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Health Pulse::ask() {
  std::unique_lock lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (asked_ == answered_) began_ = now;
  const std::uint64_t mine = ++asked_;
  changed_.notify_all();
  const bool came =
      changed_.wait_until(lock, began_ + patience_, [&] { return answered_ >= mine; });
  return came ? health_ : Health{};
}

void Pulse::run() {
  observe::name_thread("pulse");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || asked_ > answered_; });
    if (stopping_) return;
    const std::uint64_t asked = asked_;
    lock.unlock();
    const Health health = health_of(store_);
    lock.lock();
    health_ = health;
    answered_ = asked;
    began_ = std::chrono::steady_clock::now();  // of those who asked meanwhile
    changed_.notify_all();
  }
}

}  // namespace guanxi::api
