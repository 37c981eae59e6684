#include <doctest/doctest.h>

#include "gateway/net/http_server.h"

using namespace guanxi::net;

TEST_CASE("percent-encoded text is decoded and a plus sign stays one") {
  CHECK(percent_decode("") == "");
  CHECK(percent_decode("a+b%2B%20%e4%B8%ad") == "a+b+ \xe4\xb8\xad");
}

TEST_CASE("broken escapes and NUL are refused") {
  for (const std::string_view text :
       {"%", "%4", "a%", "%zz", "%4g", "%g4", "%%41", "%00", "% 41"}) {
    CAPTURE(text);
    CHECK_FALSE(percent_decode(text));
  }
  CHECK_FALSE(percent_decode(std::string_view("a\0b", 3)));
}

TEST_CASE("encoding keeps only unreserved characters, and decoding gives the text back") {
  CHECK(percent_encode("aZ09-._~") == "aZ09-._~");
  CHECK(percent_encode("a b+c/?&=%") == "a%20b%2Bc%2F%3F%26%3D%25");
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  CHECK(percent_decode(percent_encode(all)) == all);
}

TEST_CASE("a query is its pairs in order, decoded") {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  CHECK(parse_query("") == Pairs{});
  CHECK(parse_query("a=1&b=%26&a=2") == Pairs{{"a", "1"}, {"b", "&"}, {"a", "2"}});
  CHECK(parse_query("a&b=&=c&d=e=f&&") == Pairs{{"a", ""}, {"b", ""}, {"", "c"}, {"d", "e=f"}});
  CHECK_FALSE(parse_query("a=%"));
  CHECK_FALSE(parse_query("%zz=1"));
  CHECK_FALSE(parse_query("a=1&b=%00"));
}
