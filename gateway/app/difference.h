// What differs between two trees, a line a place, for people.
#pragma once

#include <iosfwd>
#include <set>
#include <string>

#include "models/json.h"

namespace guanxi::app {

using models::Json;

// As text for people: broken UTF-8 replaced, long values cut.
std::string shown_value(const Json& value);

// "~ /name "old" -> "new"", "+ /place value", "- /place value", indented; places in `except` are
// left out. False if there was nothing.
bool print_difference(const Json& before, const Json& after, std::ostream& out,
                      const std::set<std::string>& except = {});

}  // namespace guanxi::app
