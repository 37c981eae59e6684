#include "gateway/api/contact_text.h"

#include <algorithm>
#include <cctype>

namespace guanxi::api {
namespace {

constexpr std::size_t kFewestDigits = 7;
constexpr std::size_t kMostDigits = 15;
constexpr std::size_t kChinaMobile = 11;

}  // namespace

std::optional<std::string> phone_from(std::string_view text) {
  bool international = false;
  if (text.starts_with('+')) {
    international = true;
    text.remove_prefix(1);
  } else if (text.starts_with("00")) {
    international = true;
    text.remove_prefix(2);
  }
  std::string digits;
  for (const char c : text) {
    if (c == ' ' || c == '-') continue;
    if (c < '0' || c > '9') return std::nullopt;
    digits += c;
  }
  if (international) {
    if (digits.size() < kFewestDigits || digits.size() > kMostDigits) return std::nullopt;
    return '+' + digits;
  }
  if (digits.size() == kChinaMobile && digits.front() == '1') return "+86" + digits;
  if (digits.size() == kChinaMobile + 2 && digits.starts_with("861")) return '+' + digits;
  return std::nullopt;
}

std::optional<std::string> email_from(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size() ||
      text.find('@', at + 1) != std::string_view::npos ||
      text.find(' ') != std::string_view::npos) {
    return std::nullopt;
  }
  std::string email(text);
  std::ranges::transform(email, email.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return email;
}

}  // namespace guanxi::api
