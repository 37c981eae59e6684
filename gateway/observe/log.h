// The log: one wide line a unit of work, in logfmt, to stderr.
//
//   2026-11-22T08:00:00.123Z info callback channel=acme result=stored ms=4
//
// Never a secret, a token, a message body or a phone number: callers pass none.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "models/time.h"

namespace guanxi::observe {

enum class Level : std::uint8_t { debug, info, warning, error, off };
std::string_view level_text(Level level);
// "debug", "info", "warning", "error" or "off".
std::optional<Level> level_from(std::string_view text);

// One key=value. Views its text, so it lives as long as the call it is an argument of.
struct Field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;

  Field(std::string_view name, std::string_view text) : key(name), value(text) {}
  Field(std::string_view name, const char* text) : key(name), value(std::string_view(text)) {}
  Field(std::string_view name, const std::string& text)
      : key(name), value(std::string_view(text)) {}
  Field(std::string_view name, bool truth) : key(name), value(truth) {}
  Field(std::string_view name, double number) : key(name), value(number) {}
  template <std::signed_integral T>
  Field(std::string_view name, T number) : key(name), value(static_cast<std::int64_t>(number)) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) Field(std::string_view name, T number)
      : key(name), value(static_cast<std::uint64_t>(number)) {}
};

// Lines below the level are dropped. At start: info. Any thread.
void set_log_level(Level level);
bool is_logged(Level level);

// Writes one line. Values that outsiders chose are escaped, so a line is always one line. Any
// thread.
void log(Level level, std::string_view event, std::initializer_list<Field> fields = {});

// The line that log() writes, without its end.
std::string format_line(Time at, Level level, std::string_view event,
                        std::initializer_list<Field> fields);

}  // namespace guanxi::observe
