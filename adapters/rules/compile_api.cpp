#include <algorithm>

#include "adapters/rules/compile_context.h"

namespace guanxi::adapters::rules {
namespace {

constexpr std::int64_t kDefaultEarlySeconds = 300;

std::optional<Path> optional_path(Context& context, const Json& json, const std::string& pointer,
                                  const char* key) {
  const auto text = context.text(json, pointer, key);
  return text ? context.path(*text, at(pointer, key)) : std::nullopt;
}

Milliseconds seconds(Context& context, const Json& json, const std::string& pointer) {
  constexpr std::int64_t kMost = 366LL * 86'400;
  if (json.is_number_unsigned() && json.get<std::uint64_t>() <= kMost) {
    return Milliseconds{json.get<std::int64_t>() * 1000};
  }
  context.complain(pointer, "is no number of seconds");
  return Milliseconds{0};
}

void compile_token(Context& context, const std::string& name, const Json& json) {
  const std::string pointer = at("/api/tokens", name);
  if (!context.closed(json, pointer,
                      {"request", "base", "query", "body", "form", "headers", "sign", "value",
                       "lifetime", "early", "put", "prefix"})) {
    return;
  }
  TokenPlan token;
  token.request = compile_request(context, json, pointer);
  if (!arguments_of(json).empty()) context.complain(pointer, "a token takes no arguments");
  if (const auto value = context.text(json, pointer, "value", true)) {
    token.value = context.path(*value, at(pointer, "value")).value_or(Path{});
  }
  const auto lifetime = json.find("lifetime");
  if (lifetime == json.end()) {
    context.complain(pointer, "has no \"lifetime\"");
  } else if (lifetime->is_string()) {
    token.lifetime_path = context.path(*lifetime, at(pointer, "lifetime"));
  } else {
    token.lifetime = seconds(context, *lifetime, at(pointer, "lifetime"));
  }
  token.early =
      seconds(context, json.value("early", Json(static_cast<std::uint64_t>(kDefaultEarlySeconds))),
              at(pointer, "early"));
  const std::string put = context.text(json, pointer, "put", true).value_or("");
  TokenPlace place;
  place.header = put.starts_with("header:");
  place.prefix = context.text(json, pointer, "prefix").value_or("");
  const std::size_t colon = put.find(':');
  if ((!place.header && !put.starts_with("query:")) || colon + 1 >= put.size()) {
    context.complain(at(pointer, "put"), "is \"query:name\" or \"header:name\"");
  } else {
    place.name = put.substr(colon + 1);
  }
  context.plan.api.tokens[name] = std::move(token);
  context.plan.api.places[name] = std::move(place);
}

void compile_pages(Context& context, const Json& json, const std::string& pointer, Known& known,
                   CallPlan& call) {
  const auto pages = json.find("pages");
  if (pages == json.end()) return;
  const std::string here = at(pointer, "pages");
  if (!context.closed(*pages, here,
                      {"style", "next", "more", "end", "size", "rows", "total", "pages", "keep"})) {
    return;
  }
  PagePlan plan;
  const std::string style = context.text(*pages, here, "style", true).value_or("");
  if (style == "cursor") {
    plan.style = PagePlan::Style::cursor;
  } else if (style == "offset") {
    plan.style = PagePlan::Style::offset;
  } else if (style == "page") {
    plan.style = PagePlan::Style::page;
  } else if (style == "again") {
    plan.style = PagePlan::Style::again;
  } else {
    context.complain(at(here, "style"), "is cursor, offset, page or again");
  }
  plan.next = optional_path(context, *pages, here, "next");
  plan.more = optional_path(context, *pages, here, "more");
  plan.rows = optional_path(context, *pages, here, "rows");
  plan.total = optional_path(context, *pages, here, "total");
  plan.pages = optional_path(context, *pages, here, "pages");
  plan.end = context.text(*pages, here, "end").value_or("");
  if (const auto size = pages->find("size"); size != pages->end()) {
    if (size->is_number_unsigned() && size->get<std::uint64_t>() > 0 &&
        size->get<std::uint64_t>() <= 100'000) {
      plan.size = size->get<std::int64_t>();
    } else {
      context.complain(at(here, "size"), "is no number of rows");
    }
  }
  using Style = PagePlan::Style;
  if (const auto keep = pages->find("keep"); keep != pages->end()) {
    plan.keep = *keep == true;
    if (!keep->is_boolean()) context.complain(at(here, "keep"), "is true or false");
    if (plan.keep && (plan.style != Style::cursor || !plan.more)) {
      context.complain(at(here, "keep"), "needs a cursor and \"more\"");
    }
  }
  if (plan.style == Style::cursor && !plan.next) context.complain(here, "needs \"next\"");
  if (plan.style == Style::again && !plan.more) context.complain(here, "needs \"more\"");
  if (plan.style == Style::offset && !plan.rows && plan.size == 0) {
    context.complain(here, "needs \"rows\" or \"size\"");
  }
  const bool bounded = plan.more || plan.total || plan.pages || (plan.rows && plan.size > 0);
  if ((plan.style == Style::offset || plan.style == Style::page) && !bounded) {
    context.complain(here, "does not tell the last page: more, total, pages, or rows with size");
  }
  for (const auto* path : {&plan.next, &plan.more, &plan.total, &plan.pages}) {
    if (*path) known.at(**path).scalar = true;
  }
  if (plan.rows) known.at(*plan.rows).present = true;
  call.pages = std::move(plan);
}

void compile_batch(Context& context, const Json& json, const std::string& pointer,
                   const std::set<std::string, std::less<>>& arguments, CallPlan& call) {
  const auto batch = json.find("batch");
  if (batch == json.end()) return;
  const std::string here = at(pointer, "batch");
  if (!context.closed(*batch, here, {"param", "max"})) return;
  call.batch_param = context.text(*batch, here, "param", true).value_or("");
  if (!arguments.contains(call.batch_param)) {
    context.complain(at(here, "param"), "the call has no argument \"" + call.batch_param + "\"");
  }
  const auto most = batch->find("max");
  if (most == batch->end() || !most->is_number_unsigned() || *most == 0U) {
    context.complain(at(here, "max"), "is no number");
  } else {
    call.batch_max = most->get<std::size_t>();
  }
}

void compile_events(Context& context, const Json& json, const std::string& pointer,
                    const Reach& reach, CallPlan& call) {
  const auto events = json.find("events");
  if (events == json.end()) return;
  const std::string here = at(pointer, "events");
  if (!context.closed(*events, here, {"at", "inlet"})) return;
  auto source = compile_source(context, events->value("at", Json()), at(here, "at"), reach);
  const std::string inlet = context.text(*events, here, "inlet", true).value_or("");
  const auto found = std::ranges::find(context.plan.inlets, inlet, &InletPlan::name);
  if (found == context.plan.inlets.end()) {
    context.complain(at(here, "inlet"), "there is no inlet \"" + inlet + "\"");
    return;
  }
  if (!source || source->base != Source::Base::body) return;
  reach.known->at(source->path).anything = true;
  call.events_at = std::move(*source);
  call.events_inlet = static_cast<std::size_t>(found - context.plan.inlets.begin());
}

void compile_descend(Context& context, const Json& json, const std::string& pointer,
                     const Reach& reach, const std::set<std::string, std::less<>>& arguments,
                     CallPlan& call) {
  const auto descend = json.find("descend");
  if (descend == json.end()) return;
  const std::string here = at(pointer, "descend");
  if (!context.closed(*descend, here, {"each", "with"})) return;
  Reach inner = reach;
  const auto levels = compile_each(context, *descend, here, inner);
  if (levels.size() != 1) {
    context.complain(here, "needs one `each`");
    return;
  }
  call.descend = levels.front();
  const Json with = descend->value("with", Json::object());
  if (!with.is_object() || with.empty()) {
    context.complain(at(here, "with"), "needs arguments");
    return;
  }
  for (const auto& [name, value] : with.items()) {
    const std::string place = at(at(here, "with"), name);
    if (!arguments.contains(name)) context.complain(place, "the call has no such argument");
    auto compiled = compile_value(context, value, place, inner, Use{});
    if (compiled) call.descend_with.push_back({name, std::move(*compiled), false});
  }
}

void choose_token(Context& context, const Json& json, const std::string& pointer, CallPlan& call) {
  const auto& tokens = context.plan.api.tokens;
  const auto token = json.find("token");
  if (token == json.end()) {
    if (tokens.size() == 1) {
      call.token = tokens.begin()->first;
    } else if (!tokens.empty()) {
      context.complain(pointer, "there are several tokens: name one, or false");
    }
  } else if (token->is_string()) {
    call.token = token->get<std::string>();
    if (!tokens.contains(call.token)) {
      context.complain(at(pointer, "token"), "there is no token \"" + call.token + "\"");
    }
  } else if (*token != false) {
    context.complain(at(pointer, "token"), "is a name, or false");
  }
}

// A call's own codes go over the general table.
ErrorPlan errors_of(Context& context, const Json& json, const std::string& pointer) {
  ErrorPlan errors = context.plan.api.errors;
  const auto own = json.find("errors");
  if (own == json.end()) return errors;
  ErrorPlan over = compile_errors(context, *own, at(pointer, "errors"), false);
  if (!over.ok.empty()) errors.ok = std::move(over.ok);
  for (auto& [code, action] : over.codes) errors.codes[code] = action;
  return errors;
}

void compile_call(Context& context, const std::string& name, const Json& json) {
  const std::string pointer = at("/api/calls", name);
  if (!json.is_object()) {
    context.complain(pointer, "is no object");
    return;
  }
  for (const char* reserved : {"receipts", "window"}) {
    if (json.contains(reserved)) {
      context.complain(at(pointer, reserved),
                       "\"" + std::string(reserved) + "\" is reserved and not built yet");
      return;
    }
  }
  context.closed(json, pointer,
                 {"request", "base",      "query",    "body",    "form",   "headers", "sign",
                  "token",   "json_args", "optional", "also",    "latest", "batch",   "pages",
                  "facts",   "calls",     "self",     "ignored", "events", "descend", "errors"});
  CallPlan call;
  call.name = name;
  call.request = compile_request(context, json, pointer);
  choose_token(context, json, pointer, call);
  const auto arguments = arguments_of(json);
  Reach reach;
  reach.known = &call.entry.known;
  reach.answer = true;
  reach.arguments = &arguments;
  for (const char* key : {"optional", "latest"}) {
    const auto list = json.find(key);
    if (list == json.end()) continue;
    for (const Json& one : list->is_array() ? *list : Json::array({Json()})) {
      if (!one.is_string() || !arguments.contains(one.get<std::string>())) {
        context.complain(at(pointer, key), "is a list of the call's arguments");
      }
    }
  }
  compile_batch(context, json, pointer, arguments, call);
  call.errors = errors_of(context, json, pointer);
  for (const Path& path : call.errors.code) call.entry.known.at(path).scalar = true;
  if (call.errors.message) call.entry.known.at(*call.errors.message).scalar = true;
  compile_pages(context, json, pointer, call.entry.known, call);
  compile_events(context, json, pointer, reach, call);
  compile_descend(context, json, pointer, reach, arguments, call);
  call.entry.name = name;
  call.reads = json.contains("facts") || json.contains("calls") || json.contains("events") ||
               json.contains("descend");
  compile_entry(context, json, pointer, reach, call.entry);
  context.plan.api.calls[name] = std::move(call);
}

}  // namespace

void compile_api(Context& context) {
  const auto api = context.pack.find("api");
  if (api == context.pack.end()) return;
  if (!context.closed(*api, "/api", {"base", "bases", "tokens", "calls", "errors"})) return;
  const std::string base = context.text(*api, "/api", "base", true).value_or("");
  if (!base.starts_with("https://")) context.complain("/api/base", "is no https:// address");
  if (const auto errors = api->find("errors"); errors != api->end()) {
    context.plan.api.errors = compile_errors(context, *errors, "/api/errors", true);
  } else {
    context.complain("/api", "has no \"errors\"");
  }
  for (const char* section : {"tokens", "calls"}) {
    const auto found = api->find(section);
    if (found == api->end()) continue;
    if (!found->is_object()) {
      context.complain(at("/api", section), "is no object");
      continue;
    }
    for (const auto& [name, json] : found->items()) {
      if (section == std::string_view("tokens")) {
        compile_token(context, name, json);
      } else {
        compile_call(context, name, json);
      }
    }
  }
}

}  // namespace guanxi::adapters::rules
