#include <algorithm>
#include <set>

#include "adapters/rules/compile_context.h"
#include "adapters/rules/inlet.h"

namespace guanxi::adapters::rules {
namespace {

std::vector<std::string> texts(Context& context, const Json& object, const std::string& pointer,
                               const char* key) {
  std::vector<std::string> list;
  const auto found = object.find(key);
  if (found == object.end()) return list;
  if (!found->is_array()) {
    context.complain(at(pointer, key), "is no list");
    return list;
  }
  for (const Json& text : *found) {
    if (text.is_string()) {
      list.push_back(text.get<std::string>());
    } else {
      context.complain(at(pointer, key), "is no list of text");
    }
  }
  return list;
}

std::optional<NamePart> compile_part(Context& context, const std::string& text,
                                     const std::string& pointer) {
  NamePart part;
  if (text.starts_with('=')) {
    part.constant = text.substr(1);
    if (part.constant.empty()) context.complain(pointer, "an empty constant says nothing");
    return part;
  }
  std::string_view rest = text;
  for (;;) {
    const std::size_t bar = std::min(rest.find('|'), rest.size());
    auto path = context.path(std::string(rest.substr(0, bar)), pointer);
    if (!path || path->steps.empty()) {
      if (path) context.complain(pointer, "an empty pointer names nothing");
      return std::nullopt;
    }
    part.paths.push_back(std::move(*path));
    if (bar == rest.size()) return part;
    rest.remove_prefix(bar + 1);
  }
}

void compile_keys(Context& context, const Json& json, const std::string& pointer,
                  InletPlan& inlet) {
  const auto keys = json.find("keys");
  if (keys == json.end()) return;
  const std::string here = at(pointer, "keys");
  if (!context.closed(*keys, here, {"case", "rename"})) return;
  if (const auto style = context.text(*keys, here, "case")) {
    inlet.camel = *style == "camel";
    if (!inlet.camel) context.complain(at(here, "case"), "may only be \"camel\"");
  }
  if (const auto rename = keys->find("rename"); rename != keys->end()) {
    if (!rename->is_object()) {
      context.complain(at(here, "rename"), "is no object");
      return;
    }
    for (const auto& [from, to] : rename->items()) {
      if (to.is_string() && !to.get_ref<const std::string&>().empty()) {
        inlet.rename[from] = to.get<std::string>();
      } else {
        context.complain(at(at(here, "rename"), from), "is no text");
      }
    }
  }
}

// Raw pointers are known under the names that their keys get.
void know_raw(const InletPlan& inlet, const Path& path, Known& known) {
  Path renamed = path;
  for (Step& step : renamed.steps) {
    if (step.kind == Step::Kind::key) step.key = renamed_key(inlet, step.key);
  }
  known.at(renamed).present = true;
}

void know_scalars(const std::vector<Path>& paths, Known& known) {
  for (const Path& path : paths) known.at(path).scalar = true;
}

void compile_inlet(Context& context, const std::string& name, const Json& json) {
  const std::string pointer = at("/inlets", name);
  if (!context.closed(json, pointer,
                      {"has", "from", "split", "decrypt", "json", "keys", "name", "fold", "body",
                       "id", "time", "org", "app", "key", "volatile", "self", "ignored", "only"})) {
    return;
  }
  InletPlan inlet;
  inlet.name = name;
  if (json.contains("decrypt")) {
    context.complain(at(pointer, "decrypt"), "\"decrypt\" is reserved and not built yet");
  }
  if (const auto only = context.text(json, pointer, "only")) {
    inlet.only_calls = *only == "calls";
    if (!inlet.only_calls) context.complain(at(pointer, "only"), "may only be \"calls\"");
  }
  if (!json.contains("has")) context.complain(pointer, "has no \"has\"");
  inlet.has = context.paths(json, pointer, "has");
  inlet.from = texts(context, json, pointer, "from");
  if (const auto split = context.text(json, pointer, "split")) {
    inlet.split = context.path(*split, at(pointer, "split"));
  }
  inlet.json = context.paths(json, pointer, "json");
  compile_keys(context, json, pointer, inlet);
  for (const std::string& text : texts(context, json, pointer, "name")) {
    auto part = compile_part(context, text, at(pointer, "name"));
    if (part) inlet.parts.push_back(std::move(*part));
  }
  if (inlet.parts.empty()) context.complain(pointer, "has no \"name\"");
  if (const auto fold = json.find("fold"); fold != json.end()) {
    inlet.fold = fold->is_boolean() && fold->get<bool>();
    if (!fold->is_boolean()) context.complain(at(pointer, "fold"), "is true or false");
  }
  inlet.body = context.paths(json, pointer, "body");
  inlet.id = context.paths(json, pointer, "id");
  inlet.time = context.paths(json, pointer, "time");
  inlet.org = context.paths(json, pointer, "org");
  inlet.app = context.paths(json, pointer, "app");
  inlet.key = context.paths(json, pointer, "key");
  inlet.changing = context.paths(json, pointer, "volatile");

  know_scalars(inlet.changing, inlet.known);
  for (const Path& path : inlet.has) {
    // Keys are renamed in the separate messages only.
    if (inlet.split) inlet.outer.at(path).present = true;
    if (!inlet.split) know_raw(inlet, path, inlet.known);
  }
  if (inlet.split) inlet.outer.at(*inlet.split).anything = true;
  for (const Path& path : inlet.json) know_raw(inlet, path, inlet.known);
  for (const NamePart& part : inlet.parts) know_scalars(part.paths, inlet.known);
  for (const auto* list : {&inlet.id, &inlet.time, &inlet.org, &inlet.app, &inlet.key}) {
    know_scalars(*list, inlet.known);
  }
  for (const Path& path : inlet.body) {
    const bool named = std::ranges::any_of(
        path.steps, [](const Step& step) { return step.kind == Step::Kind::name; });
    if (!named) inlet.known.at(path).present = true;
    if (named) inlet.any_body = true;
  }
  if (const auto self = json.find("self"); self != json.end()) {
    Reach reach;
    reach.known = &inlet.known;
    inlet.self = compile_ref(context, *self, at(pointer, "self"), reach,
                             {Side::customer, Side::staff, Side::lookup}, nullptr);
  }
  compile_ignored(context, json, pointer, inlet.known);
  if (inlet.split) compile_ignored(context, json, pointer, inlet.outer);
  context.plan.inlets.push_back(std::move(inlet));
}

bool same_messages(const InletPlan& left, const InletPlan& right) {
  const auto sorted = [](const InletPlan& inlet) {
    std::set<std::string> pointers;
    for (const Path& path : inlet.has) pointers.insert(path_text(path));
    return pointers;
  };
  if (left.only_calls || right.only_calls || sorted(left) != sorted(right)) return false;
  if (left.from.empty() || right.from.empty()) return true;
  return std::ranges::any_of(left.from, [&](const std::string& name) {
    return std::ranges::find(right.from, name) != right.from.end();
  });
}

}  // namespace

std::string renamed_key(const InletPlan& inlet, const std::string& key) {
  std::string name = inlet.camel ? camel_key(key) : key;
  const auto found = inlet.rename.find(name);
  return found == inlet.rename.end() ? name : found->second;
}

void compile_inlets(Context& context) {
  const auto inlets = context.pack.find("inlets");
  if (inlets == context.pack.end() || !inlets->is_object() || inlets->empty()) {
    context.complain("/inlets", "a pack needs an inlet");
    return;
  }
  for (const auto& [name, json] : inlets->items()) compile_inlet(context, name, json);
  auto& plans = context.plan.inlets;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    for (std::size_t j = i + 1; j < plans.size(); ++j) {
      if (same_messages(plans[i], plans[j])) {
        context.complain(at("/inlets", plans[j].name),
                         "\"has\" equals that of \"" + plans[i].name + "\"");
      }
    }
  }
  std::ranges::stable_sort(plans, [](const InletPlan& left, const InletPlan& right) {
    return left.has.size() > right.has.size();
  });
}

}  // namespace guanxi::adapters::rules
