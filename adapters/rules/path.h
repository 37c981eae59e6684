// JSON pointers parsed once, walked many times.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace guanxi::adapters::rules {

using Json = nlohmann::json;

struct Step {
  enum class Kind : std::uint8_t {
    key,
    any,   // "*": every element of a list, or the one object in its place
    name,  // "$name": the first part of the event's name
  } kind = Kind::key;
  std::string key;
  std::optional<std::size_t> index;  // when the key is a plain number: also an array element

  bool operator==(const Step&) const = default;
};

struct Path {
  std::vector<Step> steps;

  bool operator==(const Path&) const = default;
};

// "" is the whole, "/a/b" a member; "~1" and "~0" stand for "/" and "~". Nothing for anything else.
std::optional<Path> parse_path(std::string_view text);
// As a pointer again, for reports.
std::string path_text(const Path& path);

// What stands there; null when nothing does. `*` and `$name` lead nowhere.
const Json* resolve(const Path& path, const Json& root);

// Null, "", [] and {}: what a platform writes when it does not know.
bool is_empty(const Json& value);

// A pointer's step, escaped.
std::string escape_step(std::string_view key);

}  // namespace guanxi::adapters::rules
