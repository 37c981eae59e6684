#include "models/ids.h"

#include <doctest/doctest.h>

using namespace guanxi;

namespace {

void fill_ones(std::uint8_t* bytes, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes[i] = 0xff;
}

}  // namespace

TEST_CASE("an identifier carries its time, version 7 and the variant of RFC 9562") {
  // The example of RFC 9562, A.6: unix_ts_ms 0x017F22E279B0.
  const Uuid uuid = make_uuid(from_ms(0x017F22E279B0), fill_ones);
  CHECK(format_uuid(uuid) == "017f22e2-79b0-7fff-bfff-ffffffffffff");
}

TEST_CASE("later identifiers sort behind earlier ones") {
  CHECK(make_uuid(from_ms(1000), fill_ones) < make_uuid(from_ms(1001), fill_ones));
  CHECK(make_uuid(from_ms(255), fill_ones) < make_uuid(from_ms(256), fill_ones));
}

TEST_CASE("what is written is read, in either case") {
  const auto uuid = parse_uuid("0198c0de-4d2a-7000-8000-0123456789ab");
  REQUIRE(uuid);
  CHECK(format_uuid(*uuid) == "0198c0de-4d2a-7000-8000-0123456789ab");
  CHECK(parse_uuid("0198C0DE-4D2A-7000-8000-0123456789AB") == uuid);
  CHECK(!uuid->is_nil());
  CHECK(Uuid{}.is_nil());
}

TEST_CASE("nothing else is read as an identifier") {
  for (const char* text :
       {"", "0198c0de4d2a700080000123456789ab", "0198c0de-4d2a-7000-8000-0123456789a",
        "0198c0de-4d2a-7000-8000-0123456789abc", "0198c0de-4d2a-7000-8000-0123456789ag",
        "{0198c0de-4d2a-7000-8000-0123456789a", "0198c0de_4d2a_7000_8000_0123456789ab"}) {
    CAPTURE(std::string(text));
    CHECK(!parse_uuid(text));
  }
}
