#include "adapters/rules/compile.h"

#include <algorithm>

#include "adapters/rules/compile_context.h"

namespace guanxi::adapters::rules {
namespace {

void compile_identities(Context& context) {
  const auto identities = context.pack.find("identities");
  if (identities == context.pack.end() || !identities->is_object()) {
    context.complain("/identities", "a pack needs identities");
    return;
  }
  for (const auto& [kind, json] : identities->items()) {
    const std::string pointer = at("/identities", kind);
    if (!context.closed(json, pointer, {"namespace", "scope", "side", "trust"})) continue;
    if (kind == "at" || kind == "kind" || kind == "value" || kind == "org") {
      context.complain(pointer, "a kind may not be called so");
    }
    IdentityPlan identity;
    identity.kind = kind;
    identity.name_space = context.text(json, pointer, "namespace", true).value_or("");
    identity.phone = identity.name_space == "phone";
    identity.email = identity.name_space == "email";
    identity.scope = context.text(json, pointer, "scope", true).value_or("");
    const bool known = identity.scope == kSharedScopeSetting || identity.scope == "tenant" ||
                       identity.scope == "global" ||
                       context.manifest.scopes.contains(identity.scope);
    if (!known) {
      context.complain(at(pointer, "scope"),
                       "the manifest has no scope \"" + identity.scope + "\"");
    }
    const std::string side = context.text(json, pointer, "side", true).value_or("");
    identity.by_org = side == "org";
    const auto meant = models::side_from(side);
    if (!meant && !identity.by_org) {
      context.complain(at(pointer, "side"), "unknown side \"" + side + "\"");
    }
    identity.side = meant.value_or(Side::customer);
    if (const auto trust = context.text(json, pointer, "trust")) {
      const auto meaning = models::trust_from(*trust);
      if (!meaning) context.complain(at(pointer, "trust"), "unknown trust \"" + *trust + "\"");
      identity.trust = meaning.value_or(Trust::staff_typed);
    }
    context.plan.identity_index[kind] = context.plan.identities.size();
    context.plan.identities.push_back(std::move(identity));
  }
}

void put_entry(EnumTable& table, bool prefix, const std::string& key, const std::string& target) {
  if (!prefix) {
    table.exact[key] = target;
  } else if (key == "*") {
    table.otherwise = target;
  } else {
    table.prefixes.emplace_back(key, target);
  }
}

void compile_enums(Context& context) {
  const auto enums = context.pack.find("enums");
  if (enums == context.pack.end()) return;
  if (!enums->is_object()) {
    context.complain("/enums", "is no object");
    return;
  }
  for (const auto& [name, json] : enums->items()) {
    const std::string pointer = at("/enums", name);
    auto table = std::make_shared<EnumTable>();
    table->name = name;
    if (!json.is_object()) {
      context.complain(pointer, "is no object");
      continue;
    }
    const bool prefix = json.contains("match");
    if (prefix &&
        (json.at("match") != "prefix" || !context.closed(json, pointer, {"match", "values"}))) {
      context.complain(at(pointer, "match"), "may only be \"prefix\"");
    }
    const Json values = prefix ? json.value("values", Json::object()) : json;
    if (!values.is_object() || values.empty()) {
      context.complain(pointer, "has no values");
      continue;
    }
    for (const auto& [key, target] : values.items()) {
      const std::string text = target.is_string() ? target.get<std::string>() : std::string();
      if (text.empty()) context.complain(at(pointer, key), "is no text");
      if (text.starts_with("raw:")) {
        context.complain(at(pointer, key), "\"raw:\" is for values that no table has");
      }
      put_entry(*table, prefix, key, text);
    }
    std::ranges::sort(table->prefixes, [](const auto& left, const auto& right) {
      return std::pair(right.first.size(), left.first) < std::pair(left.first.size(), right.first);
    });
    context.tables[name] = std::move(table);
  }
}

void compile_event(Context& context, const Json& events, const std::string& name,
                   const Json& json) {
  const std::string pointer = at("/events", name);
  if (!context.closed(json, pointer, {"facts", "calls", "ignored", "self", "like", "none"})) return;
  if (const auto like = context.text(json, pointer, "like")) {
    if (!events.contains(*like)) {
      context.complain(at(pointer, "like"), "there is no event \"" + *like + "\"");
      return;
    }
    if (events.at(*like).is_object() && events.at(*like).contains("like")) {
      context.complain(at(pointer, "like"), "is like another already");
      return;
    }
  }
  const Json entry = resolved_event(events, json);
  auto plan = std::make_unique<EntryPlan>();
  plan->name = name;
  if (const auto none = context.text(entry, pointer, "none")) {
    plan->none = true;
    if (none->empty()) context.complain(at(pointer, "none"), "gives no reason");
    if (entry.contains("facts") || entry.contains("calls")) {
      context.complain(pointer, "says none, and states facts or wants calls");
    }
  } else if (!entry.contains("facts") && !entry.contains("calls")) {
    context.complain(pointer, "is empty: it needs facts, calls or none");
  }
  Reach reach;
  reach.known = &plan->known;
  compile_entry(context, entry, pointer, reach, *plan);
  context.plan.events[name] = std::move(plan);
}

// Inlets ignore for all events, so their `/**` may not cover what an event maps.
void check_ignored_by_inlets(Context& context) {
  const Json inlets = context.pack.value("inlets", Json::object());
  for (const auto& [name, json] : inlets.items()) {
    if (!json.is_object() || json.contains("body") || !json.contains("ignored")) continue;
    for (const auto& [text, one] : json.at("ignored").items()) {
      if (!text.ends_with("/**")) continue;
      const auto path = parse_path(text.substr(0, text.size() - 3));
      if (!path) continue;
      for (const auto& [event, plan] : context.plan.events) {
        if (plan->known.describes(*path)) {
          context.complain(at(at(at("/inlets", name), "ignored"), text),
                           "\"/**\" stands beside fields that event \"" + event + "\" maps");
        }
      }
    }
  }
}

void compile_trust(Context& context) {
  const Json transport = context.pack.value("transport", Json::object());
  if (!transport.is_object()) return;
  const Json recipes = transport.value("recipes", Json::object());
  if (!recipes.is_object()) return;
  for (const auto& [name, recipe] : recipes.items()) {
    if (!recipe.is_object() || !recipe.contains("accepts")) continue;
    for (const Json& weakness : recipe.at("accepts")) {
      if (weakness == "bearer" || weakness == "unsigned-body" || weakness == "unproven") {
        context.plan.recipe_trust[name] = Trust::staff_typed;
      }
    }
  }
}

bool has_null(const Json& json) {
  return json.is_null() || (json.is_structured() && std::ranges::any_of(json, has_null));
}

void find_nulls(Context& context, const Json& json, const std::string& pointer) {
  if (json.is_null()) context.complain(pointer, "null may stand nowhere in a pack");
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) find_nulls(context, value, at(pointer, key));
  } else if (json.is_array()) {
    for (std::size_t i = 0; i < json.size(); ++i) {
      find_nulls(context, json[i], at(pointer, std::to_string(i)));
    }
  }
}

}  // namespace

