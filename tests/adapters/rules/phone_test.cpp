#include "adapters/rules/phone.h"

#include <doctest/doctest.h>

using namespace guanxi::adapters::rules;

TEST_CASE("a phone that can be one is E.164, as Beijing dials it unless a region is given") {
  for (const char* text :
       {"13800000000", "+8613800000000", "86 138 0000 0000", "138-0000-0000", "008613800000000"}) {
    CAPTURE(std::string(text));
    CHECK(read_phone(text, "") == Json("+8613800000000"));
  }
  CHECK(read_phone("010-62301688", "") == Json("+861062301688"));
  CHECK(read_phone("2025550123", "US") == Json("+12025550123"));
}

TEST_CASE("what cannot be a phone is kept, and says which way") {
  CHECK(read_phone("138****0000", "") == Json{{"masked", "138****0000"}});
  CHECK(read_phone("q1w2e3r4t5y6u7i8o9p0", "") == Json{{"cipher", "q1w2e3r4t5y6u7i8o9p0"}});
  for (const char* text :
       {"10000000000", "123", "call me", "13800000000转12", "010-62301688 ext 5"}) {
    CAPTURE(std::string(text));
    CHECK(read_phone(text, "") == Json{{"raw", text}});
  }
}

TEST_CASE("only mobile numbers without extension tell who somebody is") {
  CHECK(mobile_number("13800000000", "") == "+8613800000000");
  for (const char* text :
       {"010-62301688", "4008001234", "13800000000转12", "138****0000", "", "12"}) {
    CAPTURE(std::string(text));
    CHECK(!mobile_number(text, ""));
  }
}
