#include "crypto/base64.h"

#include <doctest/doctest.h>

#include <utility>

#include "crypto/digest.h"
#include "crypto/random.h"

using namespace guanxi::crypto;

TEST_CASE("the examples of RFC 4648 are written and read") {
  const std::pair<std::string_view, std::string_view> examples[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [bytes, text] : examples) {
    CAPTURE(bytes);
    CHECK(encode_base64(bytes) == text);
    CHECK(decode_base64(text) == bytes);
    CHECK(decode_base64_lenient(text) == bytes);
    const std::string_view unpadded = text.substr(0, text.find('='));
    CHECK(encode_base64_url(bytes) == unpadded);
    CHECK(decode_base64_url(unpadded) == bytes);
    CHECK(decode_base64_lenient(unpadded) == bytes);
  }
}

TEST_CASE("each alphabet refuses the other's characters") {
  const std::string bytes = "\xfb\xff\xfe";
  CHECK(encode_base64(bytes) == "+//+");
  CHECK(encode_base64_url(bytes) == "-__-");
  CHECK(decode_base64_url("-__-") == bytes);
  CHECK_FALSE(decode_base64_url("+//+"));
  CHECK_FALSE(decode_base64("-__-"));
  CHECK_FALSE(decode_base64_lenient("-__-"));
}

TEST_CASE("any bytes of any length come back") {
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string bytes = random_bytes(size);
    CHECK(decode_base64(encode_base64(bytes)) == bytes);
    CHECK(decode_base64_url(encode_base64_url(bytes)) == bytes);
    CHECK(decode_base64_lenient(encode_base64(bytes)) == bytes);
  }
}

TEST_CASE("strict reading refuses missing padding, spare bits and anything foreign") {
  for (const std::string_view text :
       {"Zg",    "Zm8",  "Zg=",      "Zg===",    "=",    "==",    "====",
        "Z===",  "Zh==", "Zm9=",     "Zg==Zg==", "Zm=v", "Z=9v",  "Zm9v\n",
        "Zm 9v", " Zm9", "Zm9v====", "Zm9v=",    "Z",    "Zm9vZ", "\xff\xff\xff\xff",
        "Zm9%"}) {
    CAPTURE(text);
    CHECK_FALSE(decode_base64(text));
  }
}

TEST_CASE("an invalid character is found at every place of a long text") {
  const std::string good = encode_base64(std::string(90, 'x'));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char bad : {'\0', '=', '-', '_', ' ', '\x80', '\xff'}) {
      std::string text = good;
      text[i] = bad;
      const bool trailing_pad = bad == '=' && i + 1 == good.size();
      CHECK_FALSE(decode_base64(text));
      if (!trailing_pad) CHECK_FALSE(decode_base64_lenient(text));
      if (bad != '-' && bad != '_') CHECK_FALSE(decode_base64_url(text));
    }
  }
}

TEST_CASE("lenient reading forgives missing padding and spare bits only") {
  CHECK(decode_base64_lenient("Zh==") == "f");
  CHECK(decode_base64_lenient("Zh") == "f");
  CHECK(decode_base64_lenient("Zm9") == "fo");
  for (const std::string_view text :
       {"Z", "Zg=", "=", "==", "====", "Zg==Zg==", "Zm9v\n", "Zm-v", "Zm9vZ", "Z==="}) {
    CAPTURE(text);
    CHECK_FALSE(decode_base64_lenient(text));
  }
}

TEST_CASE("URL-safe reading refuses padding and spare bits") {
  for (const std::string_view text : {"Zg==", "Zh", "Zm9=", "Z", "Zm8="}) {
    CAPTURE(text);
    CHECK_FALSE(decode_base64_url(text));
  }
}

TEST_CASE("random tokens are of the size asked for and differ") {
  CHECK(random_bytes(0).empty());
  CHECK(random_token(32).size() == 43);
  CHECK(random_token(32) != random_token(32));
  CHECK(decode_base64_url(random_token(17))->size() == 17);
}
