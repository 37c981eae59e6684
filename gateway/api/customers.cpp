#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "adapters/phone_text.h"
#include "crypto/digest.h"
#include "gateway/api/answer.h"
#include "gateway/api/contact_text.h"
#include "gateway/api/cursor.h"
#include "gateway/api/endpoints.h"
#include "gateway/api/tag_names.h"
#include "models/explain.h"
#include "models/json.h"

namespace guanxi::api {
namespace {

using models::Facet;

constexpr std::size_t kMostCustomers = 500;
constexpr std::size_t kUsualCustomers = 50;

// A body's own mark: what is shown depends on the caller's scopes and on the tags' present names as
// well as on the version.
std::string etag_of(const models::Customer& customer, const std::string& body) {
  const std::string hash = crypto::digest(crypto::HashAlgorithm::sha256, body);
  return "\"v" + std::to_string(customer.version) + '-' + crypto::to_hex(hash.substr(0, 8)) + '"';
}

// `q` finds phones and e-mails as a whole and names by any part of them.
void search(store::CustomerQuery& query, const std::string& text) {
  if (const auto phone = adapters::phone_from(text)) {
    query.facets.push_back({Facet::Kind::phone, *phone});
  } else if (const auto email = email_from(text)) {
    query.facets.push_back({Facet::Kind::email, *email});
  } else {
    query.name_contains = text;
  }
}

Checked<store::CustomerQuery> read_query(const Call& call, const CursorBook& cursors) {
  store::CustomerQuery query;
  query.tenant = call.caller.tenant;
  const auto limit = call.parameters.number("limit", 1, kMostCustomers, kUsualCustomers);
  if (!limit) return tl::unexpected(limit.error());
  query.limit = *limit;
  const auto since = call.parameters.time("updated_since");
  if (!since) return tl::unexpected(since.error());
  query.updated_since = *since;
  constexpr std::array<std::pair<std::string_view, Facet::Kind>, 4> kFacets{
      {{"platform", Facet::Kind::platform},
       {"channel", Facet::Kind::channel},
       {"staff", Facet::Kind::staff},
       {"tag", Facet::Kind::tag}}};
  for (const auto& [name, kind] : kFacets) {
    if (const std::string* value = call.parameters.find(name))
      query.facets.push_back({kind, *value});
  }
  if (const std::string* text = call.parameters.find("q")) search(query, *text);
  if (const std::string* cursor = call.parameters.find("cursor")) {
    auto after = cursors.read(*cursor);
    if (!after) return tl::unexpected(after.error());
    query.after = std::move(*after);
  }
  return query;
}

// The customer of the path; nothing for ids that are none's.
Checked<std::optional<models::Customer>> find_customer(const Context& context, const Call& call) {
  const auto id = parse_uuid(call.item);
  if (!id) return std::nullopt;
  auto found = checked(context.store.customers(call.caller.tenant, std::span(&*id, 1)));
  if (!found) return tl::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  return std::move(found->front());
}

// How far a merged customer is followed; each was merged into the next.
constexpr int kMostMerges = 64;
constexpr std::size_t kLineage = 500;

Json lineage_json(const store::LineageEntry& entry) {
  const bool merged = entry.kind == store::LineageEntry::Kind::merged;
  return {{"type", merged ? "merged" : "split"},
          {"at", format_time(entry.at)},
          {merged ? "merged_from" : "split_from", format_uuid(entry.customer)},
          {merged ? "into" : "split_into", format_uuid(entry.other)},
          {"decision", entry.decision == 0 ? Json(nullptr) : Json(entry.decision)}};
}

// Merges and splits stand among the interactions of their time: those before `before`, and not
// before `since`.
Checked<std::vector<std::pair<Time, Json>>> lineage_between(const Context& context,
                                                            const Call& call, const Uuid& customer,
                                                            std::optional<Time> before,
                                                            std::optional<Time> since) {
  const auto entries = checked(context.store.lineage(call.caller.tenant, customer, 0, kLineage));
  if (!entries) return tl::unexpected(entries.error());
  std::vector<std::pair<Time, Json>> found;
  for (const store::LineageEntry& entry : *entries) {
    if ((before && entry.at >= *before) || (since && entry.at < *since)) continue;
    auto moved = moved_json(context, call.caller, entry.identities);
    if (!moved) return tl::unexpected(moved.error());
    Json json = lineage_json(entry);
    json["identities"] = std::move(*moved);
    found.emplace_back(entry.at, std::move(json));
  }
  return found;
}

// A page of the timeline ends at a time and, among what happened then, at a position of the store.
std::string page_end(Time at, const std::string& position) {
  return std::to_string(to_ms(at)) + ' ' + position;
}

std::pair<std::optional<Time>, std::string> read_page_end(const std::string& text) {
  std::int64_t ms = 0;
  const std::size_t blank = text.find(' ');
  if (blank == std::string::npos) return {std::nullopt, text};
  std::from_chars(text.data(), text.data() + blank, ms);
  return {from_ms(ms), text.substr(blank + 1)};
}

bool matches(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    const std::size_t comma = if_none_match.find(',');
    std::string_view one = if_none_match.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one.starts_with("W/")) one.remove_prefix(2);  // GET compares weakly (RFC 9110, 13.1.2)
    if (one == "*" || one == etag) return true;
    if (comma == std::string_view::npos) break;
    if_none_match.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace

Checked<Json> customers_json(const Context& context, const Caller& caller,
                             std::span<const models::Customer> customers) {
  const auto channels = context.channels.snapshot();
  const auto names = checked(tag_names(context.store, *channels, caller.tenant, customers));
  if (!names) return tl::unexpected(names.error());
  const models::CustomerJsonOptions options{caller.tenant_name, caller.may(Scope::pii_read),
                                            &*names};
  Json shown = Json::array();
  for (const models::Customer& customer : customers) {
    shown.push_back(models::customer_json(customer, options));
  }
  return shown;
}

Outcome list_customers(const Context& context, const Call& call) {
  const CursorBook cursors(context.store, call.caller.tenant, "customers",
                           call.parameters.filter());
  const auto query = read_query(call, cursors);
  if (!query) return tl::unexpected(query.error());
  if (const std::string* tag = call.parameters.find("tag")) {
    const auto channels = context.channels.snapshot();
    const auto deleted = checked(is_deleted_tag(context.store, *channels, query->tenant, *tag));
    if (!deleted) return tl::unexpected(deleted.error());
    if (*deleted) return page_response(call, Json::array(), "");
  }
  const auto page = checked(context.store.customers(*query));
  if (!page) return tl::unexpected(page.error());
  auto data = customers_json(context, call.caller, page->customers);
  if (!data) return tl::unexpected(data.error());
  return page_response(call, std::move(*data), page->next.empty() ? "" : cursors.issue(page->next));
}

Outcome no_such_customer(const Context& context, const Call& call) {
  const Problem missing{ProblemCode::not_found, "no customer has this id"};
  const auto id = parse_uuid(call.item);
  if (!id) return tl::unexpected(missing);
  Uuid at = *id;
  for (int step = 0; step < kMostMerges; ++step) {
    const auto merged = checked(context.store.merged(call.caller.tenant, std::span(&at, 1)));
    if (!merged) return tl::unexpected(merged.error());
    const auto into = merged->find(at);
    if (into == merged->end()) break;
    at = into->second.first;
  }
  if (at == *id) return tl::unexpected(missing);
  net::Response response = json_response({{"id", call.item}, {"merged_into", format_uuid(at)}});
  response.status = 301;
  std::string location = call.request.path;
  location.replace(location.find(call.item), call.item.size(), format_uuid(at));
  response.headers.emplace_back("Location", std::move(location));
  return response;
}

Outcome get_customer(const Context& context, const Call& call) {
  const auto found = find_customer(context, call);
  if (!found) return tl::unexpected(found.error());
  const auto& customer = *found;
  if (!customer) return no_such_customer(context, call);
  const auto shown = customers_json(context, call.caller, std::span(&*customer, 1));
  if (!shown) return tl::unexpected(shown.error());
  net::Response response = json_response(shown->front());
  const std::string etag = etag_of(*customer, response.body);
  if (matches(call.request.header("If-None-Match"), etag)) {
    response = {};
    response.status = 304;
  }
  response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Vary", "Authorization");
  return response;
}

Outcome get_explanation(const Context& context, const Call& call) {
  const auto found = find_customer(context, call);
  if (!found) return tl::unexpected(found.error());
  const auto& customer = *found;
  if (!customer) return no_such_customer(context, call);
  Json explanation = models::explanation_json(*customer, call.caller.may(Scope::pii_read));
  explanation["why_one"] = nullptr;
  if (context.people != nullptr) {
    auto why = why_one_json(context, call.caller, customer->id);
    if (!why) return tl::unexpected(why.error());
    explanation["why_one"] = *std::move(why);
  }
  return json_response(explanation);
}

Outcome get_timeline(const Context& context, const Call& call) {
  const auto found = find_customer(context, call);
  if (!found) return tl::unexpected(found.error());
  const auto& customer = *found;
  if (!customer) return no_such_customer(context, call);
  const auto limit = call.parameters.number("limit", 1, kMostCustomers, kUsualCustomers);
  if (!limit) return tl::unexpected(limit.error());
  const CursorBook cursors(context.store, call.caller.tenant, "timeline", call.item);
  std::optional<Time> before;
  std::string after;
  if (const std::string* cursor = call.parameters.find("cursor")) {
    auto position = cursors.read(*cursor);
    if (!position) return tl::unexpected(position.error());
    std::tie(before, after) = read_page_end(*position);
  }
  const auto page =
      checked(context.store.timeline(call.caller.tenant, customer->id, *limit, after));
  if (!page) return tl::unexpected(page.error());
  std::vector<std::pair<Time, Json>> entries;
  std::optional<Time> end;
  for (const models::Interaction& interaction : page->interactions) {
    entries.emplace_back(interaction.at,
                         models::interaction_json(interaction, call.caller.may(Scope::pii_read)));
    if (!page->next.empty()) end = interaction.at;
  }
  auto lineage = lineage_between(context, call, customer->id, before, end);
  if (!lineage) return tl::unexpected(lineage.error());
  std::ranges::move(*lineage, std::back_inserter(entries));
  std::ranges::stable_sort(entries, std::greater{}, &std::pair<Time, Json>::first);
  Json data = Json::array();
  for (auto& [at, entry] : entries) data.push_back(std::move(entry));
  return page_response(call, std::move(data), end ? cursors.issue(page_end(*end, page->next)) : "");
}

Outcome get_lineage(const Context& context, const Call& call) {
  const auto found = find_customer(context, call);
  if (!found) return tl::unexpected(found.error());
  const auto& customer = *found;
  if (!customer) return no_such_customer(context, call);
  const auto limit = call.parameters.number("limit", 1, kMostCustomers, kUsualCustomers);
  if (!limit) return tl::unexpected(limit.error());
  const CursorBook cursors(context.store, call.caller.tenant, "lineage", call.item);
  std::int64_t before = 0;
  if (const std::string* cursor = call.parameters.find("cursor")) {
    const auto position = cursors.read(*cursor);
    if (!position) return tl::unexpected(position.error());
    std::from_chars(position->data(), position->data() + position->size(), before);
  }
  auto entries =
      checked(context.store.lineage(call.caller.tenant, customer->id, before, *limit + 1));
  if (!entries) return tl::unexpected(entries.error());
  std::string next;
  if (entries->size() > *limit) {
    entries->pop_back();
    next = cursors.issue(std::to_string(entries->back().id));
  }
  Json data = Json::array();
  for (const store::LineageEntry& entry : *entries) {
    auto moved = moved_json(context, call.caller, entry.identities);
    if (!moved) return tl::unexpected(moved.error());
    Json json = lineage_json(entry);
    json["identities"] = std::move(*moved);
    data.push_back(std::move(json));
  }
  return page_response(call, std::move(data), next);
}

}  // namespace guanxi::api
