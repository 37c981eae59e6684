#include "gateway/net/http_client.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "tests/gateway/net/echo_server.h"
#include "tests/support/raw_http.h"

using namespace guanxi;
using namespace guanxi::test;
using namespace std::chrono_literals;

namespace {

std::string url(std::uint16_t port, const std::string& rest) {
  return "http://127.0.0.1:" + std::to_string(port) + rest;
}

// A port that nobody listens on.
std::uint16_t refused_port() {
  EchoServer server;
  return server.port();
}

// Listens and answers every connection's first bytes with the same bytes.
class Scripted {
 public:
  explicit Scripted(std::string answer)
      : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(listener_, 8);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept(); });
  }
  ~Scripted() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    for (const int client : clients_) ::shutdown(client, SHUT_RDWR);
    for (std::thread& answering : answering_) answering.join();
    for (const int client : clients_) ::close(client);
  }
  std::uint16_t port() const { return port_; }

 private:
  void accept() {
    for (;;) {
      const int client = ::accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      clients_.push_back(client);
      answering_.emplace_back([this, client] { answer(client); });
    }
  }
  void answer(int client) const {
    std::array<char, 4096> bytes;
    if (::recv(client, bytes.data(), bytes.size(), 0) <= 0) return;
    std::string_view rest = answer_;
    while (!rest.empty()) {
      const ssize_t sent = ::send(client, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    ::shutdown(client, SHUT_WR);
  }

  std::string answer_;
  int listener_;
  std::uint16_t port_ = 0;
  std::vector<int> clients_;
  std::vector<std::thread> answering_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a call carries method, target, headers and body, and brings the answer back") {
  std::promise<net::Request> seen;
  EchoServer server(on_free_port(), [&seen](net::Request request, const net::Respond& respond) {
    seen.set_value(request);
    respond({418, "text/plain", {{"X-Answer", "yes"}}, std::string("\0\xff", 2), false});
  });
  const auto answer =
      net::make_http_client()->send({"PATCH",
                                     url(server.port(), "/a%20b?x=%2B&y"),
                                     {{"X-Thing", "one"}, {"Content-Type", "application/json"}},
                                     "{}"});
  REQUIRE(answer);
  CHECK(answer->status == 418);
  CHECK(answer->body == std::string("\0\xff", 2));
  const std::pair<std::string, std::string> header{"X-Answer", "yes"};
  CHECK(std::ranges::find(answer->headers, header) != answer->headers.end());

  const net::Request request = seen.get_future().get();
  CHECK(request.method == "PATCH");
  CHECK(request.target == "/a%20b?x=%2B&y");
  CHECK(request.header("x-thing") == "one");
  CHECK(request.header("content-type") == "application/json");
  CHECK(request.body == "{}");
}

TEST_CASE("calls reuse connections") {
  EchoServer server;
  const auto client = net::make_http_client();
  for (int i = 0; i < 20; ++i) {
    const auto answer = client->send({"GET", url(server.port(), "/" + std::to_string(i)), {}, ""});
    REQUIRE(answer);
    CHECK(answer->body == "GET /" + std::to_string(i) + "||");
    CHECK(server.server.connections() <= 2);
  }
}

TEST_CASE("threads call at the same time") {
  EchoServer server;
  const auto client = net::make_http_client();
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&client, &good, port = server.port()] {
      for (int call = 0; call < 20; ++call) {
        const auto answer = client->send({"POST", url(port, "/"), {}, "x"});
        good += answer && answer->body == "POST /||x" ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 160);
}

TEST_CASE("a server that does not answer in time is unavailable, and the query is not told") {
  std::vector<net::Respond> waiting;
  EchoServer server(on_free_port(), [&waiting](const net::Request&, net::Respond respond) {
    waiting.push_back(std::move(respond));
  });
  const auto client = net::make_http_client();
  const auto answer = client->send({"GET", url(server.port(), "/?token=secret"), {}, "", 50ms});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::unavailable);
  CHECK(answer.error().detail.find("127.0.0.1") != std::string::npos);
  CHECK(answer.error().detail.find("secret") == std::string::npos);
}

TEST_CASE("a refused or unknown address is unavailable") {
  const auto client = net::make_http_client();
  const auto refused = client->send({"GET", url(refused_port(), "/?token=secret"), {}, ""});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::unavailable);
  CHECK(refused.error().detail.find("secret") == std::string::npos);
  const auto unknown = client->send({"GET", "http://nowhere.invalid/", {}, ""});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::unavailable);
}

