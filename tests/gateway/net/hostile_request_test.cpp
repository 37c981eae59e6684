#include <doctest/doctest.h>

#include "gateway/net/request_head.h"
#include "tests/gateway/net/echo_server.h"
#include "tests/support/raw_http.h"

using namespace guanxi;
using namespace guanxi::test;
using namespace std::string_view_literals;

namespace {

struct Hostile {
  std::string_view why;
  std::string_view request;
  int status;
};

constexpr Hostile kHostile[] = {
    {"two lengths",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"sv, 400},
    {"the same length twice",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"sv, 400},
    {"a list of lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\na"sv, 400},
    {"a signed length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na"sv, 400},
    {"a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\na"sv, 400},
    {"a hexadecimal length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\na"sv, 400},
    {"an empty length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\na"sv, 400},
    {"a length beyond 64 bits",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551617\r\n\r\na"sv, 413},
    {"length and chunks",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"sv,
     400},
    {"chunks and length",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"sv,
     400},
    {"two encodings",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"sv,
     400},
    {"a list of encodings",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"sv, 400},
    {"chunked twice",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"sv, 400},
    {"an unknown encoding",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"sv, 400},
    {"identity", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"sv, 400},
    {"an empty encoding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n"sv, 400},
    {"chunks in 1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"sv,
     400},
    {"a bad chunk size",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n"sv,
     400},
    {"an empty chunk size",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\nabc\r\n0\r\n\r\n"sv, 400},
    {"a negative chunk size",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n"sv,
     400},
    {"a chunk size with prefix",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n"sv,
     400},
    {"a chunk size beyond 64 bits",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n0\r\n\r\n"sv,
     400},
    {"a chunk longer than its size",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n"sv,
     400},
    {"a chunk ended by LF alone",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n"sv, 400},
    {"a chunk extension with LF inside",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a\nb\r\nabc\r\n0\r\n\r\n"sv,
     400},
    {"a bad escape", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"half an escape", "GET /a?b=%4 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"a lone percent sign", "GET /% HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"an escaped NUL", "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"an escaped NUL in the query", "GET /a?b=%00 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"NUL in a header", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"sv, 400},
    {"NUL in a header's name", "GET / HTTP/1.1\r\nHost: a\r\nX\0: a\r\n\r\n"sv, 400},
    {"a control character in a header", "GET / HTTP/1.1\r\nHost: a\r\nX: a\x01\r\n\r\n"sv, 400},
    {"CR inside a header", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"sv, 400},
    {"LF alone after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"sv, 400},
    {"LF alone everywhere", "GET / HTTP/1.1\nHost: a\n\n"sv, 400},
    {"LF alone after a header", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"sv, 400},
    {"a folded header", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"sv, 400},
    {"a folded first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"sv, 400},
    {"a blank before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n"sv, 400},
    {"a tab before the colon", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length\t: 1\r\n\r\na"sv, 400},
    {"a header without colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"sv, 400},
    {"a header without name", "GET / HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n"sv, 400},
    {"no host", "GET / HTTP/1.1\r\nX: y\r\n\r\n"sv, 400},
    {"no header at all", "GET / HTTP/1.1\r\n\r\n"sv, 400},
    {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"sv, 400},
    {"the same host twice", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"sv, 400},
    {"two hosts in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"sv, 400},
    {"a list of hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"sv, 400},
    {"a host with path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"sv, 400},
    {"a host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"sv, 400},
    {"an absolute target", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"an asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"a target without slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"a target with a blank", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"a target with a tab", "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"a target with bytes beyond ASCII", "GET /\xe4\xb8\xad HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"an empty target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"no version", "GET /\r\nHost: a\r\n\r\n"sv, 400},
    {"a version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"a version with more digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n"sv, 400},
    {"a blank behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"sv, 400},
    {"another version", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"sv, 505},
    {"a version between", "GET / HTTP/1.2\r\nHost: a\r\n\r\n"sv, 505},
    {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"sv, 505},
    {"an unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 501},
    {"a method in lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 501},
    {"CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 501},
    {"TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 501},
    {"a method that is no word", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"a blank before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"garbage", "\x01\x02\x03\r\n\r\n"sv, 400},
    {"TLS where none is spoken", "\x16\x03\x01\x02"sv, 400},
    {"two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
    {"an unknown expectation",
     "POST / HTTP/1.1\r\nHost: a\r\nExpect: coffee\r\nContent-Length: 1\r\n\r\na"sv, 417},
    {"a connection header that is no list", "GET / HTTP/1.1\r\nHost: a\r\nConnection: (\r\n\r\n"sv,
     400},
};

}  // namespace

TEST_CASE("a request that could be read in two ways is refused, and its connection ends") {
  EchoServer server;
  for (const Hostile& hostile : kHostile) {
    CAPTURE(hostile.why);
    RawConnection connection(server.port());
    REQUIRE(connection.send(hostile.request));
    const auto response = connection.read();
    REQUIRE(response);
    CHECK(response->status == hostile.status);
    CHECK(response->header("connection") == "close");
    CHECK(response->body.size() < 40);
    CHECK(connection.closed());
  }
}

TEST_CASE("what follows a refused request is never answered") {
  EchoServer server;
  RawConnection connection(server.port());
  REQUIRE(connection.send(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n"
      "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(connection.read()->status == 400);
  CHECK(connection.closed());
}

TEST_CASE("hostile requests are refused however they are cut into pieces") {
  for (const Hostile& hostile : kHostile) {
    CAPTURE(hostile.why);
    const std::size_t end = hostile.request.find("\r\n\r\n");
    if (end == std::string_view::npos) continue;
    net::HeadScan scan;
    net::HeadScan::Found found = net::HeadScan::Found::more;
    for (std::size_t size = 1; size <= hostile.request.size(); ++size) {
      found = scan.scan(hostile.request.substr(0, size));
      if (found != net::HeadScan::Found::more) break;
    }
    net::HeadScan whole;
    CHECK(whole.scan(hostile.request) == found);
    if (found == net::HeadScan::Found::end) CHECK(whole.end() == scan.end());
  }
}
