// Identifiers that outsiders see: UUIDv7 (RFC 9562), ordered by creation time.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "models/time.h"

namespace guanxi {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;
  // All bits zero: no identifier.
  bool is_nil() const { return *this == Uuid{}; }
};

// Fills the 10 bytes it is given with random bits.
using Randomness = std::function<void(std::uint8_t* bytes, std::size_t size)>;

// A fresh identifier: 48 bits of `now`, the rest random.
Uuid make_uuid(Time now, const Randomness& randomness);

// "0198c0de-4d2a-7000-8000-0123456789ab", lower case.
std::string format_uuid(const Uuid& uuid);
// Reads what format_uuid writes, in either case; nothing else.
std::optional<Uuid> parse_uuid(std::string_view text);

}  // namespace guanxi
