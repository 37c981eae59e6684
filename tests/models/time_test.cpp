#include "models/time.h"

#include <doctest/doctest.h>

using namespace guanxi;

TEST_CASE("an instant is spelled in UTC with milliseconds and read back") {
  CHECK(format_time(from_ms(1767323045678)) == "2026-01-02T03:04:05.678Z");
  CHECK(format_time(from_ms(0)) == "1970-01-01T00:00:00.000Z");
  CHECK(format_time(from_ms(-1)) == "1969-12-31T23:59:59.999Z");
  // Times that RFC 3339 cannot write are written as the nearest that it can.
  CHECK(format_time(from_ms(INT64_MAX)) == "9999-12-31T23:59:59.999Z");
  CHECK(format_time(from_ms(INT64_MIN)) == "0000-01-01T00:00:00.000Z");
  for (const std::int64_t ms : {0LL, 1LL, 951782400000LL, 1767323045678LL, 4102444799999LL}) {
    CHECK(parse_time(format_time(from_ms(ms))) == from_ms(ms));
  }
}

TEST_CASE("any RFC 3339 instant with an offset is read") {
  CHECK(parse_time("2026-01-02T11:04:05.678+08:00") == from_ms(1767323045678));
  CHECK(parse_time("2026-01-01T22:34:05.678-04:30") == from_ms(1767323045678));
  CHECK(parse_time("2026-01-02t03:04:05z") == from_ms(1767323045000));
  CHECK(parse_time("2026-01-02T03:04:05.123456789Z") == from_ms(1767323045123));
  CHECK(parse_time("2016-12-31T23:59:60Z") == parse_time("2017-01-01T00:00:00Z"));
}

TEST_CASE("what is not an RFC 3339 instant is not read") {
  for (const char* text :
       {"", "2026-01-02", "2026-01-02T03:04:05", "2026-02-30T00:00:00Z", "2026-01-02T24:00:00Z",
        "2026-01-02T03:60:00Z", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05.1234567890Z",
        "2026-01-02T03:04:05+0800", "2026-01-02T03:04:05Z ", "2026-01-02 03:04:05Z",
        "+026-01-02T03:04:05Z", "2026-01-02T03:04:05+24:00"}) {
    CAPTURE(std::string(text));
    CHECK(!parse_time(text));
  }
}

TEST_CASE("a duration is a whole number with one unit") {
  CHECK(parse_duration("0") == Milliseconds{0});
  CHECK(parse_duration("90s") == Milliseconds{90'000});
  CHECK(parse_duration("15m") == Milliseconds{900'000});
  CHECK(parse_duration("1h") == Milliseconds{3'600'000});
  CHECK(parse_duration("2d") == Milliseconds{172'800'000});
  for (const char* text :
       {"", "s", "1", "1.5h", "-1s", "1h30m", " 1s", "1s ", "1w", "9999999999d"}) {
    CAPTURE(std::string(text));
    CHECK(!parse_duration(text));
  }
}

TEST_CASE("the Beijing day begins at 16:00 UTC") {
  CHECK(beijing_day(*parse_time("2024-12-18T15:59:59.999Z")) == "2024-12-18");
  CHECK(beijing_day(*parse_time("2024-12-18T16:00:00Z")) == "2024-12-19");
}
