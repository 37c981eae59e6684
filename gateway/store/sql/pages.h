// What reads in pages have in common.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "models/result.h"

namespace guanxi::store::sql {

constexpr std::size_t kPageMax = 1000;

inline tl::unexpected<Error> bad_position() {
  return fail(ErrorCode::malformed, "the position to go on from is none that was given");
}

inline std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace guanxi::store::sql
