#include <algorithm>

#include "adapters/rules/api.h"
#include "adapters/rules/convert.h"

namespace guanxi::adapters::rules {
namespace {

using Action = ApiVerdict::Action;
using Kind = ErrorAction::Kind;

// What an operator may read of a platform's message: no token, no phone, no e-mail, one line.
std::string safe_message(std::string_view message) {
  constexpr std::size_t kLongest = 200;
  constexpr std::size_t kLongestWord = 24;
  constexpr std::size_t kLongestNumber = 6;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_word = [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  };
  std::string text;
  for (std::size_t i = 0; i < message.size() && text.size() < kLongest;) {
    std::size_t end = i;
    bool digits = true;
    while (end < message.size() && is_word(message[end])) {
      digits = digits && is_digit(message[end]);
      ++end;
    }
    const std::size_t size = end - i;
    if (size == 0) {
      const auto byte = static_cast<unsigned char>(message[i]);
      text += byte < 0x20 || byte == 0x7f ? ' ' : message[i];
      ++i;
    } else {
      const bool mail =
          (end < message.size() && message[end] == '@') || (i > 0 && message[i - 1] == '@');
      const bool blank = mail || size > kLongestWord || (digits && size > kLongestNumber);
      text += blank ? std::string_view("***") : message.substr(i, size);
      i = end;
    }
  }
  return to_text(Json(text)).value_or("");
}

Milliseconds until_beijing(ErrorAction::Until until, Time now) {
  constexpr std::chrono::hours kAhead{8};
  const auto local = now + kAhead;
  const auto day = std::chrono::floor<std::chrono::days>(local);
  auto next = day + std::chrono::days{1};
  if (until == ErrorAction::Until::month) {
    const std::chrono::year_month_day date{day};
    const auto month = date.year() / date.month() + std::chrono::months{1};
    next = std::chrono::sys_days{month / std::chrono::day{1}};
  }
  return Time{next} - local;
}

bool same_name(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](char a, char b) {
    const auto lower = [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return lower(a) == lower(b);
  });
}

Milliseconds header_wait(const ApiResponse& response, std::string_view name) {
  constexpr std::int64_t kMostSeconds = 86'400;
  for (const auto& [header, value] : response.headers) {
    if (!same_name(header, name)) continue;
    const auto seconds = to_integer(Json(value));
    if (seconds && *seconds > 0) return Milliseconds{std::min(*seconds, kMostSeconds) * 1000};
  }
  return std::chrono::minutes{1};
}

void decide(const ErrorAction& action, const ApiResponse& response, Time now, ApiVerdict& verdict) {
  const auto meant = [&](Action what, std::string_view word) {
    verdict.action = what;
    if (!word.empty()) verdict.reason = std::string(word) + ": " + verdict.reason;
  };
  switch (action.kind) {
    case Kind::ok:
      return meant(Action::ok, "");
    case Kind::refresh:
      return meant(Action::refresh, "");
    case Kind::retry:
      return meant(Action::retry, "");
    case Kind::give_up:
      return meant(Action::give_up, "");
    case Kind::gone:
      return meant(Action::give_up, "gone");
    case Kind::alert:
      return meant(Action::alert, "");
    case Kind::denied:
      return meant(Action::alert, "denied");
    case Kind::reauth:
      return meant(Action::alert, "reauth");
    case Kind::wait:
      verdict.action = Action::wait;
      break;
  }
  switch (action.until) {
    case ErrorAction::Until::duration:
      verdict.wait = action.wait;
      break;
    case ErrorAction::Until::header:
      verdict.wait = header_wait(response, action.header);
      break;
    default:
      verdict.wait = until_beijing(action.until, now);
  }
}

std::string code_of(const ErrorPlan& errors, const Json& body) {
  constexpr std::size_t kLongestCode = 64;
  for (const Path& path : errors.code) {
    const Json* found = resolve(path, body);
    if (found == nullptr || is_empty(*found)) continue;
    if (auto text = to_text(*found)) return text->substr(0, kLongestCode);
  }
  return {};
}

ApiVerdict judge(const ErrorPlan& errors, const ApiResponse& response, const Json& body, Time now) {
  ApiVerdict verdict;
  const Json* found = errors.message ? resolve(*errors.message, body) : nullptr;
  const std::string message = found == nullptr ? "" : to_text(*found).value_or("");
  verdict.code = code_of(errors, body);
  const bool fine = verdict.code.empty()
                        ? response.status < 400
                        : std::ranges::find(errors.ok, verdict.code) != errors.ok.end();
  const auto http = errors.http.find(response.status);
  const auto code = errors.codes.find(verdict.code);
  if (fine && response.status < 400) return verdict;

  verdict.reason = verdict.code.empty() || fine ? "HTTP " + std::to_string(response.status)
                                                : "code " + verdict.code;
  if (!message.empty()) verdict.reason += ", " + safe_message(message);
  if (!fine && code != errors.codes.end()) {
    decide(code->second, response, now, verdict);
    return verdict;
  }
  for (const auto& [text, action] : errors.contains) {
    if (message.find(text) == std::string::npos) continue;
    decide(action, response, now, verdict);
    return verdict;
  }
  if (http != errors.http.end()) {
    decide(http->second, response, now, verdict);
    return verdict;
  }
  if (response.status == 429) {
    decide({Kind::wait, ErrorAction::Until::header, {}, "Retry-After"}, response, now, verdict);
    return verdict;
  }
  verdict.action = Action::retry;
  if (response.status >= 500) return verdict;
  verdict.known = false;
  // Without a code of the platform's own it may be something on the way that refuses, a proxy for
  // one: a person is needed, and afterwards the call is good. A request that took too long is not
  // even refused.
  constexpr int kTimeout = 408;
  constexpr int kTooEarly = 425;
  const bool passes = response.status == kTimeout || response.status == kTooEarly;
  if (verdict.code.empty() && !passes) verdict.action = Action::alert;
  return verdict;
}

}  // namespace

