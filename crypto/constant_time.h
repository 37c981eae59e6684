// Comparison of secrets.
#pragma once

#include <string_view>

namespace guanxi::crypto {

// Whether both are equal, in a time that depends on their lengths only.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace guanxi::crypto
