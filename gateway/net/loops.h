// Event loops, one thread each. What belongs to a loop is touched on its thread only, so that
// connections need no locks; other threads hand answers over through the loop's mailbox.
#pragma once

#include <utility>
// Asio 1.74 uses std::exchange without including it.
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "gateway/net/http_server.h"

namespace guanxi::net {

using SteadyTime = std::chrono::steady_clock::time_point;

class Mailbox;

// Where the answer of a connection's current request goes; outlives the connection.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  class Receiver {
   public:
    virtual ~Receiver() = default;
    // On the loop's thread.
    virtual void receive(Response response) = 0;
    // Whether an answer given now, on this thread, can be taken without the mailbox.
    virtual bool receives_directly() const = 0;
  };

  Exchange(std::shared_ptr<Mailbox> mailbox, Receiver& receiver)
      : mailbox_(std::move(mailbox)), receiver_(&receiver) {}

  // On the loop's thread: the next request may be answered, once.
  Respond open();
  // On the loop's thread: the connection is gone.
  void end();
  // Any thread. Every call but the first for one request is without effect.
  void answer(std::uint64_t number, Response response);
  // On the loop's thread.
  void deliver(Response response);

 private:
  std::shared_ptr<Mailbox> mailbox_;
  Receiver* receiver_;
  std::uint64_t count_ = 0;
  std::atomic<std::uint64_t> unanswered_{0};  // number of the request, or 0
};

// Answers on their way to a loop: many are handed over with one wake-up.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  explicit Mailbox(boost::asio::io_context& io) : io_(&io) {}

  void put(std::shared_ptr<Exchange> exchange, Response response);
  bool on_loop_thread() const {
    return std::this_thread::get_id() == thread_.load(std::memory_order_relaxed);
  }
  void set_thread(std::thread::id id) { thread_ = id; }
  // Later mail is dropped.
  void close();

 private:
  struct Mail {
    std::shared_ptr<Exchange> exchange;
    Response response;
  };
  void empty();

  std::mutex mutex_;
  boost::asio::io_context* io_;
  std::vector<Mail> mail_;
  std::atomic<std::thread::id> thread_;
};

// What a loop knows of a connection. All on the loop's thread.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void expire() = 0;          // its deadline has passed
  virtual void finish_if_idle() = 0;  // the server drains
  virtual void cut() = 0;             // end now, whatever it does
  virtual const void* owner() const = 0;

  SteadyTime deadline = SteadyTime::max();

 private:
  friend class Loop;
  std::size_t index_ = 0;
};

class Loop {
 public:
  Loop();
  ~Loop();

  // Ends what the thread does, and the thread.
  void stop();

  boost::asio::io_context& io() { return io_; }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }

  // Deadlines are looked at every `tick`, which saves connections a timer each.
  void add(Connection& connection, std::chrono::milliseconds tick);
  void remove(Connection& connection);
  // Calls `action` for each connection of that owner; it may end the connection.
  template <typename Action>
  void for_each(const void* owner, Action action) {
    for (std::size_t i = connections_.size(); i-- > 0;) {
      if (connections_[i]->owner() == owner) action(*connections_[i]);
    }
  }

 private:
  void watch();

  boost::asio::io_context io_{1};
  std::shared_ptr<Mailbox> mailbox_;
  boost::asio::steady_timer ticker_{io_};
  std::chrono::milliseconds tick_{500};
  bool watching_ = false;
  std::vector<Connection*> connections_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

struct IoThreads::Loops {
  std::vector<std::unique_ptr<Loop>> all;
  std::atomic<std::size_t> turn{0};

  Loop& next() { return *all[turn.fetch_add(1, std::memory_order_relaxed) % all.size()]; }
};

}  // namespace guanxi::net
