// When something was said, as far as its bytes tell at a glance.
#pragma once

#include <cstdint>
#include <string_view>

namespace guanxi::adapters::protocol {

// The first number among the bytes that looks like a time of this century, in seconds or
// milliseconds since 1970, as seconds; 0 if there is none. Equal for equal bytes, and that alone is
// to be relied on: it may be any other number of ten or thirteen digits.
std::uint32_t moment_in(std::string_view bytes);

}  // namespace guanxi::adapters::protocol
