#include "adapters/rules/convert.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace guanxi::adapters::rules {
namespace {

constexpr double kLargestExact = 9007199254740992.0;  // 2^53

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// nlohmann's writer knows how to mend UTF-8; JSON's quoting is then taken off again.
std::string mended(const std::string& text) {
  if (is_ascii(text)) return text;
  const std::string quoted = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  const Json back = Json::parse(quoted, nullptr, false);
  return back.is_string() ? back.get<std::string>() : std::string();
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// By size: a time in seconds stays below 10^11 until the year 5138.
std::optional<Time> time_of_count(std::int64_t count) {
  constexpr std::int64_t kMilliseconds = 100'000'000'000;
  constexpr std::int64_t kMicroseconds = 100'000'000'000'000;
  constexpr std::int64_t kTooMuch = 100'000'000'000'000'000;
  if (count <= 0 || count >= kTooMuch) return std::nullopt;
  if (count < kMilliseconds) return from_ms(count * 1000);
  if (count < kMicroseconds) return from_ms(count);
  return from_ms(count / 1000);
}

std::optional<Time> time_of_double(double count) {
  if (!(count > 0) || count >= kLargestExact) return std::nullopt;
  if (count < 1e11) return from_ms(std::llround(count * 1000));
  return time_of_count(std::llround(count));
}

// "YYYY-MM-DD", and a clock behind ' ' or 'T' without offset.
std::optional<Time> beijing_time(std::string text) {
  if (text.size() < 10 || text.size() > 29) return std::nullopt;
  if (text.size() == 10) text += " 00:00:00";
  if (text.size() == 16) text += ":00";
  if (text[10] != ' ' && text[10] != 'T') return std::nullopt;
  text[10] = 'T';
  return parse_time(text + "+08:00");
}

std::optional<Time> positive(std::optional<Time> time) {
  return time && to_ms(*time) > 0 ? time : std::nullopt;
}

}  // namespace

std::optional<std::string> to_text(const Json& value) {
  switch (value.type()) {
    case Json::value_t::string:
      return mended(value.get_ref<const std::string&>());
    case Json::value_t::boolean:
      return value.get<bool>() ? "true" : "false";
    case Json::value_t::number_integer:
      return std::to_string(value.get<std::int64_t>());
    case Json::value_t::number_unsigned:
      return std::to_string(value.get<std::uint64_t>());
    case Json::value_t::number_float: {
      const double number = value.get<double>();
      if (std::trunc(number) == number && std::abs(number) < kLargestExact) {
        return std::to_string(static_cast<std::int64_t>(number));
      }
      return std::isfinite(number) ? std::optional(value.dump()) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

std::optional<std::int64_t> to_integer(const Json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return std::nullopt;
    }
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (std::trunc(number) != number || !(std::abs(number) < kLargestExact)) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_string()) return parse_number<std::int64_t>(value.get_ref<const std::string&>());
  return std::nullopt;
}

std::optional<bool> to_boolean(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  const auto text = to_text(value);
  if (!text) return std::nullopt;
  if (*text == "1" || *text == "true") return true;
  if (*text == "0" || *text == "false") return false;
  return std::nullopt;
}

std::optional<Time> to_time(const Json& value) {
  if (value.is_number_float()) return time_of_double(value.get<double>());
  if (value.is_number()) {
    const auto count = to_integer(value);
    return count ? time_of_count(*count) : std::nullopt;
  }
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > 40) return std::nullopt;
  if (all_digits(text)) {
    const auto count = parse_number<std::int64_t>(text);
    return count ? time_of_count(*count) : std::nullopt;
  }
  const std::size_t dot = text.find('.');
  if (dot != std::string::npos && all_digits(std::string_view(text).substr(0, dot)) &&
      all_digits(std::string_view(text).substr(dot + 1))) {
    const auto count = parse_number<double>(text);
    return count ? time_of_double(*count) : std::nullopt;
  }
  if (auto time = positive(parse_time(text))) return time;
  return positive(beijing_time(text));
}

std::optional<std::int64_t> fen_from_yuan(const Json& value) {
  auto text = to_text(value);
  if (!text || text->size() > 18) return std::nullopt;
  const bool negative = text->starts_with('-');
  std::string_view digits = std::string_view(*text).substr(negative ? 1 : 0);
  const std::size_t dot = std::min(digits.find('.'), digits.size());
  const std::string_view yuan = digits.substr(0, dot);
  std::string fen(dot < digits.size() ? digits.substr(dot + 1) : std::string_view{});
  if (dot < digits.size() && fen.empty()) return std::nullopt;
  while (fen.size() > 2 && fen.back() == '0') fen.pop_back();
  if (fen.size() > 2) return std::nullopt;
  fen.resize(2, '0');
  if (!all_digits(yuan) || !all_digits(fen)) return std::nullopt;
  const auto amount = parse_number<std::int64_t>(std::string(yuan) + fen);
  if (!amount) return std::nullopt;
  return negative ? -*amount : *amount;
}

std::string strip_prefix(std::string text, std::string_view prefix) {
  if (text.starts_with(prefix)) text.erase(0, prefix.size());
  return text;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> pieces;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(",|"), text.size());
    std::string_view piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!piece.empty() && piece.front() == ' ') piece.remove_prefix(1);
    while (!piece.empty() && piece.back() == ' ') piece.remove_suffix(1);
    if (!piece.empty()) pieces.emplace_back(piece);
  }
  return pieces;
}

}  // namespace guanxi::adapters::rules
