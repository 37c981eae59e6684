#include "gateway/net/loops.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "gateway/observe/thread_name.h"

namespace guanxi::net {

Respond Exchange::open() {
  const std::uint64_t number = ++count_;
  unanswered_.store(number, std::memory_order_release);
  return [self = shared_from_this(), number](Response response) {
    self->answer(number, std::move(response));
  };
}

void Exchange::end() {
  unanswered_ = 0;
  receiver_ = nullptr;
}

void Exchange::answer(std::uint64_t number, Response response) {
  std::uint64_t expected = number;
  if (!unanswered_.compare_exchange_strong(expected, 0)) return;
  if (mailbox_->on_loop_thread() && receiver_ != nullptr && receiver_->receives_directly()) {
    receiver_->receive(std::move(response));
    return;
  }
  mailbox_->put(shared_from_this(), std::move(response));
}

void Exchange::deliver(Response response) {
  if (receiver_ != nullptr) receiver_->receive(std::move(response));
}

void Mailbox::put(std::shared_ptr<Exchange> exchange, Response response) {
  const std::lock_guard lock(mutex_);
  if (io_ == nullptr) return;
  mail_.push_back({std::move(exchange), std::move(response)});
  if (mail_.size() == 1) boost::asio::post(*io_, [self = shared_from_this()] { self->empty(); });
}

void Mailbox::empty() {
  std::vector<Mail> mail;
  {
    const std::lock_guard lock(mutex_);
    mail.swap(mail_);
  }
  for (Mail& letter : mail) letter.exchange->deliver(std::move(letter.response));
}

void Mailbox::close() {
  const std::lock_guard lock(mutex_);
  io_ = nullptr;
  mail_.clear();
}

Loop::Loop() : mailbox_(std::make_shared<Mailbox>(io_)), work_(boost::asio::make_work_guard(io_)) {
  thread_ = std::thread([this] {
    observe::name_thread("http");
    mailbox_->set_thread(std::this_thread::get_id());
    io_.run();
  });
}

Loop::~Loop() {
  stop();
  mailbox_->close();
}

void Loop::stop() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

void Loop::add(Connection& connection, std::chrono::milliseconds tick) {
  connection.index_ = connections_.size();
  connections_.push_back(&connection);
  const bool sooner = tick < tick_;
  tick_ = std::min(tick_, tick);
  if (!watching_) {
    watching_ = true;
    watch();
  } else if (sooner) {
    ticker_.expires_after(tick_);
    watch();
  }
}

void Loop::remove(Connection& connection) {
  connections_.back()->index_ = connection.index_;
  connections_[connection.index_] = connections_.back();
  connections_.pop_back();
}

void Loop::watch() {
  ticker_.expires_after(tick_);
  ticker_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // superseded by a sooner tick
    const SteadyTime now = std::chrono::steady_clock::now();
    for (std::size_t i = connections_.size(); i-- > 0;) {
      if (connections_[i]->deadline <= now) connections_[i]->expire();
    }
    watching_ = !connections_.empty();
    if (watching_) watch();
  });
}

IoThreads::IoThreads(std::size_t threads) : loops_(std::make_unique<Loops>()) {
  for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) {
    loops_->all.push_back(std::make_unique<Loop>());
  }
}

IoThreads::~IoThreads() {
  // What a loop does last may hold what belongs to another.
  for (const auto& loop : loops_->all) loop->stop();
}

}  // namespace guanxi::net