TEST_CASE("an answer is taken up to its limit and refused beyond") {
  EchoServer server(on_free_port(), [](const net::Request& request, const net::Respond& respond) {
    respond({200, "", {}, std::string(request.path == "/more" ? 100'001 : 100'000, 'x'), false});
  });
  const auto client = net::make_http_client();
  net::ClientRequest request{"GET", url(server.port(), "/"), {}, "", 10s, 100'000};
  const auto whole = client->send(request);
  REQUIRE(whole);
  CHECK(whole->body.size() == 100'000);
  request.url = url(server.port(), "/more");
  const auto larger = client->send(request);
  REQUIRE_FALSE(larger);
  CHECK(larger.error().detail.find("larger") != std::string::npos);
}

TEST_CASE("an answer without announced length is bounded too") {
  const auto client = net::make_http_client();
  std::string chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 200; ++i) chunks += "3e8\r\n" + std::string(1000, 'x') + "\r\n";
  const Scripted chunked(chunks + "0\r\n\r\n");
  const Scripted endless("HTTP/1.1 200 OK\r\n\r\n" + std::string(200'000, 'x'));
  for (const Scripted* server : {&chunked, &endless}) {
    net::ClientRequest request{"GET", url(server->port(), "/"), {}, "", 10s, 1'000'000};
    const auto whole = client->send(request);
    REQUIRE(whole);
    CHECK(whole->body.size() == 200'000);
    request.max_body = 100'000;
    const auto larger = client->send(request);
    REQUIRE_FALSE(larger);
    CHECK(larger.error().detail.find("larger") != std::string::npos);
  }
}

TEST_CASE("what was left of a refused answer is not taken for the next one") {
  EchoServer server(on_free_port(), [](net::Request request, const net::Respond& respond) {
    if (request.path == "/") return echo(std::move(request), respond);
    respond({200, "", {}, std::string(4'000'000, 'x'), false});
  });
  const auto client = net::make_http_client();
  for (int i = 0; i < 20; ++i) {
    CHECK_FALSE(client->send({"GET", url(server.port(), "/large"), {}, "", 10s, 1000}));
    const auto answer = client->send({"GET", url(server.port(), "/"), {}, "", 10s, 1000});
    REQUIRE(answer);
    CHECK(answer->body == "GET /||");
  }
}

TEST_CASE("answers that are no HTTP or end early are unavailable") {
  const auto client = net::make_http_client();
  for (const char* const answer :
       {"", "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    CAPTURE(answer);
    const Scripted server{std::string(answer)};
    const auto response = client->send({"GET", url(server.port(), "/"), {}, "", 5s});
    REQUIRE_FALSE(response);
    CHECK(response.error().code == ErrorCode::unavailable);
  }
}

TEST_CASE("a redirection is an answer, not an order") {
  EchoServer server(on_free_port(), [](net::Request request, const net::Respond& respond) {
    if (request.path != "/old") return echo(std::move(request), respond);
    respond({302, "", {{"Location", "/new"}}, "", false});
  });
  const auto answer = net::make_http_client()->send({"GET", url(server.port(), "/old"), {}, ""});
  REQUIRE(answer);
  CHECK(answer->status == 302);
}

TEST_CASE("a call that cannot be made is malformed and nothing is sent") {
  std::atomic<int> requests = 0;
  EchoServer server(on_free_port(), [&requests](net::Request request, const net::Respond& respond) {
    ++requests;
    echo(std::move(request), respond);
  });
  const auto client = net::make_http_client();
  const std::string good = url(server.port(), "/");
  const net::ClientRequest calls[] = {
      {"GET", "", {}, ""},
      {"GET", "nonsense", {}, ""},
      {"GET", "/path", {}, ""},
      {"GET", "ftp://127.0.0.1/", {}, ""},
      {"GET", "file:///etc/passwd", {}, ""},
      {"GET", "http://", {}, ""},
      {"GET", "http://user:word@127.0.0.1/", {}, ""},
      {"GET", good + "a b", {}, ""},
      {"GET", good + "\r\nX: y", {}, ""},
      {"", good, {}, ""},
      {"GET / HTTP/1.1\r\nX: y\r\n\r\nGET", good, {}, ""},
      {"GET", good, {{"X", "a\r\nY: b"}}, ""},
      {"GET", good, {{"X\r\nY", "a"}}, ""},
      {"GET", good, {{"", "a"}}, ""},
      {"GET", good, {{"X: y", "a"}}, ""},
      {"GET x", good, {}, ""},
  };
  for (const net::ClientRequest& call : calls) {
    CAPTURE(call.url);
    const auto answer = client->send(call);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ErrorCode::malformed);
  }
  CHECK(requests == 0);
}
