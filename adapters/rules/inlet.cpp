#include "adapters/rules/inlet.h"

#include <algorithm>

#include "adapters/protocol/transport.h"
#include "adapters/rules/convert.h"

namespace guanxi::adapters::rules {
namespace {

constexpr std::size_t kLongestName = 120;
constexpr std::size_t kLongestVariable = 512;

bool serves(const InletPlan& inlet, std::string_view recipe) {
  // An example need not say by what recipe it comes.
  if (inlet.from.empty() || recipe.empty()) return true;
  const std::string_view transport = recipe.substr(0, recipe.find('.'));
  return std::ranges::find(inlet.from, transport) != inlet.from.end();
}

void parse_in_place(Json& value, const std::vector<Step>& steps, std::size_t depth) {
  if (depth == steps.size()) {
    if (!value.is_string()) return;
    auto tree = protocol::parse_tree("json", value.get_ref<const std::string&>());
    if (tree && (tree->is_object() || tree->is_array())) value = std::move(*tree);
    return;
  }
  const Step& step = steps[depth];
  if (step.kind == Step::Kind::any) {
    if (value.is_array()) {
      for (Json& element : value) parse_in_place(element, steps, depth + 1);
    } else {
      parse_in_place(value, steps, depth + 1);
    }
  } else if (value.is_object()) {
    if (const auto found = value.find(step.key); found != value.end()) {
      parse_in_place(*found, steps, depth + 1);
    }
  } else if (value.is_array() && step.index && *step.index < value.size()) {
    parse_in_place(value[*step.index], steps, depth + 1);
  }
}

void rename_keys(const InletPlan& inlet, Json& value) {
  if (value.is_array()) {
    for (Json& element : value) rename_keys(inlet, element);
    return;
  }
  if (!value.is_object()) return;
  Json renamed = Json::object();
  for (auto& [key, member] : value.get_ref<Json::object_t&>()) {
    std::string name = inlet.camel ? camel_key(key) : key;
    if (const auto found = inlet.rename.find(name); found != inlet.rename.end()) {
      name = found->second;
    }
    rename_keys(inlet, member);
    renamed.emplace(std::move(name), std::move(member));
  }
  value = std::move(renamed);
}

const Json* first_of(const std::vector<Path>& paths, const Json& message,
                     const Path** where = nullptr) {
  for (const Path& path : paths) {
    const Json* found = resolve(path, message);
    if (found == nullptr || is_empty(*found)) continue;
    if (where != nullptr) *where = &path;
    return found;
  }
  return nullptr;
}

Json variable_of(const std::vector<Path>& paths, const Json& message) {
  const Json* found = first_of(paths, message);
  if (found == nullptr) return nullptr;
  auto text = to_text(*found);
  if (!text || text->size() > kLongestVariable) return nullptr;
  return std::move(*text);
}

// A part of a name holds no control characters, whatever the platform sends.
void append_part(std::string& name, std::string_view part) {
  if (part.empty()) return;
  if (!name.empty()) name += '/';
  for (const char c : part) {
    const auto byte = static_cast<unsigned char>(c);
    name += byte < 0x20 || byte >= 0x7f ? '?' : c;
  }
}

const Json* resolve_body(const std::vector<Path>& paths, const std::string& first_part,
                         const Json& message) {
  if (paths.empty()) return &message;
  for (const Path& path : paths) {
    const Json* at = &message;
    for (const Step& step : path.steps) {
      const std::string& key = step.kind == Step::Kind::name ? first_part : step.key;
      const auto found = at->is_object() ? at->find(key) : at->end();
      at = found == at->end() ? nullptr : &*found;
      if (at == nullptr) break;
    }
    if (at != nullptr && !at->is_null()) return at;
  }
  return nullptr;
}

}  // namespace

std::string camel_key(std::string_view key) {
  std::string result;
  bool raise = false;
  for (const char c : key) {
    if (c == '_') {
      raise = !result.empty();
      continue;
    }
    const bool lower = c >= 'a' && c <= 'z';
    const bool upper = c >= 'A' && c <= 'Z';
    if (result.empty() && upper) {
      result += static_cast<char>(c - 'A' + 'a');
    } else {
      result += raise && lower ? static_cast<char>(c - 'a' + 'A') : c;
    }
    raise = false;
  }
  return result.empty() ? std::string(key) : result;
}

const InletPlan* choose_inlet(const RulePlan& plan, std::string_view recipe, const Json& message) {
  // Sorted by the number of pointers, so the first that fits has the most.
  for (const InletPlan& inlet : plan.inlets) {
    if (inlet.only_calls || !serves(inlet, recipe)) continue;
    const bool fits = std::ranges::all_of(inlet.has, [&](const Path& path) {
      const Json* found = resolve(path, message);
      return found != nullptr && !found->is_null();
    });
    if (fits) return &inlet;
  }
  return nullptr;
}

void prepare(const InletPlan& inlet, Json& message) {
  for (const Path& path : inlet.json) parse_in_place(message, path.steps, 0);
  if (inlet.camel || !inlet.rename.empty()) rename_keys(inlet, message);
}

Opening open_message(const InletPlan& inlet, const Json& message, Time received_at) {
  Opening opening;
  std::string first_part;
  for (const NamePart& part : inlet.parts) {
    std::string text = part.constant;
    const Path* where = nullptr;
    if (text.empty()) {
      const Json* found = first_of(part.paths, message, &where);
      if (found != nullptr) text = to_text(*found).value_or("");
    }
    if (opening.name.empty()) first_part = text;
    append_part(opening.name, text);
    if (opening.name.size() > kLongestName) opening.name.resize(kLongestName);
    if (where != nullptr) opening.parts.emplace_back(opening.name.size(), where);
  }
  if (inlet.fold) {
    for (char& c : opening.name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
  }
  if (opening.name.empty()) opening.name = "unrecognized";

  opening.at = received_at;
  Variables& variables = opening.variables;
  if (const Json* found = first_of(inlet.time, message)) {
    if (const auto time = to_time(*found)) opening.at = *time;
  }
  variables.time = to_ms(opening.at);
  variables.id = variable_of(inlet.id, message);
  variables.org = variable_of(inlet.org, message);
  variables.app = variable_of(inlet.app, message);
  variables.key = variable_of(inlet.key, message);
  variables.name = opening.name;
  opening.body = resolve_body(inlet.body, first_part, message);
  return opening;
}

}  // namespace guanxi::adapters::rules
