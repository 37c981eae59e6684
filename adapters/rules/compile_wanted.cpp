#include <set>

#include "adapters/rules/compile_context.h"

namespace guanxi::adapters::rules {
namespace {

using models::WantedCall;

void compile_arguments(Context& context, const Json& json, const std::string& pointer,
                       const Reach& reach, const Json& call, WantedPlan& wanted) {
  const auto known = arguments_of(call);
  std::set<std::string> optional;
  if (call.contains("optional") && call.at("optional").is_array()) {
    for (const Json& name : call.at("optional")) {
      if (name.is_string()) optional.insert(name.get<std::string>());
    }
  }
  const Json with = json.contains("with") ? json.at("with") : Json::object();
  if (!with.is_object()) {
    context.complain(at(pointer, "with"), "is no object");
    return;
  }
  for (const auto& [name, value] : with.items()) {
    const std::string here = at(at(pointer, "with"), name);
    if (!known.contains(name)) {
      context.complain(here, "\"" + wanted.call + "\" has no argument \"" + name + "\"");
    }
    auto compiled = compile_value(context, value, here, reach, Use{});
    if (compiled) wanted.with.push_back({name, std::move(*compiled), optional.contains(name)});
  }
  for (const std::string& name : known) {
    if (!with.contains(name) && !optional.contains(name)) {
      context.complain(at(pointer, "with"),
                       "lacks the argument \"" + name + "\" of \"" + wanted.call + "\"");
    }
  }
}

}  // namespace

std::optional<WantedPlan> compile_wanted(Context& context, const Json& json,
                                         const std::string& pointer, Reach reach) {
  if (!context.closed(json, pointer,
                      {"call", "with", "each", "given", "lacks", "after", "when", "about"})) {
    return std::nullopt;
  }
  WantedPlan wanted;
  const auto name = context.text(json, pointer, "call", true);
  if (!name) return std::nullopt;
  wanted.call = *name;
  const Json nothing = Json::object();
  const Json& api = context.pack.contains("api") ? context.pack.at("api") : nothing;
  const Json& calls = api.is_object() && api.contains("calls") ? api.at("calls") : nothing;
  if (!calls.is_object() || !calls.contains(*name)) {
    context.complain(at(pointer, "call"), "there is no call \"" + *name + "\"");
    return std::nullopt;
  }
  if (const Json& call = calls.at(*name); call.is_object() && call.contains("latest")) {
    for (const Json& argument : call.at("latest")) {
      if (argument.is_string()) wanted.latest.push_back(argument.get<std::string>());
    }
  }
  wanted.each = compile_each(context, json, pointer, reach);
  wanted.given = compile_guard(context, json, pointer, "given", reach);
  wanted.lacks = compile_guard(context, json, pointer, "lacks", reach);
  compile_arguments(context, json, pointer, reach, calls.at(*name), wanted);
  if (const auto after = context.text(json, pointer, "after")) {
    const auto duration = parse_duration(*after);
    if (!duration) context.complain(at(pointer, "after"), "is no duration such as \"2s\"");
    wanted.after = duration.value_or(Milliseconds{0});
  }
  const std::string when = context.text(json, pointer, "when").value_or("always");
  if (when == "gap") {
    wanted.when = WantedCall::When::gap;
  } else if (when == "unknown") {
    wanted.when = WantedCall::When::unknown;
    if (!json.contains("about")) context.complain(pointer, "\"unknown\" needs \"about\"");
  } else if (when != "always") {
    context.complain(at(pointer, "when"), "is always, gap or unknown");
  }
  if (const auto about = json.find("about"); about != json.end()) {
    wanted.about = compile_ref(context, *about, at(pointer, "about"), reach, {}, nullptr);
  }
  return wanted;
}

}  // namespace guanxi::adapters::rules
