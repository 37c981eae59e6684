#include "gateway/net/http_server.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "tests/gateway/net/echo_server.h"
#include "tests/support/raw_http.h"

using namespace guanxi;
using namespace guanxi::test;
using namespace std::chrono_literals;

TEST_CASE("a request reaches the handler as it was sent") {
  std::promise<net::Request> seen;
  EchoServer server(on_free_port(), [&seen](net::Request request, const net::Respond& respond) {
    seen.set_value(std::move(request));
    respond({201, "text/plain", {{"X-Answer", "yes"}}, "body", false});
  });
  const auto response = ask(server.port(),
                            "POST /a%20b/c?x=1&y=%2B HTTP/1.1\r\nHost: gateway:80\r\nX-Thing:\t "
                            "one two \r\nContent-Length: 3\r\n\r\nabc");
  REQUIRE(response);
  CHECK(response->status == 201);
  CHECK(response->head.starts_with("HTTP/1.1 201 Created\r\n"));
  CHECK(response->header("content-type") == "text/plain");
  CHECK(response->header("content-length") == "4");
  CHECK(response->header("x-answer") == "yes");
  CHECK(response->header("server").empty());
  CHECK(response->header("connection").empty());
  CHECK(response->body == "body");

  const net::Request request = seen.get_future().get();
  CHECK(request.method == "POST");
  CHECK(request.target == "/a%20b/c?x=1&y=%2B");
  CHECK(request.path == "/a%20b/c");
  CHECK(request.query == "x=1&y=%2B");
  CHECK(request.header("x-thing") == "one two");
  CHECK(request.header("X-THING") == "one two");
  CHECK(request.header("absent").empty());
  CHECK(request.body == "abc");
  CHECK(request.remote == "127.0.0.1");
}

TEST_CASE("a connection serves many requests, whose bytes may come one by one") {
  EchoServer server;
  RawConnection connection(server.port());
  for (int i = 0; i < 3; ++i) {
    for (const char c :
         std::string_view("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")) {
      REQUIRE(connection.send({&c, 1}));
    }
    CHECK(connection.read()->body == "PUT /x||hi");
  }
}

TEST_CASE("pipelined requests are answered in their order, whichever answer is ready first") {
  std::mutex mutex;
  std::vector<net::Respond> waiting;
  std::promise<void> first;
  EchoServer server(on_free_port(), [&](net::Request request, net::Respond respond) {
    if (request.path != "/0") return echo(std::move(request), respond);
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(respond));
    first.set_value();
  });
  RawConnection connection(server.port());
  std::string requests;
  for (int i = 0; i < 100; ++i)
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  REQUIRE(connection.send(requests));
  first.get_future().wait();
  waiting.front()({200, "", {}, "late", false});
  CHECK(connection.read()->body == "late");
  for (int i = 1; i < 100; ++i)
    CHECK(connection.read()->body == "GET /" + std::to_string(i) + "||");
}

TEST_CASE("many answers from another thread reach their connections") {
  constexpr std::size_t kConnections = 64;
  std::mutex mutex;
  std::vector<net::Respond> waiting;
  std::promise<void> all;
  EchoServer server(on_free_port(), [&](net::Request, net::Respond respond) {
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(respond));
    if (waiting.size() == kConnections) all.set_value();
  });
  std::vector<std::unique_ptr<RawConnection>> connections;
  for (std::size_t i = 0; i < kConnections; ++i) {
    connections.push_back(std::make_unique<RawConnection>(server.port()));
    REQUIRE(connections.back()->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  }
  all.get_future().wait();
  for (const net::Respond& respond : waiting) respond({200, "", {}, "done", false});
  for (const auto& connection : connections) CHECK(connection->read()->body == "done");
}

