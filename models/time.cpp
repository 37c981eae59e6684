#include "models/time.h"

#include <algorithm>
#include <limits>

namespace guanxi {
namespace {

// RFC 3339 writes years in four digits.
constexpr Time kFirst = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr Time kLast = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1} - Milliseconds{1};

// Reads exactly `count` digits at `position` and steps over them.
std::optional<int> digits(std::string_view text, std::size_t& position, std::size_t count) {
  if (text.size() - position < count) return std::nullopt;
  int value = 0;
  for (std::size_t end = position + count; position < end; ++position) {
    const char c = text[position];
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

bool skip(std::string_view text, std::size_t& position, char wanted) {
  if (position >= text.size() || text[position] != wanted) return false;
  ++position;
  return true;
}

// The fraction after a dot, cut to milliseconds; nothing when there is a dot without 1 to 9 digits.
std::optional<int> fraction(std::string_view text, std::size_t& position) {
  if (!skip(text, position, '.')) return 0;
  int milliseconds = 0;
  int weight = 100;
  std::size_t count = 0;
  for (; position < text.size() && text[position] >= '0' && text[position] <= '9'; ++position) {
    milliseconds += weight * (text[position] - '0');
    weight /= 10;
    ++count;
  }
  if (count == 0 || count > 9) return std::nullopt;
  return milliseconds;
}

std::optional<std::chrono::minutes> offset(std::string_view text, std::size_t& position) {
  if (skip(text, position, 'Z') || skip(text, position, 'z')) return std::chrono::minutes{0};
  if (position >= text.size()) return std::nullopt;
  const char sign = text[position++];
  if (sign != '+' && sign != '-') return std::nullopt;
  const auto hours = digits(text, position, 2);
  if (!hours || !skip(text, position, ':')) return std::nullopt;
  const auto minutes = digits(text, position, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes ahead{*hours * 60 + *minutes};
  return sign == '+' ? ahead : -ahead;
}

}  // namespace

Time system_now() {
  return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
}

std::string format_time(Time time) {
  time = std::clamp(time, kFirst, kLast);
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::string text = "0000-00-00T00:00:00.000Z";
  // Each callback and each event is given times, and snprintf takes longer than all the rest here.
  const auto put = [&text](std::size_t place, std::size_t count, std::int64_t value) {
    for (; count > 0; value /= 10) text[place + --count] = static_cast<char>('0' + value % 10);
  };
  put(0, 4, static_cast<int>(date.year()));
  put(5, 2, static_cast<unsigned>(date.month()));
  put(8, 2, static_cast<unsigned>(date.day()));
  put(11, 2, clock.hours().count());
  put(14, 2, clock.minutes().count());
  put(17, 2, clock.seconds().count());
  put(20, 3, clock.subseconds().count());
  return text;
}

std::optional<Time> parse_time(std::string_view text) {
  std::size_t at = 0;
  const auto year = digits(text, at, 4);
  if (!year || !skip(text, at, '-')) return std::nullopt;
  const auto month = digits(text, at, 2);
  if (!month || !skip(text, at, '-')) return std::nullopt;
  const auto day = digits(text, at, 2);
  if (!day || !(skip(text, at, 'T') || skip(text, at, 't'))) return std::nullopt;
  const auto hour = digits(text, at, 2);
  if (!hour || !skip(text, at, ':')) return std::nullopt;
  const auto minute = digits(text, at, 2);
  if (!minute || !skip(text, at, ':')) return std::nullopt;
  const auto second = digits(text, at, 2);
  if (!second) return std::nullopt;
  const auto milliseconds = fraction(text, at);
  if (!milliseconds) return std::nullopt;
  const auto ahead = offset(text, at);
  if (!ahead || at != text.size()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  // A leap second (60) is the first moment of the next minute.
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return Time{std::chrono::sys_days{date}} + std::chrono::hours{*hour} +
         std::chrono::minutes{*minute} + std::chrono::seconds{*second} +
         Milliseconds{*milliseconds} - *ahead;
}

std::optional<Milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return Milliseconds{0};
  if (text.size() < 2) return std::nullopt;
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's':
      unit = 1'000;
      break;
    case 'm':
      unit = 60'000;
      break;
    case 'h':
      unit = 3'600'000;
      break;
    case 'd':
      unit = 86'400'000;
      break;
    default:
      return std::nullopt;
  }
  // Nine digits of days fit into 64 bits of milliseconds, and are more than anybody means.
  const std::string_view number = text.substr(0, text.size() - 1);
  if (number.size() > 9) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : number) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return Milliseconds{value * unit};
}

std::string beijing_day(Time time) {
  return format_time(time + std::chrono::hours{8}).substr(0, 10);
}

}  // namespace guanxi
