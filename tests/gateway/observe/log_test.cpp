#include "gateway/observe/log.h"

#include <doctest/doctest.h>

using namespace guanxi;
using namespace guanxi::observe;

TEST_CASE("a line has instant, level, event and fields in logfmt") {
  CHECK(format_line(from_ms(1'700'000'000'123), Level::info, "callback",
                    {{"channel", "acme"}, {"ms", 4}, {"ratio", 0.25}, {"ok", true}, {"n", 7U}}) ==
        "2023-11-14T22:13:20.123Z info callback channel=acme ms=4 ratio=0.25 ok=true n=7");
}

TEST_CASE("a value chosen by an outsider can neither end the line nor forge a field") {
  const auto line = [](std::string_view value) {
    return format_line(from_ms(0), Level::error, "e", {{"v", value}}).substr(35);
  };
  CHECK(line("a b=c") == "\"a b=c\"");
  CHECK(line("x\nforged=1") == "\"x\\nforged=1\"");
  CHECK(line("say \"hi\" \\") == "\"say \\\"hi\\\" \\\\\"");
  CHECK(line(std::string_view("\x1b[2J\0", 5)) == "\"\\x1b[2J\\x00\"");
  CHECK(line("\xc2\x9b") == "\"\\xc2\\x9b\"");
  CHECK(line("李雷") == "\"李雷\"");
  CHECK(line("") == "\"\"");
}

TEST_CASE("an overlong value is cut") {
  const std::string line =
      format_line(from_ms(0), Level::info, "e", {{"v", std::string(9000, 'x')}});
  CHECK(line.size() < 2200);
}

TEST_CASE("levels are read by name and order what is logged") {
  for (const Level level : {Level::debug, Level::info, Level::warning, Level::error, Level::off}) {
    CHECK(level_from(level_text(level)) == level);
  }
  CHECK_FALSE(level_from("loud"));
  set_log_level(Level::warning);
  CHECK_FALSE(is_logged(Level::info));
  CHECK(is_logged(Level::error));
  set_log_level(Level::info);
}
