#include "models/ids.h"

#include <cstddef>

namespace guanxi {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

bool is_dash_place(std::size_t place) {
  return place == 8 || place == 13 || place == 18 || place == 23;
}

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Uuid make_uuid(Time now, const Randomness& randomness) {
  Uuid uuid;
  const auto ms = static_cast<std::uint64_t>(to_ms(now));
  for (std::size_t i = 0; i < 6; ++i) {
    uuid.bytes[i] = static_cast<std::uint8_t>(ms >> (8 * (5 - i)));
  }
  randomness(uuid.bytes.data() + 6, 10);
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0f) | 0x70);
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);
  return uuid;
}

std::string format_uuid(const Uuid& uuid) {
  std::string text;
  text.reserve(36);
  for (const std::uint8_t byte : uuid.bytes) {
    if (is_dash_place(text.size())) text += '-';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0x0f];
  }
  return text;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid uuid;
  std::size_t place = 0;
  for (std::uint8_t& byte : uuid.bytes) {
    if (is_dash_place(place) && text[place++] != '-') return std::nullopt;
    const int high = nibble(text[place]);
    const int low = nibble(text[place + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    byte = static_cast<std::uint8_t>(high * 16 + low);
    place += 2;
  }
  return uuid;
}

}  // namespace guanxi
