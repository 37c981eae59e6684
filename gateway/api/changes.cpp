#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "gateway/api/answer.h"
#include "gateway/api/cursor.h"
#include "gateway/api/endpoints.h"
#include "models/json.h"

namespace guanxi::api {
namespace {

constexpr std::size_t kMostChanges = 500;
constexpr std::size_t kUsualChanges = 100;
constexpr std::size_t kLongestWait = 60;

CursorBook feed_cursors(const Context& context, const Caller& caller) {
  return {context.store, caller.tenant, "changes", ""};
}

// The customers as they are now, not as they were when they changed.
Checked<std::map<Uuid, Json>> present_customers(const Context& context, const Caller& caller,
                                                const std::vector<store::ChangeRow>& rows) {
  std::set<Uuid> unique;
  for (const store::ChangeRow& row : rows) {
    if (!row.change.customer.is_nil()) unique.insert(row.change.customer);
  }
  std::map<Uuid, Json> present;
  if (unique.empty()) return present;
  const std::vector<Uuid> ids(unique.begin(), unique.end());
  const auto customers = checked(context.store.customers(caller.tenant, ids));
  if (!customers) return tl::unexpected(customers.error());
  auto shown = customers_json(context, caller, *customers);
  if (!shown) return tl::unexpected(shown.error());
  for (std::size_t i = 0; i < customers->size(); ++i) {
    present.emplace((*customers)[i].id, std::move((*shown)[i]));
  }
  return present;
}

}  // namespace

Checked<ChangesQuery> read_changes_query(const Context& context, const Call& call) {
  ChangesQuery query;
  const auto limit = call.parameters.number("limit", 1, kMostChanges, kUsualChanges);
  if (!limit) return tl::unexpected(limit.error());
  query.limit = *limit;
  const auto wait = call.parameters.number("wait", 0, kLongestWait, 0);
  if (!wait) return tl::unexpected(wait.error());
  query.wait = std::chrono::seconds(*wait);
  if (const std::string* cursor = call.parameters.find("after")) {
    const auto position = feed_cursors(context, call.caller).read(*cursor);
    if (!position) return tl::unexpected(position.error());
    std::from_chars(position->data(), position->data() + position->size(), query.after);
    if (query.after > 0) {
      // Positions have no gaps: one that is not there is from before the store was restored.
      const auto at = checked(context.store.changes(call.caller.tenant, query.after - 1, 1));
      if (!at) return tl::unexpected(at.error());
      if (at->empty()) {
        return tl::unexpected(
            Problem{ProblemCode::cursor_invalid,
                    "the feed does not reach that far: it was restored from a backup. Read all "
                    "customers, and go on from the feed's present end"});
      }
    }
  }
  return query;
}

Checked<std::optional<net::Response>> find_changes(const Context& context, const Caller& caller,
                                                   const ChangesQuery& query) {
  const auto rows = checked(context.store.changes(caller.tenant, query.after, query.limit));
  if (!rows) return tl::unexpected(rows.error());
  if (rows->empty()) return std::optional<net::Response>{};
  const auto customers = present_customers(context, caller, *rows);
  if (!customers) return tl::unexpected(customers.error());
  const CursorBook cursors = feed_cursors(context, caller);
  Json changes = Json::array();
  std::string next;
  for (const auto& [position, change] : *rows) {
    next = cursors.issue(std::to_string(position));
    const auto customer = customers->find(change.customer);
    Json entry = {{"cursor", next},
                  {"type", change.type},
                  {"object", {{"type", change.object_type}, {"id", change.object_id}}},
                  {"customer_id",
                   change.customer.is_nil() ? Json(nullptr) : Json(format_uuid(change.customer))},
                  {"version", change.version},
                  {"at", format_time(change.at)},
                  {"customer", customer == customers->end() ? Json(nullptr) : customer->second}};
    if (change.replayed) entry["replayed"] = true;
    if (!change.others.empty()) {
      Json others = Json::array();
      for (const Uuid& other : change.others) others.push_back(format_uuid(other));
      entry[change.type == "customer.merged" ? "merged_from" : "split_into"] = std::move(others);
      auto moved = moved_json(context, caller, change.moved);
      if (!moved) return tl::unexpected(moved.error());
      entry["identities"] = std::move(*moved);
    }
    changes.push_back(std::move(entry));
  }
  return json_response({{"changes", std::move(changes)}, {"next", next}});
}

net::Response no_changes(const Context& context, const Caller& caller, const ChangesQuery& query) {
  const std::string next = feed_cursors(context, caller).issue(std::to_string(query.after));
  return json_response({{"changes", Json::array()}, {"next", next}});
}

}  // namespace guanxi::api
