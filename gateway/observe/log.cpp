#include "gateway/observe/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <atomic>
#include <cmath>
#include <memory>
#include <utility>

namespace guanxi::observe {
namespace {

constexpr std::array<std::pair<Level, std::string_view>, 5> kLevels{{{Level::debug, "debug"},
                                                                     {Level::info, "info"},
                                                                     {Level::warning, "warning"},
                                                                     {Level::error, "error"},
                                                                     {Level::off, "off"}}};

std::atomic<Level>& threshold() {
  static std::atomic<Level> level{Level::info};
  return level;
}

// A bound, so that one hostile header cannot fill a disk.
constexpr std::size_t kLongestValue = 2048;

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == '"' || byte == '=' || byte == '\\' || byte == 0x7f || byte >= 0x80) {
      return true;
    }
  }
  return false;
}

void append_escaped(std::string& line, unsigned char byte) {
  constexpr std::string_view kHex = "0123456789abcdef";
  line += "\\x";
  line += kHex[byte >> 4];
  line += kHex[byte & 15];
}

void append_text(std::string& line, std::string_view text) {
  const bool cut = text.size() > kLongestValue;
  if (cut) text = text.substr(0, kLongestValue);
  if (!needs_quotes(text)) {
    line += text;
    return;
  }
  line += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
      append_escaped(line, byte);  // the C1 controls, which terminals obey
      append_escaped(line, static_cast<unsigned char>(text[++i]));
    } else if (byte < ' ' || byte == 0x7f) {
      append_escaped(line, byte);
    } else {
      line += c;
    }
  }
  line += cut ? "…\"" : "\"";
}

void append_value(std::string& line, const Field& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value))
    return append_text(line, *text);
  if (const auto* truth = std::get_if<bool>(&field.value)) {
    line += *truth ? "true" : "false";
  } else if (const auto* number = std::get_if<double>(&field.value)) {
    line += fmt::format("{:.6g}", *number);
  } else if (const auto* whole = std::get_if<std::int64_t>(&field.value)) {
    line += fmt::format_int(*whole).str();
  } else {
    line += fmt::format_int(std::get<std::uint64_t>(field.value)).str();
  }
}

spdlog::logger& sink() {
  static spdlog::logger logger = [] {
    spdlog::logger made("guanxi", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made.set_pattern("%v");
    made.set_level(spdlog::level::trace);
    return made;
  }();
  return logger;
}

}  // namespace

std::string_view level_text(Level level) {
  for (const auto& [known, text] : kLevels) {
    if (known == level) return text;
  }
  return "unknown";
}

std::optional<Level> level_from(std::string_view text) {
  for (const auto& [level, known] : kLevels) {
    if (known == text) return level;
  }
  return std::nullopt;
}

void set_log_level(Level level) { threshold() = level; }

bool is_logged(Level level) { return level >= threshold().load(std::memory_order_relaxed); }

void log(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!is_logged(level) || level == Level::off) return;
  const std::string line = format_line(system_now(), level, event, fields);
  sink().log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

std::string format_line(Time at, Level level, std::string_view event,
                        std::initializer_list<Field> fields) {
  std::string line = format_time(at);
  line += ' ';
  line += level_text(level);
  line += ' ';
  line += event;
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field);
  }
  return line;
}

}  // namespace guanxi::observe
