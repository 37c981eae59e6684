#include <doctest/doctest.h>

#include <future>

#include "tests/gateway/net/echo_server.h"
#include "tests/support/raw_http.h"

using namespace guanxi;
using namespace guanxi::test;
using namespace std::chrono_literals;

namespace {

std::string post(std::size_t body) {
  return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body) + "\r\n\r\n" +
         std::string(body, 'x');
}

std::string chunked(std::size_t body) {
  std::string request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t i = 0; i < body; ++i) request += "1\r\nx\r\n";
  return request + "0\r\n\r\n";
}

// A request whose head, empty line included, has exactly that size.
std::string head_of(std::size_t size) {
  std::string request = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n";
  return request.insert(request.size() - 4, size - request.size(), 'x');
}

void expect_refusal(std::uint16_t port, const std::string& request, int status) {
  RawConnection connection(port);
  connection.send(request);
  const auto response = connection.read();
  REQUIRE(response);
  CHECK(response->status == status);
  CHECK(connection.closed());
}

}  // namespace

TEST_CASE("a body is taken up to its limit and refused beyond, by length and in chunks") {
  EchoServer server(on_free_port({.body_bytes = 1000}));
  CHECK(ask(server.port(), post(1000))->status == 200);
  CHECK(ask(server.port(), chunked(1000))->status == 200);
  expect_refusal(server.port(), post(1001), 413);
  expect_refusal(server.port(), chunked(1001), 413);
}

TEST_CASE("a body too large is refused before it is sent, and the refusal is not lost") {
  EchoServer server(on_free_port({.body_bytes = 1000}));
  expect_refusal(server.port(), post(2 * 1024 * 1024), 413);
}

TEST_CASE("a head is taken up to its limit and refused beyond") {
  EchoServer server(on_free_port({.header_bytes = 1024}));
  CHECK(ask(server.port(), head_of(1024))->status == 200);
  expect_refusal(server.port(), head_of(1025), 431);
  expect_refusal(server.port(), head_of(100'000), 431);
  expect_refusal(server.port(), "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1100, 'x'), 431);
}

TEST_CASE("trailers and chunk extensions are bounded") {
  EchoServer server(on_free_port({.header_bytes = 1024}));
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  RawConnection trailers(server.port());
  trailers.send(start + "0\r\nX: " + std::string(5000, 'x'));
  CHECK(trailers.read()->status == 431);
  expect_refusal(server.port(), start + "0\r\nX: " + std::string(1100, 'x') + "\r\n\r\n", 431);
  std::string extended = start;
  for (int i = 0; i < 20; ++i) extended += "1;" + std::string(100, 'e') + "\r\nx\r\n";
  expect_refusal(server.port(), extended, 400);
}

TEST_CASE("a target is taken up to its limit and refused beyond") {
  EchoServer server(on_free_port({.target_bytes = 100}));
  const std::string rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
  CHECK(ask(server.port(), "GET /" + std::string(99, 'x') + rest)->status == 200);
  expect_refusal(server.port(), "GET /" + std::string(100, 'x') + rest, 414);
  expect_refusal(server.port(), "GET /" + std::string(50'000, 'x'), 414);
}

TEST_CASE("a request that does not come to its end in time is answered 408") {
  EchoServer server(on_free_port({.request_time = 50ms, .idle_time = 60s}));
  for (const std::string_view start :
       {"G", "GET / HTTP/1.1\r\nHost:", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na"}) {
    CAPTURE(start);
    RawConnection connection(server.port());
    REQUIRE(connection.send(start));
    const auto response = connection.read();
    REQUIRE(response);
    CHECK(response->status == 408);
    CHECK(connection.closed());
  }
}

TEST_CASE("a trickle of bytes does not prolong a request") {
  EchoServer server(on_free_port({.request_time = 50ms, .idle_time = 60s}));
  RawConnection connection(server.port());
  std::string answer;
  // Ends only because the server does: 16 KiB of header would not fill up before.
  std::size_t sent = 0;
  connection.send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  pollfd ready{connection.native(), POLLIN, 0};
  while (::poll(&ready, 1, 5) == 0 && sent < 10'000) {
    connection.send("x");
    ++sent;
  }
  CHECK(connection.read()->status == 408);
}

TEST_CASE("an idle connection is closed without a word, before and between requests") {
  EchoServer server(on_free_port({.request_time = 60s, .idle_time = 50ms}));
  RawConnection silent(server.port());
  CHECK(silent.closed());
  RawConnection connection(server.port());
  REQUIRE(connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(connection.read()->status == 200);
  CHECK(connection.closed());
}

TEST_CASE("an answer that takes its time outlasts both limits") {
  std::promise<net::Respond> waiting;
  EchoServer server(on_free_port({.request_time = 20ms, .idle_time = 20ms}),
                    [&waiting](const net::Request&, net::Respond respond) {
                      waiting.set_value(std::move(respond));
                    });
  RawConnection connection(server.port());
  REQUIRE(connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  const net::Respond respond = waiting.get_future().get();
  // Another connection idles and is closed meanwhile, so at least one limit has passed.
  CHECK(RawConnection(server.port()).closed());
  respond({200, "", {}, "late", false});
  CHECK(connection.read()->body == "late");
}

TEST_CASE("connections beyond the limit are turned away, and served once others have gone") {
  EchoServer server(on_free_port({.connections = 2}));
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  auto first = std::make_unique<RawConnection>(server.port());
  RawConnection second(server.port());
  for (RawConnection* connection : {first.get(), &second}) {
    REQUIRE(connection->send(request));
    CHECK(connection->read()->status == 200);
  }
  CHECK(server.server.connections() == 2);
  RawConnection third(server.port());
  if (const auto response = third.read()) CHECK(response->status == 503);
  CHECK(third.closed());

  first.reset();
  for (bool served = false; !served;) {
    const auto response = ask(server.port(), request);
    served = response && response->status == 200;
  }
}
