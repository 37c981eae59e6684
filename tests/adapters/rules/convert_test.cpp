#include "adapters/rules/convert.h"

#include <doctest/doctest.h>

using namespace guanxi;
using namespace guanxi::adapters::rules;

TEST_CASE("one reader of times tells seconds, milliseconds and microseconds by their size") {
  const Time expected = from_ms(1735689600000);
  for (const char* text :
       {"1735689600", "1735689600000", "1735689600000000", "\"1735689600\"", "\"1735689600000\"",
        "1735689600.0", "\"1735689600.000\"", "\"2025-01-01\"", "\"2025-01-01T08:00:00\"",
        "\"2025-01-01 08:00:00\"", "\"2025-01-01 08:00\"", "\"2025-01-01T00:00:00Z\"",
        "\"2025-01-01T08:00:00+08:00\""}) {
    CAPTURE(std::string(text));
    const bool day_alone = std::string_view(text) == "\"2025-01-01\"";
    const auto time = to_time(Json::parse(text));
    REQUIRE(time);
    CHECK(*time == (day_alone ? expected - std::chrono::hours{8} : expected));
  }
  CHECK(to_time(Json("1735689600.123456")) == from_ms(1735689600123));
  CHECK(to_time(Json(1735689600.5)) == from_ms(1735689600500));
}

TEST_CASE("what is no time, or not after 1970, is none") {
  for (const char* text : {"0", "-1", "\"0\"", "\"\"", "\"soon\"", "\"2025-02-30\"", "true", "null",
                           "[]", "{}", "1e300", "\"99999999999999999999\"", "18446744073709551615",
                           "\"2025-01-01 25:00:00\"", "\"1.2.3\"", "\"1970-01-01T00:00:00Z\""}) {
    CAPTURE(std::string(text));
    CHECK(!to_time(Json::parse(text)));
  }
}

TEST_CASE("scalars are text, and nothing else is") {
  CHECK(to_text(Json("a")) == "a");
  CHECK(to_text(Json(12)) == "12");
  CHECK(to_text(Json(18446744073709551615ULL)) == "18446744073709551615");
  CHECK(to_text(Json(12.0)) == "12");
  CHECK(to_text(Json(1.5)) == "1.5");
  CHECK(to_text(Json(true)) == "true");
  for (const char* text : {"null", "[]", "{}"}) CHECK(!to_text(Json::parse(text)));
}

TEST_CASE("bytes that are not UTF-8 are replaced, so that every text can be written as JSON") {
  const auto text = to_text(Json(std::string("a\xff\xfe") + "z"));
  REQUIRE(text);
  CHECK(text->starts_with("a"));
  CHECK(text->ends_with("z"));
  CHECK_NOTHROW(Json(*text).dump());
}

TEST_CASE("integers and booleans are read from their text as well") {
  CHECK(to_integer(Json("-7")) == -7);
  CHECK(to_integer(Json(7.0)) == 7);
  for (const char* text : {"\"7a\"", "7.5", "\"\"", "true", "18446744073709551615", "1e40"}) {
    CAPTURE(std::string(text));
    CHECK(!to_integer(Json::parse(text)));
  }
  CHECK(to_boolean(Json("1")) == true);
  CHECK(to_boolean(Json(0)) == false);
  CHECK(to_boolean(Json("false")) == false);
  CHECK(!to_boolean(Json(2)));
}

TEST_CASE("yuan become fen without a rounding error") {
  CHECK(fen_from_yuan(Json("12.34")) == 1234);
  CHECK(fen_from_yuan(Json(19.9)) == 1990);
  CHECK(fen_from_yuan(Json(5)) == 500);
  CHECK(fen_from_yuan(Json("-0.5")) == -50);
  CHECK(fen_from_yuan(Json("1.500")) == 150);
  for (const char* text : {"\"1.234\"", "\"\"", "\"1,000\"", "\"1.\"", "\".5\"", "[]", "\"1e3\"",
                           "\"9999999999999999999\""}) {
    CAPTURE(std::string(text));
    CHECK(!fen_from_yuan(Json::parse(text)));
  }
}

TEST_CASE("lists in text are split at commas and bars") {
  CHECK(split_list("a,b|c") == std::vector<std::string>{"a", "b", "c"});
  CHECK(split_list(" a , ,b,") == std::vector<std::string>{"a", "b"});
  CHECK(split_list("").empty());
}

TEST_CASE("a prefix is taken off where it stands") {
  CHECK(strip_prefix("qrscene_7", "qrscene_") == "7");
  CHECK(strip_prefix("7", "qrscene_") == "7");
}
