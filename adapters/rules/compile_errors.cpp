#include <array>
#include <charconv>

#include "adapters/rules/compile_context.h"

namespace guanxi::adapters::rules {
namespace {

using Kind = ErrorAction::Kind;
constexpr std::array<std::pair<std::string_view, Kind>, 8> kActions{{{"ok", Kind::ok},
                                                                     {"refresh", Kind::refresh},
                                                                     {"retry", Kind::retry},
                                                                     {"give_up", Kind::give_up},
                                                                     {"alert", Kind::alert},
                                                                     {"denied", Kind::denied},
                                                                     {"gone", Kind::gone},
                                                                     {"reauth", Kind::reauth}}};

std::optional<ErrorAction> action(Context& context, const Json& json, const std::string& pointer) {
  const std::string word = json.is_string() ? json.get<std::string>() : std::string();
  for (const auto& [name, kind] : kActions) {
    if (word == name) return ErrorAction{kind, {}, {}, {}};
  }
  ErrorAction wait{Kind::wait, {}, {}, {}};
  constexpr std::string_view kWait = "wait:";
  constexpr std::string_view kHeader = "$header.";
  if (word.starts_with(kWait)) {
    const std::string_view rest = std::string_view(word).substr(kWait.size());
    if (rest == "day" || rest == "month") {
      wait.until = rest == "day" ? ErrorAction::Until::day : ErrorAction::Until::month;
      return wait;
    }
    if (rest.starts_with(kHeader) && rest.size() > kHeader.size()) {
      wait.until = ErrorAction::Until::header;
      wait.header = rest.substr(kHeader.size());
      return wait;
    }
    if (const auto duration = parse_duration(rest); duration && duration->count() > 0) {
      wait.wait = *duration;
      return wait;
    }
  }
  context.complain(pointer, "unknown action \"" + word +
                                "\": ok, refresh, retry, wait:60s, wait:day, wait:month, "
                                "wait:$header.Name, give_up, alert, denied, gone or reauth");
  return std::nullopt;
}

template <typename Put>
void each_action(Context& context, const Json& json, const std::string& pointer, const char* key,
                 const Put& put) {
  const auto found = json.find(key);
  if (found == json.end()) return;
  const std::string here = at(pointer, key);
  if (!found->is_object()) {
    context.complain(here, "is no object of actions");
    return;
  }
  for (const auto& [name, word] : found->items()) {
    if (auto one = action(context, word, at(here, name))) put(name, *one, at(here, name));
  }
}

}  // namespace

ErrorPlan compile_errors(Context& context, const Json& json, const std::string& pointer,
                         bool general) {
  ErrorPlan errors;
  const std::vector<std::string_view> keys =
      general ? std::vector<std::string_view>{"code", "message", "ok", "codes", "http", "contains"}
              : std::vector<std::string_view>{"ok", "codes"};
  if (!context.closed(json, pointer, keys)) return errors;
  errors.code = context.paths(json, pointer, "code");
  if (general && errors.code.empty() && !json.contains("http")) {
    context.complain(pointer, "has neither \"code\" nor \"http\"");
  }
  if (const auto message = context.text(json, pointer, "message")) {
    errors.message = context.path(*message, at(pointer, "message"));
  }
  if (const auto ok = json.find("ok"); ok != json.end()) {
    for (const Json& code : ok->is_array() ? *ok : Json::array()) {
      if (code.is_string()) errors.ok.push_back(code.get<std::string>());
    }
    if (errors.ok.empty()) context.complain(at(pointer, "ok"), "is no list of codes, as text");
  }
  each_action(context, json, pointer, "codes",
              [&](const std::string& code, const ErrorAction& what, const std::string&) {
                errors.codes[code] = what;
              });
  each_action(context, json, pointer, "http",
              [&](const std::string& text, const ErrorAction& what, const std::string& here) {
                int status = 0;
                const auto [end, error] =
                    std::from_chars(text.data(), text.data() + text.size(), status);
                if (error != std::errc{} || end != text.data() + text.size() || status < 100 ||
                    status > 599) {
                  context.complain(here, "is no HTTP status");
                }
                errors.http[status] = what;
              });
  each_action(context, json, pointer, "contains",
              [&](const std::string& text, const ErrorAction& what, const std::string& here) {
                if (text.empty()) context.complain(here, "is in every message");
                errors.contains.emplace_back(text, what);
              });
  return errors;
}

}  // namespace guanxi::adapters::rules
