#include <doctest/doctest.h>

#include <future>
#include <thread>

#include "tests/gateway/net/echo_server.h"
#include "tests/support/raw_http.h"

using namespace guanxi;
using namespace guanxi::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace

TEST_CASE("draining closes idle connections, answers requests in work and takes no others") {
  std::promise<net::Respond> waiting;
  EchoServer server(on_free_port(), [&waiting](net::Request request, net::Respond respond) {
    if (request.path == "/slow") return waiting.set_value(std::move(respond));
    echo(std::move(request), respond);
  });
  RawConnection idle(server.port());
  REQUIRE(idle.send(kRequest));
  REQUIRE(idle.read());
  RawConnection busy(server.port());
  REQUIRE(busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"));
  const net::Respond respond = waiting.get_future().get();

  auto drained = std::async(std::launch::async, [&server] { return server.server.drain(60s); });
  CHECK(idle.closed());
  respond({200, "", {}, "in time", false});
  const auto response = busy.read();
  REQUIRE(response);
  CHECK(response->body == "in time");
  CHECK(response->header("connection") == "close");
  CHECK(busy.closed());
  busy.finish_sending();
  CHECK(drained.get());
  CHECK(server.server.connections() == 0);
  const RawConnection late(server.port());
  CHECK_FALSE(late.connected());
}

TEST_CASE("a request received in part is still answered while draining") {
  EchoServer server;
  RawConnection connection(server.port());
  REQUIRE(connection.send(kRequest));
  REQUIRE(connection.read());
  REQUIRE(connection.send(
      "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  REQUIRE(connection.read()->status == 100);
  auto drained = std::async(std::launch::async, [&server] { return server.server.drain(60s); });
  REQUIRE(connection.send("hi"));
  const auto response = connection.read();
  REQUIRE(response);
  CHECK(response->body == "POST /x||hi");
  connection.finish_sending();
  CHECK(drained.get());
}

TEST_CASE("what is not done in time is cut, and its answer goes nowhere") {
  std::promise<net::Respond> waiting;
  EchoServer server(on_free_port(), [&waiting](const net::Request&, net::Respond respond) {
    waiting.set_value(std::move(respond));
  });
  RawConnection connection(server.port());
  REQUIRE(connection.send(kRequest));
  const net::Respond respond = waiting.get_future().get();
  CHECK_FALSE(server.server.drain(1ms));
  CHECK(server.server.connections() == 0);
  CHECK(connection.closed());
  respond({200, "", {}, "too late", false});
}

TEST_CASE("draining an idle server returns at once, and again") {
  EchoServer server;
  CHECK(server.server.drain(60s));
  CHECK(server.server.drain(60s));
}

TEST_CASE("an answer after server and threads have gone is without effect") {
  std::promise<net::Respond> waiting;
  net::Respond respond;
  {
    EchoServer server(on_free_port(), [&waiting](const net::Request&, net::Respond late) {
      waiting.set_value(std::move(late));
    });
    RawConnection connection(server.port());
    REQUIRE(connection.send(kRequest));
    respond = waiting.get_future().get();
  }
  respond({200, "", {}, "nobody", false});
}

TEST_CASE("servers share threads, and one may end while the other serves") {
  net::IoThreads threads(1);
  net::Server stays(threads, on_free_port(), echo);
  {
    const net::Server ends(threads, on_free_port(), echo);
    CHECK(ask(ends.port(), kRequest)->status == 200);
  }
  CHECK(ask(stays.port(), kRequest)->status == 200);
}

TEST_CASE("a server ends while clients keep connecting") {
  for (int round = 0; round < 20; ++round) {
    EchoServer server;
    std::atomic<bool> over = false;
    std::thread client([&over, port = server.port()] {
      while (!over) ask(port, kRequest);
    });
    CHECK(ask(server.port(), kRequest));
    server.server.drain(1ms);
    over = true;
    client.join();
    CHECK(server.server.connections() == 0);
  }
}

TEST_CASE("a server ends while answers are on their way") {
  constexpr std::size_t kConnections = 16;
  for (int round = 0; round < 30; ++round) {
    std::mutex mutex;
    std::vector<net::Respond> waiting;
    std::promise<void> all;
    EchoServer server(on_free_port(), [&](const net::Request&, net::Respond respond) {
      const std::lock_guard lock(mutex);
      waiting.push_back(std::move(respond));
      if (waiting.size() == kConnections) all.set_value();
    });
    std::vector<std::unique_ptr<RawConnection>> connections;
    for (std::size_t i = 0; i < kConnections; ++i) {
      connections.push_back(std::make_unique<RawConnection>(server.port()));
      REQUIRE(connections.back()->send(kRequest));
    }
    all.get_future().wait();
    std::thread committer([&waiting] {
      for (const net::Respond& respond : waiting) respond({200, "", {}, "done", false});
    });
    server.server.drain(Milliseconds(0));
    committer.join();
    CHECK(server.server.connections() == 0);
  }
}
