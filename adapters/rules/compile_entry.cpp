#include <algorithm>

#include "adapters/rules/compile_context.h"

namespace guanxi::adapters::rules {
namespace {

using models::WantedCall;

std::vector<std::string_view> fact_keys(const FactRule& rule) {
  std::vector<std::string_view> keys{"fact", "at", "each", "given", "lacks", "complete", "trust"};
  for (const RoleRule& role : rule.roles) keys.push_back(role.name);
  for (const FieldRule& field : rule.fields) keys.push_back(field.name);
  if (rule.set) keys.push_back("set");
  if (rule.answers) keys.push_back("answers");
  return keys;
}

void compile_roles(Context& context, const FactRule& rule, const Json& json,
                   const std::string& pointer, const Reach& reach, FactPlan& fact) {
  for (const RoleRule& role : rule.roles) {
    const auto found = json.find(role.name);
    if (found == json.end()) {
      if (role.required) context.complain(pointer, "has no \"" + std::string(role.name) + "\"");
      continue;
    }
    const std::vector<Side> sides = role.thing ? std::vector<Side>{role.side} : sides_of(role.role);
    auto ref = compile_ref(context, *found, at(pointer, role.name), reach, sides,
                           role.thing ? &role.side : nullptr);
    if (ref) fact.roles.push_back({role.role, role.required, role.key, std::move(*ref)});
  }
}

void compile_fields(Context& context, const FactRule& rule, const Json& json,
                    const std::string& pointer, const Reach& reach, FactPlan& fact) {
  for (const FieldRule& field : rule.fields) {
    const auto found = json.find(field.name);
    if (found == json.end()) {
      if (field.required) context.complain(pointer, "has no \"" + std::string(field.name) + "\"");
      continue;
    }
    Use use;
    use.type = field.type;
    use.closed = field.closed;
    auto value = compile_value(context, *found, at(pointer, field.name), reach, use);
    if (value) {
      fact.fields.push_back(
          {std::string(field.name), field.type, field.required, field.closed, std::move(*value)});
    }
  }
}

void compile_set(Context& context, const Json& json, const std::string& pointer, const Reach& reach,
                 FactPlan& fact) {
  const auto set = json.find("set");
  if (set == json.end()) return;
  const std::string here = at(pointer, "set");
  if (!set->is_object()) {
    context.complain(here, "is no object");
    return;
  }
  for (const auto& [name, value] : set->items()) {
    const FieldRule* field = set_field(name);
    if (field == nullptr) {
      context.complain(at(here, name), "is no field of `set`" +
                                           context.did_you_mean(name, set_field_names()) +
                                           "; anything else is \"attributes.<name>\"");
      continue;
    }
    Use use;
    use.type = field->type;
    use.closed = field->closed;
    use.may_clear = true;
    use.may_pair = name.starts_with("attributes.");
    if (use.may_pair && value.is_object() && !value.contains("pairs") &&
        (value.contains("pick") || value.value("as", Json()) == "split")) {
      use.type = Type::list;
    }
    auto compiled = compile_value(context, value, at(here, name), reach, use);
    if (compiled) {
      fact.set.push_back({name, use.type, false, field->closed, std::move(*compiled)});
    }
  }
}

void compile_complete(Context& context, const FactRule& rule, const Json& json,
                      const std::string& pointer, FactPlan& fact) {
  const auto complete = json.find("complete");
  if (complete == json.end()) return;
  const std::string here = at(pointer, "complete");
  if (!complete->is_array() || complete->size() != 1 || !complete->front().is_string()) {
    context.complain(here, "is a list of one role");
    return;
  }
  const auto& name = complete->front().get_ref<const std::string&>();
  const auto role = std::ranges::find(rule.roles, std::string_view(name), &RoleRule::name);
  if (role == rule.roles.end() || !json.contains(name)) {
    context.complain(here, "the fact names no \"" + name + "\"");
    return;
  }
  fact.complete = role->role;
}

void check_fact(Context& context, const Json& json, const std::string& pointer,
                const EntryPlan& entry, const FactPlan& fact) {
  if (fact.kind == FactKind::interaction && !json.contains("party") && !json.contains("reply_to") &&
      !json.contains("thread")) {
    context.complain(pointer, "an interaction needs a party, reply_to or thread");
  }
  if (fact.kind == FactKind::relation && !json.contains("staff") && !entry.self) {
    const bool own = std::ranges::any_of(
        context.plan.inlets, [](const InletPlan& inlet) { return inlet.self.has_value(); });
    if (!own) context.complain(pointer, "a relation needs staff, or a `self`");
  }
}

std::optional<FactPlan> compile_fact(Context& context, const std::string& name, const Json& json,
                                     const std::string& pointer, Reach reach,
                                     const EntryPlan& entry) {
  const std::string word = json.is_object() && json.contains("fact") && json.at("fact").is_string()
                               ? json.at("fact").get<std::string>()
                               : std::string();
  const auto kind = models::fact_kind_from(word);
  if (!kind) {
    context.complain(at(pointer, "fact"), "unknown fact \"" + word + "\"");
    return std::nullopt;
  }
  const FactRule& rule = fact_rule(*kind);
  context.closed(json, pointer, fact_keys(rule));
  FactPlan fact;
  fact.rule = name;
  fact.kind = *kind;
  fact.each = compile_each(context, json, pointer, reach);
  fact.given = compile_guard(context, json, pointer, "given", reach);
  fact.lacks = compile_guard(context, json, pointer, "lacks", reach);
  if (const auto when = json.find("at"); when != json.end()) {
    Use use;
    use.type = Type::time;
    fact.at = compile_value(context, *when, at(pointer, "at"), reach, use);
  }
  if (const auto trust = context.text(json, pointer, "trust")) {
    const auto known = models::trust_from(*trust);
    if (!known) context.complain(at(pointer, "trust"), "unknown trust \"" + *trust + "\"");
    fact.trust = known.value_or(Trust::staff_typed);
  }
  compile_roles(context, rule, json, pointer, reach, fact);
  compile_fields(context, rule, json, pointer, reach, fact);
  if (rule.set) compile_set(context, json, pointer, reach, fact);
  if (const auto answers = json.find("answers"); rule.answers && answers != json.end()) {
    Use use;
    use.may_pair = use.labels = true;
    fact.answers = compile_value(context, *answers, at(pointer, "answers"), reach, use);
  }
  compile_complete(context, rule, json, pointer, fact);
  check_fact(context, json, pointer, entry, fact);
  return fact;
}

std::vector<std::string> compile_words(Context& context, const Json& guard,
                                       const std::string& pointer) {
  std::vector<std::string> words;
  const auto found = guard.find("is");
  const Json list = found == guard.end() ? Json::array()
                    : found->is_array()  ? *found
                                         : Json::array({*found});
  for (const Json& word : list) {
    if (word.is_string() && !word.get_ref<const std::string&>().empty()) {
      words.push_back(word.get<std::string>());
    } else {
      context.complain(at(pointer, "is"), "lists texts");
    }
  }
  if (list.empty()) context.complain(at(pointer, "is"), "lists nothing");
  return words;
}

}  // namespace

std::vector<Guard> compile_guard(Context& context, const Json& object, const std::string& pointer,
                                 const char* key, const Reach& reach) {
  std::vector<Guard> guards;
  const auto found = object.find(key);
  if (found == object.end()) return guards;
  const std::string here = at(pointer, key);
  const Json list = found->is_array() ? *found : Json::array({*found});
  for (const Json& one : list) {
    Guard guard;
    if (one.is_object()) {
      if (!context.since(2, here, "is") || !context.closed(one, here, {"at", "is"})) continue;
      guard.words = compile_words(context, one, here);
    }
    auto source =
        compile_source(context, one.is_object() ? one.value("at", Json()) : one, here, reach);
    if (!source) continue;
    if (source->base == Source::Base::constant) {
      context.complain(here, "must be a pointer");
      continue;
    }
    mark(reach, *source, one.is_object() ? Mark::scalar : Mark::present);
    guard.source = std::move(*source);
    if (!guard.words.empty() && guard.source.base == Source::Base::body) {
      Guard& all = context.choices[one.at("at").get<std::string>()];
      all.source = guard.source;
      all.words.insert(all.words.end(), guard.words.begin(), guard.words.end());
    }
    guards.push_back(std::move(guard));
  }
  return guards;
}

std::vector<Each> compile_each(Context& context, const Json& object, const std::string& pointer,
                               Reach& reach) {
  std::vector<Each> levels;
  const auto found = object.find("each");
  if (found == object.end()) return levels;
  const std::string here = at(pointer, "each");
  const Json list = found->is_array() ? *found : Json::array({*found});
  if (list.empty() || list.size() > 2) {
    context.complain(here, "is one pointer, or two when nested");
    return levels;
  }
  for (const Json& level : list) {
    const bool object_form = level.is_object();
    if (object_form && !context.closed(level, here, {"at", "as"})) return levels;
    const bool split = object_form && level.contains("as");
    if (split && level.at("as") != "split") context.complain(here, "\"as\" may only be \"split\"");
    const Json text = object_form ? level.value("at", Json()) : level;
    auto source = compile_source(context, text, here, reach);
    if (!source) return levels;
    const bool right = source->base == (levels.empty() ? Source::Base::body : Source::Base::item);
    if (!right) {
      context.complain(here,
                       levels.empty() ? "starts at the body" : "the inner one starts with \"@\"");
      return levels;
    }
    Path element = levels.empty() ? Path{} : reach.elements.back();
    element.steps.insert(element.steps.end(), source->path.steps.begin(), source->path.steps.end());
    if (split) mark(reach, *source, Mark::list);
    element.steps.push_back({Step::Kind::any, "*", std::nullopt});
    if (reach.known != nullptr) reach.known->at(element);
    reach.elements.push_back(std::move(element));
    levels.push_back({std::move(*source), split});
  }
  return levels;
}

void compile_ignored(Context& context, const Json& object, const std::string& pointer,
                     Known& known) {
  const auto ignored = object.find("ignored");
  if (ignored == object.end()) return;
  const std::string here = at(pointer, "ignored");
  if (!ignored->is_object()) {
    context.complain(here, "is an object {pointer: 1}");
    return;
  }
  std::vector<std::pair<std::string, Path>> whole;
  for (const auto& [text, one] : ignored->items()) {
    const std::string place = at(here, text);
    if (one != 1) context.complain(place, "must be 1");
    const bool below = text.ends_with("/**");
    auto path = context.path(below ? text.substr(0, text.size() - 3) : text, place);
    if (!path) continue;
    if (below) {
      whole.emplace_back(place, std::move(*path));
      continue;
    }
    if (path->steps.empty()) {
      context.complain(place, "ignores everything");
      continue;
    }
    Known& node = known.at(*path);
    node.scalar = true;
    node.each().scalar = true;
  }
  for (const auto& [place, path] : whole) {
    if (known.describes(path)) {
      context.complain(place, "\"/**\" stands beside fields that are mapped");
      continue;
    }
    known.at(path).anything = true;
  }
}

void compile_entry(Context& context, const Json& json, const std::string& pointer,
                   const Reach& reach, EntryPlan& entry) {
  context.choices.clear();
  if (const auto self = json.find("self"); self != json.end()) {
    entry.self = compile_ref(context, *self, at(pointer, "self"), reach,
                             {Side::customer, Side::staff, Side::lookup}, nullptr);
  }
  if (const auto facts = json.find("facts"); facts != json.end()) {
    if (!facts->is_object() || facts->empty()) {
      context.complain(at(pointer, "facts"), "is no object of facts");
    } else {
      for (const auto& [name, fact] : facts->items()) {
        auto compiled =
            compile_fact(context, name, fact, at(at(pointer, "facts"), name), reach, entry);
        if (compiled) entry.facts.push_back(std::move(*compiled));
      }
    }
  }
  for (FactPlan& fact : entry.facts) {
    fact.merges = std::ranges::count(entry.facts, fact.kind, &FactPlan::kind) > 1;
  }
  if (const auto calls = json.find("calls"); calls != json.end()) {
    if (!calls->is_object() || calls->empty()) {
      context.complain(at(pointer, "calls"), "is no object of calls");
    } else {
      for (const auto& [name, call] : calls->items()) {
        auto compiled = compile_wanted(context, call, at(at(pointer, "calls"), name), reach);
        if (compiled) entry.calls.push_back(std::move(*compiled));
      }
    }
  }
  for (const WantedPlan& call : entry.calls) {
    const bool group = std::ranges::any_of(
        entry.facts, [](const FactPlan& fact) { return fact.kind == FactKind::group; });
    if (call.when == WantedCall::When::gap && !group) {
      context.complain(at(pointer, "calls"), "\"gap\" needs a group fact with version_before");
    }
  }
  for (auto& [where, guard] : context.choices) entry.choices.push_back({where, std::move(guard)});
  compile_ignored(context, json, pointer, *reach.known);
}

}  // namespace guanxi::adapters::rules