std::string at(const std::string& pointer, std::string_view key) {
  return pointer + '/' + escape_step(key);
}

bool Context::closed(const Json& json, const std::string& pointer,
                     const std::vector<std::string_view>& keys) {
  if (!json.is_object()) {
    complain(pointer, "is no object");
    return false;
  }
  bool right = true;
  for (const auto& [key, value] : json.items()) {
    if (std::ranges::find(keys, std::string_view(key)) != keys.end()) continue;
    complain(at(pointer, key), "unknown key" + did_you_mean(key, keys));
    right = false;
  }
  return right;
}

std::optional<std::string> Context::text(const Json& object, const std::string& pointer,
                                         const char* key, bool required) {
  const auto found = object.find(key);
  if (found == object.end()) {
    if (required) complain(pointer, "has no \"" + std::string(key) + "\"");
    return std::nullopt;
  }
  if (found->is_string()) return found->get<std::string>();
  complain(at(pointer, key), "is no text");
  return std::nullopt;
}

std::optional<Path> Context::path(const Json& json, const std::string& pointer) {
  if (json.is_string()) {
    if (auto path = parse_path(json.get_ref<const std::string&>())) return path;
  }
  complain(pointer, "is no pointer such as \"/a/b\"");
  return std::nullopt;
}

std::vector<Path> Context::paths(const Json& object, const std::string& pointer, const char* key) {
  std::vector<Path> list;
  const auto found = object.find(key);
  if (found == object.end()) return list;
  const Json texts = found->is_array() ? *found : Json::array({*found});
  for (const Json& text : texts) {
    if (auto one = path(text, at(pointer, key))) list.push_back(std::move(*one));
  }
  return list;
}

std::string Context::did_you_mean(std::string_view word,
                                  const std::vector<std::string_view>& known) const {
  const std::string_view near = nearest(word, known);
  return near.empty() ? std::string() : "; did you mean \"" + std::string(near) + "\"?";
}

Json resolved_event(const Json& events, const Json& entry) {
  if (!entry.is_object() || !entry.contains("like") || !entry.at("like").is_string()) return entry;
  const auto base = events.find(entry.at("like").get<std::string>());
  if (base == events.end() || !base->is_object()) return entry;
  Json resolved = *base;
  Json over = entry;
  over.erase("like");
  resolved.merge_patch(over);
  return resolved;
}

bool Context::since(int interface_needed, const std::string& pointer, std::string_view word) {
  if (interface >= interface_needed) return true;
  complain(pointer, "\"" + std::string(word) + "\" is a word of interface " +
                        std::to_string(interface_needed) +
                        "; say \"interface\": " + std::to_string(interface_needed));
  return false;
}

RulePlan compile_rules(const Json& pack, const Manifest& manifest,
                       std::vector<Complaint>& complaints) {
  Context context(pack, manifest, complaints);
  if (!context.closed(pack, "",
                      {"interface", "source", "transport", "identities", "inlets", "events", "api",
                       "enums", "examples"})) {
    return std::move(context.plan);
  }
  const Json interface = pack.value("interface", Json());
  if (interface.is_number_integer() && interface >= 1 && interface <= kNewestInterface) {
    context.interface = interface.get<int>();
  } else {
    context.complain("/interface", "must be 1 to " + std::to_string(kNewestInterface));
  }
  if (!pack.contains("source") || !pack.at("source").is_object() || pack.at("source").empty()) {
    context.complain("/source", "says which documents were read, and when");
  } else {
    for (const auto& [name, text] : pack.at("source").items()) {
      if (text == "") context.complain(at("/source", name), "says nothing");
    }
  }
  if (has_null(pack)) find_nulls(context, pack, "");
  compile_identities(context);
  compile_enums(context);
  compile_inlets(context);
  const auto events = pack.find("events");
  if (events == pack.end() || !events->is_object() || events->empty()) {
    context.complain("/events", "a pack needs events");
  } else {
    for (const auto& [name, json] : events->items()) compile_event(context, *events, name, json);
  }
  compile_api(context);
  check_ignored_by_inlets(context);
  for (const auto& [name, table] : context.tables) {
    if (!context.used_tables.contains(name)) {
      context.complain(at("/enums", name), "no value uses it");
    }
  }
  compile_trust(context);
  return std::move(context.plan);
}

}  // namespace guanxi::adapters::rules
