#include "adapters/rules/phone.h"

#include <phonenumbers/phonenumberutil.h>

#include <algorithm>

namespace guanxi::adapters::rules {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr std::size_t kLongest = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The library's metadata is older than some prefixes that China's carriers hand out.
bool looks_like_chinese_mobile(const PhoneNumber& number) {
  return number.country_code() == 86 && number.national_number() >= 13'000'000'000ULL &&
         number.national_number() <= 19'999'999'999ULL;
}

std::optional<PhoneNumber> parse(std::string_view text, std::string_view region) {
  if (text.empty() || text.size() > kLongest) return std::nullopt;
  // Letters would be read as a keypad's digits, or as an extension.
  if (std::ranges::any_of(text, is_letter) || text.find("转") != std::string_view::npos) {
    return std::nullopt;
  }
  PhoneNumber number;
  const auto& util = *PhoneNumberUtil::GetInstance();
  const std::string country(region.size() == 2 ? region : "CN");
  if (util.Parse(std::string(text), country, &number) != PhoneNumberUtil::NO_PARSING_ERROR) {
    return std::nullopt;
  }
  if (number.has_extension()) return std::nullopt;
  if (!util.IsValidNumber(number) && !looks_like_chinese_mobile(number)) return std::nullopt;
  return number;
}

std::string e164(const PhoneNumber& number) {
  std::string text;
  PhoneNumberUtil::GetInstance()->Format(number, PhoneNumberUtil::E164, &text);
  return text;
}

bool is_cipher(std::string_view text) {
  constexpr std::size_t kShortest = 16;
  return text.size() >= kShortest && std::ranges::any_of(text, is_letter) &&
         std::ranges::all_of(text, [](char c) {
           return is_digit(c) || is_letter(c) || c == '+' || c == '/' || c == '=' || c == '_' ||
                  c == '-';
         });
}

}  // namespace

Json read_phone(std::string_view text, std::string_view region) {
  if (text.find('*') != std::string_view::npos) return {{"masked", text}};
  if (const auto number = parse(text, region)) return e164(*number);
  if (is_cipher(text)) return {{"cipher", text}};
  return {{"raw", text}};
}

std::optional<std::string> mobile_number(std::string_view text, std::string_view region) {
  const auto number = parse(text, region);
  if (!number) return std::nullopt;
  const auto type = PhoneNumberUtil::GetInstance()->GetNumberType(*number);
  if (type != PhoneNumberUtil::MOBILE && type != PhoneNumberUtil::FIXED_LINE_OR_MOBILE &&
      !looks_like_chinese_mobile(*number)) {
    return std::nullopt;
  }
  return e164(*number);
}

}  // namespace guanxi::adapters::rules