TEST_CASE("only the first answer to a request counts") {
  std::vector<net::Respond> old;
  EchoServer server(on_free_port(), [&old](net::Request request, const net::Respond& respond) {
    for (const net::Respond& earlier : old) earlier({500, "", {}, "stale", false});
    old.push_back(respond);
    echo(std::move(request), respond);
    respond({500, "", {}, "again", false});
  });
  RawConnection connection(server.port());
  for (int i = 0; i < 3; ++i) {
    REQUIRE(connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(connection.read()->body == "GET /||");
  }
}

TEST_CASE("a handler that throws is answered 500 and the server lives on") {
  EchoServer server(on_free_port(), [](const net::Request&, const net::Respond&) {
    throw std::runtime_error("a secret detail");
  });
  for (int i = 0; i < 2; ++i) {
    const auto response = ask(server.port(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(response);
    CHECK(response->status == 500);
    CHECK(response->body.find("secret") == std::string::npos);
  }
}

TEST_CASE("chunked bodies are joined; extensions and trailers are left out") {
  std::promise<net::Request> seen;
  EchoServer server(on_free_port(), [&seen](net::Request request, const net::Respond& respond) {
    seen.set_value(request);
    echo(std::move(request), respond);
  });
  RawConnection connection(server.port());
  REQUIRE(
      connection.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
                      "3\r\nabc\r\nA;name=value\r\n0123456789\r\n0\r\nX-Trailer: t\r\n\r\n"
                      "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  CHECK(connection.read()->body == "POST /||abc0123456789");
  CHECK(seen.get_future().get().header("x-trailer").empty());
}

TEST_CASE("HEAD is answered with the length of the body and no body") {
  EchoServer server;
  RawConnection connection(server.port());
  REQUIRE(connection.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\nGET /y HTTP/1.1\r\nHost: a\r\n\r\n"));
  const auto head = connection.read(true);
  REQUIRE(head);
  CHECK(head->header("content-length") == "9");
  const auto next = connection.read();
  REQUIRE(next);
  CHECK(next->head.starts_with("HTTP/1.1 200 OK"));
  CHECK(next->body == "GET /y||");
}

TEST_CASE("answers that have no body carry none and no length") {
  EchoServer server(on_free_port(), [](const net::Request& request, const net::Respond& respond) {
    respond({request.path == "/204" ? 204 : 304, "", {}, "ignored", false});
  });
  RawConnection connection(server.port());
  for (const std::string path : {"/204", "/304"}) {
    REQUIRE(connection.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    const auto response = connection.read();
    REQUIRE(response);
    CHECK("/" + std::to_string(response->status) == path);
    CHECK(response->header("content-length").empty());
  }
}

TEST_CASE("HTTP/1.0 is answered and closed, unless it asks to stay") {
  EchoServer server;
  RawConnection once(server.port());
  REQUIRE(once.send("GET / HTTP/1.0\r\n\r\n"));
  CHECK(once.read()->header("connection") == "close");
  CHECK(once.closed());

  RawConnection stays(server.port());
  for (int i = 0; i < 2; ++i) {
    REQUIRE(stays.send("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
    CHECK(stays.read()->header("connection") == "keep-alive");
  }
}

TEST_CASE("the connection ends when the client or the handler says so") {
  EchoServer server(on_free_port(), [](const net::Request& request, const net::Respond& respond) {
    respond({200, "", {}, "", request.path == "/close"});
  });
  for (const std::string_view request :
       {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n",
        "GET /close HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    RawConnection connection(server.port());
    REQUIRE(connection.send(request));
    CHECK(connection.read()->header("connection") == "close");
    CHECK(connection.closed());
  }
}

TEST_CASE("a client that waits for 100 Continue gets it, and not when the body is refused") {
  EchoServer server(on_free_port({.body_bytes = 10}));
  RawConnection connection(server.port());
  REQUIRE(connection.send(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  CHECK(connection.read()->status == 100);
  REQUIRE(connection.send("hi"));
  CHECK(connection.read()->body == "POST /||hi");
  REQUIRE(connection.send(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n"));
  CHECK(connection.read()->status == 413);
}

TEST_CASE("an empty line before a request is forgiven") {
  EchoServer server;
  RawConnection connection(server.port());
  for (int i = 0; i < 2; ++i) {
    REQUIRE(connection.send("\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(connection.read()->body == "GET /x||");
  }
}

TEST_CASE("a handler's header cannot split the answer or change its framing") {
  EchoServer server(on_free_port(), [](const net::Request&, const net::Respond& respond) {
    respond(
        {200,
         "",
         {{"X", "a\r\nSet-Cookie: b"}, {"Content-Length", "99"}, {"transfer-encoding", "chunked"}},
         "ok",
         false});
  });
  const auto response = ask(server.port(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(response);
  CHECK(response->header("x") == "a  Set-Cookie: b");
  CHECK(response->header("set-cookie").empty());
  CHECK(response->header("transfer-encoding").empty());
  CHECK(response->body == "ok");
}

TEST_CASE("an answer larger than any socket buffer arrives whole") {
  const std::string large(8 * 1024 * 1024, 'x');
  EchoServer server(on_free_port(), [&large](const net::Request&, const net::Respond& respond) {
    respond({200, "", {}, large, false});
  });
  RawConnection connection(server.port());
  for (int i = 0; i < 2; ++i) {
    REQUIRE(connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    const auto response = connection.read();
    REQUIRE(response);
    CHECK(response->body == large);
  }
}

TEST_CASE("an address that cannot be used is refused with the cure") {
  net::IoThreads threads(1);
  const auto start = [&threads](const std::string& address) {
    net::ServerOptions options;
    options.address = address;
    net::Server server(threads, options, echo);
  };
  for (const char* const address : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                                    "127.0.0.1:70000", "nowhere:80", "::1:80", "[127.0.0.1]:80"}) {
    CAPTURE(address);
    CHECK_THROWS_AS(start(address), std::runtime_error);
  }
  EchoServer holder;
  CHECK_THROWS_WITH_AS(start("127.0.0.1:" + std::to_string(holder.port())),
                       doctest::Contains("choose another address"), std::runtime_error);
}
