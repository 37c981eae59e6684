#include "adapters/rules/path.h"

#include <charconv>

namespace guanxi::adapters::rules {
namespace {

std::optional<std::size_t> index_of(std::string_view key) {
  if (key.empty() || key.size() > 9 || (key.size() > 1 && key.front() == '0')) return std::nullopt;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (error != std::errc{} || end != key.data() + key.size()) return std::nullopt;
  return index;
}

std::optional<Step> parse_step(std::string_view text) {
  Step step;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '~') {
      step.key += text[i];
      continue;
    }
    if (++i == text.size() || (text[i] != '0' && text[i] != '1')) return std::nullopt;
    step.key += text[i] == '0' ? '~' : '/';
  }
  if (step.key.empty()) return std::nullopt;
  if (text == "*") step.kind = Step::Kind::any;
  if (text == "$name") step.kind = Step::Kind::name;
  step.index = index_of(step.key);
  return step;
}

}  // namespace

std::optional<Path> parse_path(std::string_view text) {
  Path path;
  while (!text.empty()) {
    if (text.front() != '/') return std::nullopt;
    text.remove_prefix(1);
    const std::size_t end = std::min(text.find('/'), text.size());
    auto step = parse_step(text.substr(0, end));
    if (!step) return std::nullopt;
    path.steps.push_back(std::move(*step));
    text.remove_prefix(end);
  }
  return path;
}

std::string path_text(const Path& path) {
  std::string text;
  for (const Step& step : path.steps) text += '/' + escape_step(step.key);
  return text;
}

const Json* resolve(const Path& path, const Json& root) {
  const Json* at = &root;
  for (const Step& step : path.steps) {
    if (step.kind != Step::Kind::key) return nullptr;
    if (at->is_object()) {
      const auto found = at->find(step.key);
      if (found == at->end()) return nullptr;
      at = &*found;
    } else if (at->is_array() && step.index && *step.index < at->size()) {
      at = &(*at)[*step.index];
    } else {
      return nullptr;
    }
  }
  return at;
}

bool is_empty(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
    case Json::value_t::discarded:
      return true;
    case Json::value_t::string:
      return value.get_ref<const std::string&>().empty();
    case Json::value_t::array:
    case Json::value_t::object:
      return value.empty();
    default:
      return false;
  }
}

std::string escape_step(std::string_view key) {
  std::string text;
  for (const char c : key) {
    if (c == '~') {
      text += "~0";
    } else if (c == '/') {
      text += "~1";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace guanxi::adapters::rules
