#include <algorithm>

#include "adapters/rules/api.h"
#include "adapters/rules/convert.h"

namespace guanxi::adapters::rules {
namespace {

// Where templates take their values from.
struct Ingredients {
  const Settings& settings;
  const Json& arguments;
  std::string_view page;
  Time now;
};

const Json* argument(const Ingredients& from, const std::string& name) {
  if (!from.arguments.is_object()) return nullptr;
  const auto found = from.arguments.find(name);
  return found == from.arguments.end() || is_empty(*found) ? nullptr : &*found;
}

// "2025-01-01 08:00:00", as Chinese platforms write the time in requests.
std::string beijing_text(Time now) {
  const std::string text = format_time(now + std::chrono::hours{8});  // …T…Z of that wall clock
  return text.substr(0, 10) + ' ' + text.substr(11, 8);
}

Json compact(const Template& part, const Ingredients& from);

// Null: absent, and its member is dropped.
Json fill(const Template& part, const Ingredients& from) {
  switch (part.kind) {
    case Template::Kind::literal:
      return part.literal;
    case Template::Kind::page:
      return from.page.empty() ? Json() : Json(std::string(from.page));
    case Template::Kind::argument: {
      const Json* found = argument(from, part.name);
      return found == nullptr ? Json() : *found;
    }
    case Template::Kind::number: {
      if (part.name == "page") {
        const auto number = to_integer(Json(std::string(from.page)));
        return number ? Json(*number) : Json();
      }
      const Json* found = argument(from, part.name);
      const auto number = found == nullptr ? std::nullopt : to_integer(*found);
      return number ? Json(*number) : Json();
    }
    case Template::Kind::setting: {
      const auto found = from.settings.find(part.name);
      return found == from.settings.end() ? Json() : Json(found->second);
    }
    case Template::Kind::now_s:
      return to_ms(from.now) / 1000;
    case Template::Kind::now_ms:
      return to_ms(from.now);
    case Template::Kind::now_text:
      return beijing_text(from.now);
    case Template::Kind::object:
    case Template::Kind::list:
      return compact(part, from);
  }
  return {};
}

Json compact(const Template& part, const Ingredients& from) {
  if (part.kind == Template::Kind::object) {
    Json object = Json::object();
    for (const auto& [name, member] : part.members) {
      Json value = fill(member, from);
      // A nested object that lost all its members is absent itself.
      const bool hollow =
          member.kind == Template::Kind::object && value.empty() && !member.members.empty();
      if (!value.is_null() && !hollow) object[name] = std::move(value);
    }
    return object;
  }
  Json list = Json::array();
  for (const Template& element : part.elements) {
    Json value = fill(element, from);
    // One argument that is a list itself takes the list's place.
    if (value.is_array() && part.elements.size() == 1) return value;
    if (!value.is_null()) list.push_back(std::move(value));
  }
  return list.empty() && !part.elements.empty() ? Json() : list;
}

std::string joined(const Json& value) {
  if (!value.is_array()) return to_text(value).value_or("");
  std::string text;
  for (const Json& element : value) {
    if (!text.empty()) text += ',';
    text += to_text(element).value_or("");
  }
  return text;
}

std::string pairs(const TemplateMembers& members, const Ingredients& from,
                  const std::vector<std::string>& json_args) {
  std::string text;
  for (const auto& [name, part] : members) {
    const Json value = fill(part, from);
    if (value.is_null()) continue;
    const bool as_json = std::ranges::find(json_args, name) != json_args.end();
    if (!text.empty()) text += '&';
    text += url_encode(name) + '=' +
            url_encode(as_json ? value.dump(-1, ' ', false, Json::error_handler_t::replace)
                               : joined(value));
  }
  return text;
}

bool is_header_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7f;
  });
}

// The first setting that a template wants and that has no value.
const std::string* missing_setting(const Template& part, const Settings& settings) {
  if (part.kind == Template::Kind::setting) {
    const auto found = settings.find(part.name);
    return found == settings.end() || found->second.empty() ? &part.name : nullptr;
  }
  for (const auto& [name, member] : part.members) {
    if (const std::string* missing = missing_setting(member, settings)) return missing;
  }
  for (const Template& element : part.elements) {
    if (const std::string* missing = missing_setting(element, settings)) return missing;
  }
  return nullptr;
}

const std::string* missing_setting(const RequestPlan& plan, const Settings& settings) {
  for (const auto* members : {&plan.query, &plan.form, &plan.headers}) {
    for (const auto& [name, part] : *members) {
      if (const std::string* missing = missing_setting(part, settings)) return missing;
    }
  }
  return plan.body ? missing_setting(*plan.body, settings) : nullptr;
}

}  // namespace

std::string url_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4];
    encoded += kDigits[byte & 0x0f];
  }
  return encoded;
}

