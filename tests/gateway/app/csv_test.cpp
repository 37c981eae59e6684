#include "gateway/app/csv.h"

#include <doctest/doctest.h>

using namespace guanxi::app;

TEST_CASE("cells are quoted where RFC 4180 asks for it") {
  CHECK(csv_line({"a", "b c", ""}) == "a,b c,\r\n");
  CHECK(csv_line({"a,b", "say \"hi\"", "two\nlines"}) ==
        "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n");
  CHECK(csv_cell("李雷") == "李雷");
}

TEST_CASE("a cell that a spreadsheet would run is disarmed") {
  CHECK(csv_cell("=1+1") == "'=1+1");
  CHECK(csv_cell("=cmd|' /C calc'!A0,x") == "\"'=cmd|' /C calc'!A0,x\"");
  CHECK(csv_cell("+1-1") == "'+1-1");
  CHECK(csv_cell("-2") == "'-2");
  CHECK(csv_cell("@SUM(A1)") == "'@SUM(A1)");
  CHECK(csv_cell("\t=1") == "'\t=1");
}

TEST_CASE("phones stay as they are") {
  CHECK(csv_cell("+8613800000000") == "+8613800000000");
  CHECK(csv_cell("+8613800000000;+8613800000001") == "+8613800000000;+8613800000001");
}
