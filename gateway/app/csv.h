// CSV after RFC 4180, safe to open in a spreadsheet.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace guanxi::app {

// One line with its CRLF. A cell that a spreadsheet would run as a formula gets an apostrophe in
// front.
std::string csv_line(const std::vector<std::string>& cells);
std::string csv_cell(std::string_view text);

}  // namespace guanxi::app
