#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "gateway/net/http_client.h"
#include "tests/gateway/net/echo_server.h"
#include "tests/gateway/net/self_signed.h"
#include "tests/support/raw_http.h"

using namespace guanxi;
using namespace guanxi::test;
using namespace std::chrono_literals;

namespace {

net::ServerOptions with_tls(const SelfSigned& files, net::ServerLimits limits = {}) {
  net::ServerOptions options = on_free_port(limits);
  options.tls_certificate = files.certificate();
  options.tls_key = files.key();
  return options;
}

// A client that trusts everybody and speaks up to that version.
class TlsConnection {
 public:
  explicit TlsConnection(std::uint16_t port, int most = TLS1_3_VERSION)
      : raw_(port),
        context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
        tls_(nullptr, SSL_free) {
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), most);
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), raw_.native());
    connected_ = SSL_connect(tls_.get()) == 1;
  }

  bool connected() const { return connected_; }
  std::string ask(std::string_view request) {
    SSL_write(tls_.get(), request.data(), static_cast<int>(request.size()));
    std::string answer;
    char bytes[4096];
    for (;;) {
      const int size = SSL_read(tls_.get(), bytes, sizeof bytes);
      if (size <= 0) return answer;
      answer.append(bytes, static_cast<std::size_t>(size));
    }
  }
  // Whether the other side said that it was done, rather than being cut off.
  bool ended_cleanly() const { return (SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

 private:
  RawConnection raw_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_;
  bool connected_ = false;
};

}  // namespace

TEST_CASE("requests are served over TLS 1.2 and 1.3, pipelined too, and the end is announced") {
  const SelfSigned files;
  EchoServer server(with_tls(files));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsConnection connection(server.port(), version);
    REQUIRE(connection.connected());
    const std::string answer = connection.ask(
        "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
        "POST /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    CHECK(answer.find("GET /1||") < answer.find("POST /2||hi"));
    CHECK(answer.ends_with("POST /2||hi"));
    CHECK(connection.ended_cleanly());
  }
}

TEST_CASE("versions of TLS before 1.2 are refused") {
  const SelfSigned files;
  EchoServer server(with_tls(files));
  CHECK_FALSE(TlsConnection(server.port(), TLS1_1_VERSION).connected());
}

TEST_CASE("a handshake that does not come to its end in time is cut") {
  const SelfSigned files;
  EchoServer server(with_tls(files, {.request_time = 50ms, .idle_time = 60s}));
  RawConnection silent(server.port());
  CHECK(silent.closed());
  RawConnection plain(server.port());
  plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK_FALSE(plain.read());
}

TEST_CASE("a TLS server drains") {
  const SelfSigned files;
  EchoServer server(with_tls(files));
  TlsConnection connection(server.port());
  REQUIRE(connection.connected());
  server.server.drain(1ms);
  CHECK(server.server.connections() == 0);
}

TEST_CASE("certificates and keys that cannot be used are named") {
  const SelfSigned files;
  const SelfSigned others;
  net::IoThreads threads(1);
  const auto start = [&threads](const std::string& certificate, const std::string& key) {
    net::ServerOptions options = on_free_port();
    options.tls_certificate = certificate;
    options.tls_key = key;
    net::Server server(threads, options, echo);
  };
  CHECK_NOTHROW(start(files.certificate(), files.key()));
  CHECK_THROWS_WITH_AS(start("/nowhere.pem", files.key()), doctest::Contains("/nowhere.pem"),
                       std::runtime_error);
  CHECK_THROWS_WITH_AS(start(files.certificate(), "/nowhere.pem"),
                       doctest::Contains("/nowhere.pem"), std::runtime_error);
  CHECK_THROWS_AS(start(files.certificate(), others.key()), std::runtime_error);
  CHECK_THROWS_AS(start(files.certificate(), ""), std::runtime_error);
  CHECK_THROWS_AS(start("", files.key()), std::runtime_error);
}

TEST_CASE("the client calls a server whose certificate the store trusts, and no other") {
  const SelfSigned files;
  EchoServer server(with_tls(files));
  net::ClientRequest request{
      "POST", "https://localhost:" + std::to_string(server.port()) + "/x", {}, "hi"};

  const auto refused = net::make_http_client()->send(request);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::unavailable);
  CHECK(refused.error().detail.find("SSL_CERT_FILE") != std::string::npos);

  ::setenv("SSL_CERT_FILE", files.certificate().c_str(), 1);
  const auto trusted = net::make_http_client()->send(request);
  ::unsetenv("SSL_CERT_FILE");
  REQUIRE(trusted);
  CHECK(trusted->body == "POST /x||hi");
}