ApiVerdict judge_answer(const ErrorPlan& errors, const ApiResponse& response, Time now) {
  if (response.status == 0) {
    ApiVerdict verdict;
    verdict.action = Action::retry;
    verdict.reason = "no answer";
    return verdict;
  }
  const Json body = Json::parse(response.body, nullptr, false);
  // Nothing that a platform is asked for is an empty object: something on the way answered.
  const bool says_nothing = !body.is_structured() || body.empty();
  if (says_nothing && response.status < 400) {
    ApiVerdict verdict;
    verdict.action = Action::retry;
    verdict.reason = body.is_discarded() ? "the answer is no JSON" : "the answer says nothing";
    verdict.known = false;
    return verdict;
  }
  return judge(errors, response, body.is_discarded() ? Json() : body, now);
}

ApiVerdict judge_body(const ErrorPlan& errors, const Json& body) {
  ApiResponse response;
  response.status = 200;
  return judge(errors, response, body, Time{});
}

std::string next_page(const PagePlan& plan, const Json& answer, std::string_view asked) {
  const auto at = [&](const std::optional<Path>& path) {
    return path ? resolve(*path, answer) : nullptr;
  };
  const auto number = [&](const std::optional<Path>& path) -> std::optional<std::int64_t> {
    const Json* found = at(path);
    return found == nullptr ? std::nullopt : to_integer(*found);
  };
  bool more = true;
  if (plan.more) {
    const Json* found = at(plan.more);
    more = found != nullptr && to_boolean(*found).value_or(false);
  }
  if (!more) return {};
  using Style = PagePlan::Style;
  if (plan.style == Style::again) return "again";
  if (plan.style == Style::cursor) {
    const Json* found = at(plan.next);
    const std::string cursor = found == nullptr ? "" : to_text(*found).value_or("");
    // A platform that gives the same cursor again would be asked for ever.
    return cursor == plan.end || cursor == asked ? std::string() : cursor;
  }
  const Json* rows = at(plan.rows);
  const std::int64_t count =
      rows != nullptr && rows->is_array() ? static_cast<std::int64_t>(rows->size()) : 0;
  if (plan.rows && count == 0) return {};
  if (plan.rows && plan.size > 0 && count < plan.size && !plan.more && !plan.total && !plan.pages) {
    return {};
  }
  constexpr std::int64_t kMostRows = 1'000'000'000;
  const std::int64_t before =
      to_integer(Json(std::string(asked))).value_or(plan.style == Style::page ? 1 : 0);
  if (before < 0 || before > kMostRows) return {};
  if (plan.style == Style::offset) {
    const std::int64_t next = before + (plan.rows ? count : plan.size);
    const auto total = number(plan.total);
    if (plan.total && next >= total.value_or(0)) return {};
    return std::to_string(next);
  }
  const auto pages = number(plan.pages);
  if (plan.pages && before >= pages.value_or(0)) return {};
  const auto total = number(plan.total);
  if (plan.total && plan.size > 0 && before * plan.size >= total.value_or(0)) return {};
  return std::to_string(before + 1);
}

}  // namespace guanxi::adapters::rules
