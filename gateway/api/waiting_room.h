// Long polls of the change feed: requests that wait for a change without holding a thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gateway/api/endpoints.h"

namespace guanxi::api {

struct Waiter {
  Caller caller;
  std::string secret;  // asked about again before data is handed out
  ChangesQuery query;
  Time until{};
  std::function<void(Outcome)> answer;
};

class WaitingRoom {
 public:
  // `poll` is how often the feed is looked at without being woken, for changes that other processes
  // write. Nothing runs before start().
  WaitingRoom(const Context& context, KeyRing& keys, std::size_t places, Milliseconds poll);
  ~WaitingRoom();
  WaitingRoom(const WaitingRoom&) = delete;
  WaitingRoom& operator=(const WaitingRoom&) = delete;

  void start();
  // The waiter is answered later, or at once with no changes when there is no place.
  void enter(Waiter waiter);
  // The feed may have grown. Any thread; cheap.
  void wake();
  // Looks at the feed for everybody and answers those with changes or at their end.
  void look();
  // Answers everybody; later ones do not wait. Idempotent.
  void close();

 private:
  void run();
  bool settle(const Waiter& waiter, Time now);

  Context context_;
  KeyRing& keys_;
  const std::size_t places_;
  const Milliseconds poll_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Waiter> waiters_;
  bool woken_ = false;
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace guanxi::api
