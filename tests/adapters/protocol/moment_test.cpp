#include "adapters/protocol/moment.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using guanxi::adapters::protocol::moment_in;

TEST_CASE("the moment is the first number that looks like a time of this century") {
  struct Case {
    const char* bytes;
    std::uint32_t moment;
  };
  const std::vector<Case> cases = {
      {"<CreateTime>1403610513</CreateTime>", 1403610513},
      {R"({"id":12,"ts":1735689600123,"then":1403610513})", 1735689600},
      {"MsgType=event&CreateTime=1735689600&x=1", 1735689600},
      {"1735689600", 1735689600},
      {"13800000000 and 1735689600", 1735689600},       // a phone has eleven digits
      {"ww0123456789 1735689600", 1735689600},          // too early
      {"9999999999 1735689600", 1735689600},            // too late
      {"4294967295", 4294967295},                       // the last
      {"12345678901234567890 1735689600", 1735689600},  // an id
      {"", 0},
      {"no number", 0},
      {"1234", 0},
  };
  for (const auto& [bytes, moment] : cases) {
    CAPTURE(bytes);
    CHECK(moment_in(bytes) == moment);
  }
}
