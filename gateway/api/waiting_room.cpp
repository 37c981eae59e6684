#include "gateway/api/waiting_room.h"

#include <iterator>
#include <set>
#include <utility>

#include "gateway/observe/thread_name.h"

namespace guanxi::api {

WaitingRoom::WaitingRoom(const Context& context, KeyRing& keys, std::size_t places,
                         Milliseconds poll)
    : context_(context), keys_(keys), places_(places), poll_(poll) {}

WaitingRoom::~WaitingRoom() { close(); }

void WaitingRoom::start() {
  thread_ = std::thread([this] { run(); });
}

void WaitingRoom::enter(Waiter waiter) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_ && waiters_.size() < places_) {
      waiters_.push_back(std::move(waiter));
      woken_ = true;  // a change may have come between the first look and now
      changed_.notify_one();
      return;
    }
  }
  waiter.answer(no_changes(context_, waiter.caller, waiter.query));
}

void WaitingRoom::wake() {
  const std::lock_guard lock(mutex_);
  if (waiters_.empty()) return;
  woken_ = true;
  changed_.notify_one();
}

void WaitingRoom::look() {
  std::vector<Waiter> present;
  {
    const std::lock_guard lock(mutex_);
    present.swap(waiters_);
  }
  const Time now = context_.clock();
  std::vector<Waiter> remaining;
  // Many wait at the same position of one feed, which is then asked once.
  std::set<std::pair<store::TenantId, std::int64_t>> quiet;
  for (Waiter& waiter : present) {
    const std::pair place{waiter.caller.tenant, waiter.query.after};
    if (now < waiter.until && quiet.contains(place)) {
      remaining.push_back(std::move(waiter));
    } else if (!settle(waiter, now)) {
      quiet.insert(place);
      remaining.push_back(std::move(waiter));
    }
  }
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) {
      waiters_.insert(waiters_.end(), std::make_move_iterator(remaining.begin()),
                      std::make_move_iterator(remaining.end()));
      return;
    }
  }
  for (const Waiter& waiter : remaining) {
    waiter.answer(no_changes(context_, waiter.caller, waiter.query));
  }
}

// True when the waiter was answered.
bool WaitingRoom::settle(const Waiter& waiter, Time now) {
  auto found = find_changes(context_, waiter.caller, waiter.query);
  if (!found) {
    waiter.answer(tl::unexpected(std::move(found.error())));
    return true;
  }
  if (!*found && now < waiter.until) return false;
  if (!*found) {
    waiter.answer(no_changes(context_, waiter.caller, waiter.query));
    return true;
  }
  const auto caller = keys_.find(waiter.secret);
  if (!caller) {
    waiter.answer(tl::unexpected(problem_from(caller.error())));
  } else if (!*caller) {
    waiter.answer(tl::unexpected(Problem{ProblemCode::unauthorized, "the API key was revoked"}));
  } else {
    waiter.answer(std::move(**found));
  }
  return true;
}

void WaitingRoom::close() {
  std::vector<Waiter> present;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    present.swap(waiters_);
    changed_.notify_one();
  }
  for (const Waiter& waiter : present) {
    waiter.answer(no_changes(context_, waiter.caller, waiter.query));
  }
  if (thread_.joinable()) thread_.join();
}

void WaitingRoom::run() {
  observe::name_thread("api-waiting");
  std::unique_lock lock(mutex_);
  while (!closed_) {
    changed_.wait(lock, [this] { return closed_ || !waiters_.empty(); });
    changed_.wait_for(lock, poll_, [this] { return closed_ || woken_; });
    woken_ = false;
    if (closed_) return;
    lock.unlock();
    look();
    lock.lock();
  }
}

}  // namespace guanxi::api
