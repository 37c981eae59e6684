#include "adapters/protocol/section.h"

#include <utility>

namespace guanxi::adapters::protocol {
namespace {

const Json& object_or_empty(const Json& value) {
  static const Json kEmpty = Json::object();
  return value.is_object() ? value : kEmpty;
}

}  // namespace

std::string append_token(std::string_view pointer, std::string_view token) {
  std::string out(pointer);
  out += '/';
  for (const char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

Section::Section(const Json& object, std::string pointer, std::vector<Complaint>& complaints)
    : object_(object_or_empty(object)), pointer_(std::move(pointer)), complaints_(complaints) {
  if (!object.is_object()) complaints_.push_back({pointer_, "must be an object"});
}

const Json* Section::optional(std::string_view key) {
  read_.emplace(key);
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

const Json* Section::required(std::string_view key) {
  const Json* const value = optional(key);
  if (value == nullptr) complain(key, "is missing");
  return value;
}

void Section::finish() {
  for (const auto& [key, value] : object_.get_ref<const Json::object_t&>()) {
    if (!read_.contains(key)) complain(key, "is not a key known here");
  }
}

void Section::complain(std::string_view key, std::string reason) {
  complaints_.push_back({pointer_to(key), std::move(reason)});
}

std::string Section::pointer_to(std::string_view key) const { return append_token(pointer_, key); }

std::string Section::text(std::string_view key, std::string_view fallback) {
  const Json* const value = optional(key);
  if (value == nullptr) return std::string(fallback);
  if (value->is_string()) return value->get<std::string>();
  complain(key, "must be text");
  return std::string(fallback);
}

std::string Section::required_text(std::string_view key) {
  return required(key) == nullptr ? std::string() : text(key);
}

bool Section::flag(std::string_view key, bool fallback) {
  const Json* const value = optional(key);
  if (value == nullptr) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  complain(key, "must be true or false");
  return fallback;
}

std::size_t Section::number(std::string_view key, std::size_t least, std::size_t most) {
  const Json* const value = required(key);
  if (value == nullptr) return least;
  if (value->is_number_unsigned()) {
    const auto number = value->get<std::size_t>();
    if (number >= least && number <= most) return number;
  }
  complain(key, "must be a number from " + std::to_string(least) + " to " + std::to_string(most));
  return least;
}

}  // namespace guanxi::adapters::protocol
