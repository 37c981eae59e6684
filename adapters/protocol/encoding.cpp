#include "adapters/protocol/encoding.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace guanxi::adapters::protocol {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

struct CodePoint {
  std::uint32_t value;
  std::size_t size;  // 0: not UTF-8
};

// The well-formed sequences of Unicode's table 3-7: no overlong forms, no surrogates.
CodePoint read_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0;
  };
  const std::uint32_t first = byte(0);
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  if (first < 0x80) return {first, 1};
  if (first >= 0xC2 && first <= 0xDF && follows(1)) {
    return {(first & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  }
  if ((first & 0xF0) == 0xE0 && follows(1) && follows(2)) {
    const std::uint32_t value = (first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    const bool valid = value >= 0x800 && (value < 0xD800 || value > 0xDFFF);
    return {value, valid ? 3U : 0U};
  }
  if (first >= 0xF0 && first <= 0xF4 && follows(1) && follows(2) && follows(3)) {
    const std::uint32_t value =
        (first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
    return {value, value >= 0x10000 && value <= 0x10FFFF ? 4U : 0U};
  }
  return {0, 0};
}

void append_unit(std::string& out, std::uint32_t unit) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[(unit >> shift) & 0xF];
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kUpper = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    out += '%';
    out += kUpper[byte >> 4];
    out += kUpper[byte & 0xF];
  }
  return out;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    std::uint64_t word = 0;
    if (text.size() >= sizeof word) {
      std::memcpy(&word, text.data(), sizeof word);
      if ((word & 0x8080808080808080U) == 0) {
        text.remove_prefix(sizeof word);
        continue;
      }
    }
    const bool ascii = static_cast<std::uint8_t>(text.front()) < 0x80;
    const std::size_t size = ascii ? 1 : read_code_point(text).size;
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::optional<std::string> escape_non_ascii(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = read_code_point(text);
    if (point.size == 0) return std::nullopt;
    if (point.value < 0x80) {
      out += text.front();
    } else if (point.value < 0x10000) {
      append_unit(out, point.value);
    } else {
      append_unit(out, 0xD800 + ((point.value - 0x10000) >> 10));
      append_unit(out, 0xDC00 + ((point.value - 0x10000) & 0x3FF));
    }
    text.remove_prefix(point.size);
  }
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::string_view cut(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view front = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return front;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lowered);
  return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return lowered(x) == lowered(y);
         });
}

std::string repair_base64(std::string_view text) {
  const auto breaks = [](char c) { return c == '\r' || c == '\n' || c == '\t'; };
  while (!text.empty() && breaks(text.front())) text.remove_prefix(1);
  while (!text.empty() && breaks(text.back())) text.remove_suffix(1);
  // Padded base64 has whole quadruples: if it has them with the outer blanks, they were '+'.
  std::string out(text.size() % 4 == 0 ? text : trim(text));
  std::ranges::replace(out, ' ', '+');
  return out;
}

}  // namespace guanxi::adapters::protocol
