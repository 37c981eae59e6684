// The session over one kind of stream: a plain socket, or TLS on one. Included by session.cpp only.
#pragma once

#include <utility>
// Asio 1.74 uses std::exchange without including it.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "gateway/net/http_server.h"
#include "gateway/net/loops.h"
#include "gateway/net/read_buffer.h"
#include "gateway/net/request_head.h"
#include "gateway/net/request_reader.h"
#include "gateway/net/response_text.h"
#include "gateway/net/session.h"

namespace guanxi::net {

// A suspended coroutine.
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual void resume() = 0;
};

template <typename Handler>
class WaiterOf final : public Waiter {
 public:
  explicit WaiterOf(Handler&& handler) : handler_(std::move(handler)) {}
  void resume() override { std::move(handler_)(); }

 private:
  Handler handler_;
};

template <typename Stream>
class Session final : public Connection, public Exchange::Receiver {
 public:
  Session(std::shared_ptr<Service> service, Loop& loop, boost::asio::ip::tcp::socket socket);
  ~Session() override;

  boost::asio::awaitable<void> run();

  void receive(Response response) override;
  bool receives_directly() const override { return in_handler_; }

  void expire() override;
  void finish_if_idle() override;
  void cut() override;
  const void* owner() const override { return service_.get(); }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, boost::asio::ip::tcp::socket>;

  boost::asio::ip::tcp::socket& socket();
  void set_deadline(std::chrono::milliseconds time) {
    deadline = std::chrono::steady_clock::now() + time;
  }
  boost::asio::awaitable<bool> handshake();
  boost::asio::awaitable<bool> read_more();
  boost::asio::awaitable<int> receive_request();
  boost::asio::awaitable<int> receive_head();
  boost::asio::awaitable<int> receive_body();
  boost::asio::awaitable<bool> answer();
  boost::asio::awaitable<bool> refuse(int status);
  boost::asio::awaitable<bool> send(const Response& response, const ResponseFraming& framing);
  boost::asio::awaitable<bool> write(std::string_view bytes);
  boost::asio::awaitable<void> wait_for_response();
  boost::asio::awaitable<void> finish();
  void call_handler();

  std::shared_ptr<Service> service_;
  Loop& loop_;
  Stream stream_;
  std::shared_ptr<Exchange> exchange_;
  std::string remote_;

  ReadBuffer buffer_;
  std::optional<RequestReader> reader_;
  HeadVerdict head_;
  std::string out_;

  std::optional<Response> response_;
  std::unique_ptr<Waiter> waiter_;
  bool in_handler_ = false;

  bool idle_ = false;  // waiting for the first byte of a request
  bool timed_out_ = false;
  bool cut_ = false;
  bool linger_ = false;  // an answer was sent that announced the end
};

}  // namespace guanxi::net
