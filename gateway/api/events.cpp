#include <charconv>
#include <map>
#include <utility>

#include "crypto/base64.h"
#include "gateway/api/answer.h"
#include "gateway/api/cursor.h"
#include "gateway/api/endpoints.h"

namespace guanxi::api {
namespace {

constexpr std::size_t kMostEvents = 500;
constexpr std::size_t kUsualEvents = 50;

using ChannelNames = std::map<store::ChannelId, std::string>;

// Also channels that are configured no more: their events stay.
Checked<ChannelNames> channel_names(const Context& context, const Caller& caller) {
  const auto records = checked(context.store.channels());
  if (!records) return tl::unexpected(records.error());
  ChannelNames names;
  for (const store::ChannelRecord& record : *records) {
    if (record.tenant == caller.tenant) names.emplace(record.id, record.name);
  }
  return names;
}

template <typename Number>
std::optional<Number> number_from(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }
Json time_or_null(const std::optional<Time>& at) {
  return at ? Json(format_time(*at)) : Json(nullptr);
}

Json event_json(const store::InboxRow& row, const ChannelNames& names) {
  const auto name = names.find(row.channel);
  const bool answer = row.kind == store::RowKind::answer;
  Json json{{"seq", row.seq},
            {"channel", name == names.end() ? Json(nullptr) : Json(name->second)},
            {"kind", answer ? "answer" : "callback"},
            {"status", store::row_status_text(row.status)},
            {"received_at", format_time(row.received_at)},
            {"event", text_or_null(row.event)},
            {"event_at", time_or_null(row.event_at)},
            {"pack", text_or_null(row.pack)},
            {"error", text_or_null(row.error)},
            {"worked_at", time_or_null(row.worked_at)}};
  if (answer) {
    json["call"] = row.call;
    json["cause"] = row.cause == 0 ? Json(nullptr) : Json(row.cause);
  } else {
    json["recipe"] = row.recipe;
    json["format"] = row.format;
  }
  return json;
}

Json call_json(const store::CallRecord& record) {
  const bool waits = record.state == "waiting";
  return {{"call", record.call},
          {"state", record.state},
          {"attempts", record.attempts},
          {"next_at", waits ? Json(format_time(record.due_at)) : Json(nullptr)},
          {"error", text_or_null(record.error)}};
}

bool is_utf8(const std::string& bytes) {
  try {
    Json(bytes).dump();
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

}  // namespace

Outcome list_events(const Context& context, const Call& call) {
  const auto names = channel_names(context, call.caller);
  if (!names) return tl::unexpected(names.error());
  const auto limit = call.parameters.number("limit", 1, kMostEvents, kUsualEvents);
  if (!limit) return tl::unexpected(limit.error());
  std::optional<store::RowStatus> status;
  if (const std::string* text = call.parameters.find("status")) {
    status = store::row_status_from(*text);
    if (!status) {
      return tl::unexpected(Problem{ProblemCode::invalid_parameter,
                                    "status takes raw, normalized, unmapped, dead or none"});
    }
  }
  std::optional<store::ChannelId> channel;
  if (const std::string* text = call.parameters.find("channel")) {
    for (const auto& [id, name] : *names) {
      if (name == *text) channel = id;
    }
    if (!channel) {
      return tl::unexpected(
          Problem{ProblemCode::invalid_parameter, "channel takes the id of one of your channels"});
    }
  }
  const CursorBook cursors(context.store, call.caller.tenant, "events", call.parameters.filter());
  std::int64_t before = 0;
  if (const std::string* cursor = call.parameters.find("cursor")) {
    const auto position = cursors.read(*cursor);
    if (!position) return tl::unexpected(position.error());
    before = number_from<std::int64_t>(*position).value_or(0);
  }
  const auto page =
      checked(context.store.events(call.caller.tenant, status, channel, before, *limit));
  if (!page) return tl::unexpected(page.error());
  Json data = Json::array();
  for (const store::InboxRow& row : page->rows) data.push_back(event_json(row, *names));
  return page_response(call, std::move(data),
                       page->next == 0 ? "" : cursors.issue(std::to_string(page->next)));
}

Outcome get_event(const Context& context, const Call& call) {
  const Problem missing{ProblemCode::not_found, "no event has this number"};
  const auto seq = number_from<std::int64_t>(call.item);
  if (!seq) return tl::unexpected(missing);
  const auto row = checked(context.store.event(call.caller.tenant, *seq));
  if (!row) return tl::unexpected(row.error());
  if (!*row) return tl::unexpected(missing);
  const auto names = channel_names(context, call.caller);
  if (!names) return tl::unexpected(names.error());
  Json json = event_json(**row, *names);
  const auto calls = checked(context.store.calls_of(call.caller.tenant, *seq));
  if (!calls) return tl::unexpected(calls.error());
  json["calls"] = Json::array();
  for (const store::CallRecord& record : *calls) json["calls"].push_back(call_json(record));
  // A raw payload is personal data through and through; it cannot be masked, only withheld.
  if (call.caller.may(Scope::pii_read)) {
    const std::string& bytes = (*row)->bytes;
    if (is_utf8(bytes)) {
      json["payload"] = bytes;
    } else {
      json["payload_base64"] = crypto::encode_base64(bytes);
    }
    if ((*row)->kind == store::RowKind::answer) json["arguments"] = (*row)->arguments;
  }
  return json_response(json);
}

Outcome replay_event(const Context& context, const Call& call) {
  const Problem missing{ProblemCode::not_found, "no event has this number"};
  const auto seq = number_from<std::int64_t>(call.item);
  if (!seq) return tl::unexpected(missing);
  GUANXI_CHECK(context.replay);
  const auto report = context.replay(call.caller.tenant, *seq);
  if (report) return json_response(*report);
  if (report.error().code == ErrorCode::not_found) return tl::unexpected(missing);
  if (report.error().code == ErrorCode::conflict) {
    return tl::unexpected(Problem{ProblemCode::conflict, report.error().detail});
  }
  return tl::unexpected(problem_from(report.error()));
}

}  // namespace guanxi::api
