// Instants in UTC with milliseconds, and their one spelling (RFC 3339).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace guanxi {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Milliseconds = std::chrono::milliseconds;

// Where "now" comes from; passed in, so that tests own time. Safe to call from any thread.
using Clock = std::function<Time()>;

// The system's clock.
Time system_now();

// Milliseconds since 1970, as stores and wire formats carry instants.
constexpr std::int64_t to_ms(Time time) { return time.time_since_epoch().count(); }
constexpr Time from_ms(std::int64_t ms) { return Time{Milliseconds{ms}}; }

// "2026-01-02T03:04:05.678Z"; instants outside the years 0 to 9999 as the nearest within.
std::string format_time(Time time);

// Reads what format_time writes, and any RFC 3339 instant with offset and 0 to 9 fraction digits.
std::optional<Time> parse_time(std::string_view text);

// "90s", "15m", "1h", "2d" or "0"; nothing else.
std::optional<Milliseconds> parse_duration(std::string_view text);

// The Beijing day (UTC+8) of an instant, as "2026-11-22": the calendar in which platforms date
// changes.
std::string beijing_day(Time time);

}  // namespace guanxi
