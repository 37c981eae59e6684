// The yardstick of the benchmarks: Beast as in its own examples, reading whole requests and
// answering every one with the same empty 200. Nothing of Guanxi is in it.
//
//   bare_server PORT THREADS
#include <utility>
// Asio 1.74 uses std::exchange without including it.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Code = boost::system::error_code;

namespace {

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : socket_(std::move(socket)) {
    Code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
  }

  void read() {
    request_ = {};
    http::async_read(socket_, buffer_, request_,
                     [self = shared_from_this()](Code error, std::size_t) {
                       if (!error) self->write();
                     });
  }

 private:
  void write() {
    response_ = {http::status::ok, request_.version()};
    response_.keep_alive(request_.keep_alive());
    response_.prepare_payload();
    http::async_write(socket_, response_, [self = shared_from_this()](Code error, std::size_t) {
      if (!error && self->response_.keep_alive()) self->read();
    });
  }

  tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::empty_body> response_;
};

// One loop a thread, connections dealt in turn.
class Listener {
 public:
  Listener(std::vector<std::unique_ptr<asio::io_context>>& loops, std::uint16_t port)
      : loops_(loops), acceptor_(*loops.front(), {tcp::v4(), port}) {}

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  void accept() {
    asio::io_context& loop = *loops_[turn_++ % loops_.size()];
    acceptor_.async_accept(loop, [this, &loop](Code error, tcp::socket socket) {
      if (!error) {
        const auto session = std::make_shared<Session>(std::move(socket));
        asio::post(loop, [session] { session->read(); });
      }
      accept();
    });
  }

 private:
  std::vector<std::unique_ptr<asio::io_context>>& loops_;
  tcp::acceptor acceptor_;
  std::size_t turn_ = 0;
};

}  // namespace

int main(int count, char** words) {
  if (count != 3) {
    std::fprintf(stderr, "usage: bare_server PORT THREADS\n");
    return 2;
  }
  std::vector<std::unique_ptr<asio::io_context>> loops;
  for (int i = 0; i < std::max(1, std::atoi(words[2])); ++i) {
    loops.push_back(std::make_unique<asio::io_context>(1));
  }
  Listener listener(loops, static_cast<std::uint16_t>(std::atoi(words[1])));
  listener.accept();
  std::printf("%u\n", listener.port());
  std::fflush(stdout);

  std::vector<std::thread> threads;
  for (const auto& loop : loops) {
    threads.emplace_back([&loop] {
      const auto work = asio::make_work_guard(*loop);
      loop->run();
    });
  }
  for (std::thread& thread : threads) thread.join();
}
