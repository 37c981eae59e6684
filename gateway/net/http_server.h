// HTTP/1.1 server over Boost.Beast: keep-alive, pipelining, limits, optional TLS, graceful drain.
// Requests are parsed strictly: whatever two parsers could read differently is refused with 4xx and
// the connection is closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/time.h"

namespace guanxi::net {

struct Request {
  std::string method;
  std::string target;  // as sent
  std::string path;    // target up to '?', still percent-encoded but known to be well encoded
  std::string query;   // after '?', raw
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string remote;  // peer's address, no port

  // The first header of that name, any case; empty when absent.
  std::string_view header(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool close = false;  // end the connection after this answer
};

// Answers one request. Call it exactly once, from any thread; after the server has stopped it is a
// no-op.
using Respond = std::function<void(Response)>;
// Runs on an I/O thread and must not block.
using Handler = std::function<void(Request, Respond)>;

struct ServerLimits {
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 1024 * 1024;
  std::size_t target_bytes = 8 * 1024;
  Milliseconds request_time{10'000};  // from first byte of a request to its last
  Milliseconds idle_time{60'000};     // between requests
  std::size_t connections = 4096;
};

struct ServerOptions {
  std::string address;  // "0.0.0.0:8080", "[::]:8080"; port 0 takes a free one
  ServerLimits limits;
  std::string tls_certificate;  // PEM file; empty: plain HTTP
  std::string tls_key;
  // How requests are answered that no handler sees, since they cannot be read or exceed a limit;
  // empty: with the status alone. Any thread.
  std::function<Response(int status)> refusal{};
};

// Throws std::runtime_error, with the cure, when certificate and key cannot be used.
void check_tls(const ServerOptions& options);

// Threads and event loops that servers run on; one for the process.
class IoThreads {
 public:
  explicit IoThreads(std::size_t threads);
  ~IoThreads();
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;
  struct Loops;
  Loops& loops() { return *loops_; }

 private:
  std::unique_ptr<Loops> loops_;
};

class Server {
 public:
  // Binds and listens. Throws std::runtime_error: address in use, bad certificate, with the cure.
  Server(IoThreads& threads, ServerOptions options, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  // Connections open now.
  std::size_t connections() const;
  // Stops accepting; answers what has been received, closes idle connections; returns true when all
  // connections ended within `patience`, else cuts the rest and returns false.
  bool drain(Milliseconds patience);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Percent-decoding by RFC 3986 ('+' stays '+'); nothing when an escape is broken or decodes to NUL.
std::optional<std::string> percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);
// The query's pairs in order, decoded; nothing when badly encoded.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

}  // namespace guanxi::net
