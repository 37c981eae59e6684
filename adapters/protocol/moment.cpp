#include "adapters/protocol/moment.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace guanxi::adapters::protocol {
namespace {

// From 2010, before which none of the platforms was, to what 32 bits hold.
constexpr std::uint64_t kFirst = 1'262'304'000;
constexpr std::uint64_t kLast = UINT32_MAX;
constexpr std::size_t kSecondsDigits = 10;
constexpr std::size_t kMillisecondsDigits = 13;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::uint32_t moment_in(std::string_view bytes) {
  for (auto at = bytes.begin(); at != bytes.end();) {
    const auto first = std::find_if(at, bytes.end(), is_digit);
    at = std::find_if_not(first, bytes.end(), is_digit);
    const auto digits = static_cast<std::size_t>(at - first);
    if (digits != kSecondsDigits && digits != kMillisecondsDigits) continue;
    std::uint64_t number = 0;
    std::from_chars(&*first, &*first + kSecondsDigits, number);
    if (number >= kFirst && number <= kLast) return static_cast<std::uint32_t>(number);
  }
  return 0;
}

}  // namespace guanxi::adapters::protocol
