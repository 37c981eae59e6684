#include <algorithm>

#include "adapters/rules/compile_context.h"

namespace guanxi::adapters::rules {
namespace {

bool is_setting(const Context& context, const std::string& name) {
  return context.manifest.setting(name) != nullptr || is_common_setting(name);
}

Template compile_text(Context& context, const std::string& text, const std::string& pointer) {
  Template result;
  constexpr std::string_view kNumber = "int:$";
  constexpr std::string_view kSetting = "setting:";
  if (text == "$page") {
    result.kind = Template::Kind::page;
  } else if (text.starts_with('$') && text.size() > 1) {
    result.kind = Template::Kind::argument;
    result.name = text.substr(1);
  } else if (text.starts_with(kNumber) && text.size() > kNumber.size()) {
    result.kind = Template::Kind::number;
    result.name = text.substr(kNumber.size());
  } else if (text.starts_with(kSetting)) {
    result.kind = Template::Kind::setting;
    result.name = text.substr(kSetting.size());
    if (!is_setting(context, result.name)) {
      context.complain(pointer, "there is no setting \"" + result.name + "\"");
    }
  } else if (text == "now:s") {
    result.kind = Template::Kind::now_s;
  } else if (text == "now:ms") {
    result.kind = Template::Kind::now_ms;
  } else if (text == "now:text") {
    result.kind = Template::Kind::now_text;
  } else if (text.starts_with('=')) {
    result.kind = Template::Kind::literal;
    result.literal = text.substr(1);
  } else {
    context.complain(pointer,
                     "must be \"$argument\", \"$page\", \"int:$argument\", \"setting:name\", "
                     "\"now:s\", \"now:ms\", \"now:text\" or \"=text\"");
  }
  return result;
}

Template compile_template(Context& context, const Json& json, const std::string& pointer) {
  if (json.is_string()) return compile_text(context, json.get<std::string>(), pointer);
  Template result;
  if (json.is_object()) {
    result.kind = Template::Kind::object;
    for (const auto& [name, member] : json.items()) {
      result.members.emplace_back(name, compile_template(context, member, at(pointer, name)));
    }
  } else if (json.is_array()) {
    result.kind = Template::Kind::list;
    for (std::size_t i = 0; i < json.size(); ++i) {
      result.elements.push_back(compile_template(context, json[i], at(pointer, std::to_string(i))));
    }
  } else {
    result.kind = Template::Kind::literal;
    result.literal = json;
  }
  return result;
}

// `structured`: a member that is sent as JSON text may be an object or a list.
TemplateMembers compile_members(Context& context, const Json& json, const std::string& pointer,
                                const char* key, const Json& structured = Json::array()) {
  TemplateMembers members;
  const auto found = json.find(key);
  if (found == json.end()) return members;
  if (!found->is_object()) {
    context.complain(at(pointer, key), "is no object");
    return members;
  }
  for (const auto& [name, member] : found->items()) {
    const std::string here = at(at(pointer, key), name);
    const bool is_json =
        structured.is_array() && std::ranges::find(structured, Json(name)) != structured.end();
    if ((member.is_object() || member.is_array()) && !is_json) {
      context.complain(here, "holds a scalar only");
      continue;
    }
    members.emplace_back(name, compile_template(context, member, here));
  }
  return members;
}

void compile_path(Context& context, std::string_view text, const std::string& pointer,
                  RequestPlan& request) {
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    const std::size_t close = text.find('}', open);
    if (open == std::string_view::npos) {
      request.path.emplace_back(text, "");
      return;
    }
    if (close == std::string_view::npos || close == open + 1) {
      context.complain(pointer, "\"{\" without an argument and \"}\"");
      return;
    }
    request.path.emplace_back(text.substr(0, open), text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
}

void compile_base(Context& context, const Json& json, const std::string& pointer,
                  RequestPlan& request) {
  const Json& api = context.pack.at("api");
  const auto name = context.text(json, pointer, "base");
  if (!name) {
    request.base_setting = "api_base";
    request.base_url =
        api.value("base", Json("")).is_string() ? api.value("base", std::string()) : std::string();
    return;
  }
  const auto bases = api.find("bases");
  if (bases == api.end() || !bases->is_object() || !bases->contains(*name) ||
      !bases->at(*name).is_object()) {
    context.complain(at(pointer, "base"), "there is no base \"" + *name + "\"");
    return;
  }
  const Json& base = bases->at(*name);
  request.base_url = context.text(base, "/api/bases/" + *name, "url", true).value_or("");
  request.base_setting = context.text(base, "/api/bases/" + *name, "setting").value_or("");
}

std::optional<SignPlan> compile_sign(Context& context, const Json& json, const std::string& pointer,
                                     const RequestPlan& request) {
  const auto sign = json.find("sign");
  if (sign == json.end()) return std::nullopt;
  const std::string here = at(pointer, "sign");
  if (!context.closed(*sign, here, {"with", "put"})) return std::nullopt;
  SignPlan plan;
  plan.with = context.text(*sign, here, "with", true).value_or("");
  const Json signs = context.pack.value("/transport/sign"_json_pointer, Json::object());
  if (!signs.is_object() || !signs.contains(plan.with)) {
    context.complain(at(here, "with"), "the transport signs nothing as \"" + plan.with + "\"");
  }
  const std::string put = context.text(*sign, here, "put", true).value_or("");
  const std::size_t colon = put.find(':');
  const std::string_view where = std::string_view(put).substr(0, colon);
  plan.name = colon == std::string::npos ? std::string() : put.substr(colon + 1);
  if (where == "body" && request.body) {
    plan.place = SignPlan::Place::body;
    const auto path = context.path(plan.name, at(here, "put"));
    if (path) plan.path = *path;
  } else if ((where != "query" && where != "header") || plan.name.empty()) {
    context.complain(at(here, "put"),
                     "is \"query:name\", \"header:name\", or \"body:/pointer\" into a JSON body");
  } else {
    plan.place = where == "query" ? SignPlan::Place::query : SignPlan::Place::header;
  }
  return plan;
}

void collect(const Json& json, std::set<std::string, std::less<>>& names) {
  if (json.is_string()) {
    const auto& text = json.get_ref<const std::string&>();
    if (text.starts_with("int:$") && text != "int:$page") {
      names.insert(text.substr(5));
    } else if (text.starts_with('$') && text != "$page") {
      names.insert(text.substr(1));
    }
  } else if (json.is_structured()) {
    for (const Json& member : json) collect(member, names);
  }
}

}  // namespace

std::set<std::string, std::less<>> arguments_of(const Json& call) {
  std::set<std::string, std::less<>> names;
  if (!call.is_object()) return names;
  for (const char* key : {"query", "body", "form", "headers"}) {
    if (const auto found = call.find(key); found != call.end()) collect(*found, names);
  }
  if (const auto request = call.find("request"); request != call.end() && request->is_string()) {
    const auto& text = request->get_ref<const std::string&>();
    for (std::size_t open = text.find('{'); open != std::string::npos;
         open = text.find('{', open + 1)) {
      const std::size_t close = text.find('}', open);
      if (close == std::string::npos) break;
      names.insert(text.substr(open + 1, close - open - 1));
    }
  }
  // What only the reading of the answer needs is given as an argument all the same.
  if (const auto extra = call.find("also"); extra != call.end() && extra->is_array()) {
    for (const Json& name : *extra) {
      if (name.is_string()) names.insert(name.get<std::string>());
    }
  }
  return names;
}

RequestPlan compile_request(Context& context, const Json& json, const std::string& pointer) {
  RequestPlan request;
  const std::string text = context.text(json, pointer, "request", true).value_or("");
  const std::string here = at(pointer, "request");
  const std::size_t blank = text.find(' ');
  request.method = text.substr(0, blank);
  if (blank == std::string::npos || !text.substr(blank + 1).starts_with('/') ||
      (request.method != "GET" && request.method != "POST" && request.method != "PUT" &&
       request.method != "DELETE" && request.method != "PATCH")) {
    context.complain(here, "is no request such as \"GET /path\"");
    return request;
  }
  compile_path(context, std::string_view(text).substr(blank + 1), here, request);
  compile_base(context, json, pointer, request);
  request.query =
      compile_members(context, json, pointer, "query", json.value("json_args", Json::array()));
  request.form = compile_members(context, json, pointer, "form");
  request.headers = compile_members(context, json, pointer, "headers");
  if (const auto body = json.find("body"); body != json.end()) {
    if (!request.form.empty()) context.complain(pointer, "has both a body and a form");
    request.body = compile_template(context, *body, at(pointer, "body"));
  }
  if (request.method == "GET" && (request.body || !request.form.empty())) {
    context.complain(pointer, "a GET has no body");
  }
  if (const auto list = json.find("json_args"); list != json.end()) {
    for (const Json& name : list->is_array() ? *list : Json::array()) {
      const bool known =
          name.is_string() && std::ranges::any_of(request.query, [&](const auto& member) {
            return name == member.first;
          });
      if (!known) {
        context.complain(at(pointer, "json_args"), "names no member of the query");
        continue;
      }
      request.json_args.push_back(name.get<std::string>());
    }
  }
  request.sign = compile_sign(context, json, pointer, request);
  return request;
}

}  // namespace guanxi::adapters::rules
