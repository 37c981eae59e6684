// One connection of a server: reads requests, has them answered one after the other.
#pragma once

#include <utility>
// Asio 1.74 uses std::exchange without including it.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "gateway/net/http_server.h"
#include "gateway/net/loops.h"

namespace guanxi::net {

// What the connections of one server share.
struct Service {
  ServerLimits limits;
  Handler handler;
  std::function<Response(int status)> refusal;
  std::unique_ptr<boost::asio::ssl::context> tls;
  std::atomic<bool> draining{false};

  // How often deadlines are looked at: fine enough for the shortest limit.
  std::chrono::milliseconds tick() const;
  // What a request is answered that no handler sees; the connection ends after it.
  Response refuse(int status) const;
};

// Runs the connection to its end on `loop`, whose executor the socket has. `ended` is called last,
// on the loop's thread.
void start_session(std::shared_ptr<Service> service, Loop& loop,
                   boost::asio::ip::tcp::socket socket, std::function<void()> ended);

}  // namespace guanxi::net
