#include "gateway/api/parameters.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace guanxi::api {
namespace {

constexpr std::size_t kLongestValue = 1024;

Problem invalid(std::string_view name, std::string_view takes) {
  return {ProblemCode::invalid_parameter, std::string(name) + " takes " + std::string(takes)};
}

}  // namespace

Checked<Parameters> Parameters::read(std::string_view query,
                                     std::span<const std::string_view> known) {
  auto pairs = net::parse_query(query);
  if (!pairs) {
    return tl::unexpected(Problem{ProblemCode::malformed_request, "the query is badly encoded"});
  }
  Parameters parameters;
  for (auto& [name, value] : *pairs) {
    if (std::ranges::find(known, name) == known.end()) {
      return tl::unexpected(
          Problem{ProblemCode::unknown_parameter,
                  "'" + name.substr(0, 64) + "' is not a parameter of this request"});
    }
    // A client whose variable is empty must not be given everything. The feed's beginning is one.
    if (value.empty() && name != "after")
      return tl::unexpected(invalid(name, "a value; leave it out to not ask"));
    if (value.size() > kLongestValue) return tl::unexpected(invalid(name, "at most 1024 bytes"));
    if (!parameters.values_.emplace(name, std::move(value)).second) {
      return tl::unexpected(Problem{ProblemCode::malformed_request, name + " is given twice"});
    }
  }
  return parameters;
}

const std::string* Parameters::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? nullptr : &found->second;
}

Checked<std::size_t> Parameters::number(std::string_view name, std::size_t smallest,
                                        std::size_t largest, std::size_t otherwise) const {
  const std::string* text = find(name);
  if (text == nullptr) return otherwise;
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size() || value < smallest ||
      value > largest) {
    return tl::unexpected(invalid(
        name, "a number from " + std::to_string(smallest) + " to " + std::to_string(largest)));
  }
  return value;
}

Checked<std::optional<Time>> Parameters::time(std::string_view name) const {
  const std::string* text = find(name);
  if (text == nullptr) return std::optional<Time>{};
  const auto at = parse_time(*text);
  if (!at) {
    return tl::unexpected(invalid(name, "an RFC 3339 instant such as 2026-01-02T03:04:05.678Z"));
  }
  return at;
}

Checked<bool> Parameters::flag(std::string_view name) const {
  const std::string* text = find(name);
  if (text == nullptr || *text == "false") return false;
  if (*text == "true") return true;
  return tl::unexpected(invalid(name, "true or false"));
}

std::string Parameters::filter() const {
  std::string text;
  for (const auto& [name, value] : values_) {
    if (name == "cursor" || name == "limit") continue;
    text += name + '=' + net::percent_encode(value) + '&';
  }
  return text;
}

std::string Parameters::with_cursor(std::string_view cursor) const {
  std::string query;
  for (const auto& [name, value] : values_) {
    if (name != "cursor") query += name + '=' + net::percent_encode(value) + '&';
  }
  return query + "cursor=" + std::string(cursor);
}

}  // namespace guanxi::api
