// Columns for people.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace guanxi::app {

// Each column as wide as its widest cell, two blanks apart; the last is not padded. The first row
// is the head.
void print_table(const std::vector<std::vector<std::string>>& rows, std::ostream& out);

}  // namespace guanxi::app