Result<ApiRequest> build_request(const RequestPlan& plan, const Settings& settings,
                                 const Json& arguments, std::string_view page, Time now) {
  if (const std::string* missing = missing_setting(plan, settings)) {
    return fail(ErrorCode::malformed, "the setting \"" + *missing + "\" has no value");
  }
  const Ingredients from{settings, arguments, page, now};
  ApiRequest request;
  request.method = plan.method;
  const auto base = settings.find(plan.base_setting);
  request.url = base != settings.end() && !base->second.empty() ? base->second : plan.base_url;
  while (request.url.ends_with('/')) request.url.pop_back();
  for (const auto& [literal, name] : plan.path) {
    request.url += literal;
    if (name.empty()) continue;
    const Json* found = argument(from, name);
    const std::string text = found == nullptr ? std::string() : joined(*found);
    if (text.empty()) {
      return fail(ErrorCode::malformed, "the argument \"" + name + "\" has no value");
    }
    request.url += url_encode(text);
  }
  const std::string query = pairs(plan.query, from, plan.json_args);
  if (!query.empty()) {
    request.url += (request.url.find('?') == std::string::npos ? '?' : '&') + query;
  }
  for (const auto& [name, part] : plan.headers) {
    const Json value = fill(part, from);
    if (value.is_null()) continue;
    std::string text = joined(value);
    if (!is_header_text(text)) {
      return fail(ErrorCode::malformed, "the header \"" + name + "\" holds control characters");
    }
    request.headers.emplace_back(name, std::move(text));
  }
  if (plan.body) {
    const Json body = fill(*plan.body, from);
    request.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
    request.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  } else if (!plan.form.empty()) {
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body = pairs(plan.form, from, {});
  }
  return request;
}

Result<ApiRequest> build_call(const ApiPlan& api, const CallPlan& call, const Settings& settings,
                              const Json& arguments, std::string_view page, std::string_view token,
                              Time now) {
  Json given = arguments;
  if (!call.batch_param.empty() && given.is_object() && given.contains(call.batch_param)) {
    Json& batch = given[call.batch_param];
    if (!batch.is_array()) batch = Json::array({batch});
    if (batch.size() > call.batch_max) {
      return fail(ErrorCode::malformed, "\"" + call.batch_param + "\" takes at most " +
                                            std::to_string(call.batch_max) + " at once");
    }
  }
  // These two count from somewhere; a cursor has no first value.
  using Style = PagePlan::Style;
  if (page.empty() && call.pages && call.pages->style == Style::page) page = "1";
  if (page.empty() && call.pages && call.pages->style == Style::offset) page = "0";
  auto request = build_request(call.request, settings, given, page, now);
  if (!request) return fail(request.error().code, call.name + ": " + request.error().detail);
  const auto place = api.places.find(call.token);
  if (place == api.places.end()) return request;
  std::string value = place->second.prefix;
  value += token;
  if (!is_header_text(value)) {
    return fail(ErrorCode::malformed, call.name + ": the token holds control characters");
  }
  if (place->second.header) {
    request->headers.emplace_back(place->second.name, std::move(value));
  } else {
    request->url += request->url.find('?') == std::string::npos ? '?' : '&';
    request->url += url_encode(place->second.name) + '=' + url_encode(value);
  }
  return request;
}

Callback as_callback(const ApiRequest& request) {
  constexpr std::string_view kScheme = "://";
  Callback callback{request.method, {}, {}, request.headers, request.body};
  const std::size_t scheme = request.url.find(kScheme);
  const std::size_t host = scheme == std::string::npos ? 0 : scheme + kScheme.size();
  const std::size_t query = std::min(request.url.find('?', host), request.url.size());
  const std::size_t path = std::min(request.url.find('/', host), query);
  callback.path = request.url.substr(path, query - path);
  if (query < request.url.size()) callback.query = request.url.substr(query + 1);
  return callback;
}

Result<void> put_signature(const SignPlan& plan, const std::string& signature,
                           ApiRequest& request) {
  switch (plan.place) {
    case SignPlan::Place::query:
      request.url += request.url.find('?') == std::string::npos ? '?' : '&';
      request.url += url_encode(plan.name) + '=' + url_encode(signature);
      return {};
    case SignPlan::Place::header:
      request.headers.emplace_back(plan.name, signature);
      return {};
    case SignPlan::Place::body:
      break;
  }
  Json body = Json::parse(request.body, nullptr, false);
  Json* place = &body;
  for (const Step& step : plan.path.steps) {
    if (!place->is_object() && !place->is_null())
      return fail(ErrorCode::malformed, "the body has no place to sign");
    place = &(*place)[step.key];
  }
  *place = signature;
  request.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return {};
}

std::string kept_page(const PagePlan& plan, const Json& answer) {
  if (!plan.keep || !plan.next) return {};
  const Json* found = resolve(*plan.next, answer);
  return found == nullptr ? std::string() : to_text(*found).value_or("");
}

Result<Token> read_token(const TokenPlan& plan, const Json& answer) {
  constexpr std::int64_t kMostSeconds = 366LL * 86'400;
  constexpr std::size_t kLongest = 4096;
  const Json* value = resolve(plan.value, answer);
  const auto text = value == nullptr ? std::nullopt : to_text(*value);
  if (!text || text->empty() || text->size() > kLongest) {
    return fail(ErrorCode::malformed, "the answer holds no token at " + path_text(plan.value));
  }
  Token token{*text, plan.lifetime, plan.early};
  if (plan.lifetime_path) {
    const Json* lifetime = resolve(*plan.lifetime_path, answer);
    const auto seconds = lifetime == nullptr ? std::nullopt : to_integer(*lifetime);
    if (!seconds || *seconds <= 0 || *seconds > kMostSeconds) {
      return fail(ErrorCode::malformed,
                  "the answer holds no lifetime at " + path_text(*plan.lifetime_path));
    }
    token.lifetime = Milliseconds{*seconds * 1000};
  }
  // A token shorter-lived than its margin would be renewed without end.
  token.early = std::min(token.early, token.lifetime / 2);
  return token;
}

}  // namespace guanxi::adapters::rules
