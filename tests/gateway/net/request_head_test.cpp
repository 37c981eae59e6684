#include "gateway/net/request_head.h"

#include <doctest/doctest.h>

#include <string>

using namespace guanxi::net;

namespace {

HeadVerdict check(std::string_view fields, std::string_view version = "1.1") {
  std::string head = "POST / HTTP/";
  head.append(version).append("\r\n").append(fields).append("\r\n");
  return check_head(head, {100, 1000});
}

}  // namespace

TEST_CASE("a sound head says how the connection goes on") {
  CHECK(check("Host: a\r\n").status == 0);
  CHECK(check("Host: a\r\n").keep_alive);
  CHECK_FALSE(check("Host: a\r\nconnection: x , CLOSE\r\n").keep_alive);
  CHECK_FALSE(check("", "1.0").keep_alive);
  CHECK(check("", "1.0").old);
  CHECK(check("Connection: keep-alive\r\n", "1.0").keep_alive);
  CHECK_FALSE(check("Connection: keep-alive, close\r\n", "1.0").keep_alive);
  CHECK(check("Host:\r\n").status == 0);
  CHECK(check("Host: [::1]:8080\r\n").status == 0);
}

TEST_CASE("only HTTP/1.1 waits for 100 Continue") {
  CHECK(check("Host: a\r\nExpect: 100-Continue\r\n").expects_continue);
  CHECK_FALSE(check("Host: a\r\n").expects_continue);
  CHECK_FALSE(check("Expect: 100-continue\r\n", "1.0").expects_continue);
}

// The parser behind refuses most of these too; this look must not rely on it.
TEST_CASE("framing that could be read in two ways is refused by the head alone") {
  CHECK(check("Host: a\r\nContent-Length: 5\r\n").status == 0);
  CHECK(check("Host: a\r\nTransfer-Encoding: chunked\r\n").status == 0);
  for (const std::string_view fields :
       {"Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5, 5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding : chunked\r\n", " Transfer-Encoding: chunked\r\n",
        "X: y\r\n\tContent-Length: 5\r\n", "Content-Length: 5\rX: y\r\n", "Content-Length:\v5\r\n",
        "X: \x01\r\n", "X: \x7f\r\n"}) {
    CAPTURE(fields);
    CHECK(check(std::string("Host: a\r\n").append(fields)).status == 400);
  }
  CHECK(check("Transfer-Encoding: chunked\r\n", "1.0").status == 400);
}

TEST_CASE("a block that goes on behind its empty line is refused") {
  CHECK(check("Host: a\r\n\r\nX: y\r\n").status == 400);
  CHECK(check_head("GET / HTTP/1.1\r\nHost: a\r\n", {100, 1000}).status == 400);
  CHECK(check_head("", {100, 1000}).status == 400);
}

TEST_CASE("the end of a head is found, and a line ended by LF alone at once") {
  HeadScan scan;
  CHECK(scan.scan("GET / HTTP/1.1\r") == HeadScan::Found::more);
  CHECK(scan.in_first_line());
  CHECK(scan.scan("GET / HTTP/1.1\r\nHost: a\r\n\r") == HeadScan::Found::more);
  CHECK_FALSE(scan.in_first_line());
  CHECK(scan.scan("GET / HTTP/1.1\r\nHost: a\r\n\r\nbody") == HeadScan::Found::end);
  CHECK(scan.end() == 27);
  CHECK(HeadScan().scan("GET / HTTP/1.1\n") == HeadScan::Found::malformed);
  CHECK(HeadScan().scan("\n") == HeadScan::Found::malformed);
}

TEST_CASE("names are equal in any case") {
  CHECK(equal_ignoring_case("Content-LENGTH", "content-length"));
  CHECK_FALSE(equal_ignoring_case("content-length", "content-lengt"));
  CHECK_FALSE(equal_ignoring_case("@", "`"));
}
