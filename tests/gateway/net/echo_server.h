// A server on a free port whose answers tell what it was asked.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "gateway/net/http_server.h"

namespace guanxi::test {

inline net::ServerOptions on_free_port(net::ServerLimits limits = {}) {
  net::ServerOptions options;
  options.address = "127.0.0.1:0";
  options.limits = limits;
  return options;
}

inline void echo(net::Request request, const net::Respond& respond) {
  net::Response response;
  response.content_type = "text/plain";
  response.body = request.method + " " + request.path + "|" + request.query + "|" + request.body;
  respond(std::move(response));
}

struct EchoServer {
  explicit EchoServer(net::ServerOptions options = on_free_port(), net::Handler handler = echo)
      : server(threads, std::move(options), std::move(handler)) {}

  std::uint16_t port() const { return server.port(); }

  net::IoThreads threads{2};
  net::Server server;
};

}  // namespace guanxi::test
