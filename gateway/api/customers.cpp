#include <algorithm>
#include <array>
#include <utility>

#include "adapters/phone_text.h"
#include "crypto/digest.h"
#include "gateway/api/answer.h"
#include "gateway/api/contact_text.h"
#include "gateway/api/cursor.h"
#include "gateway/api/endpoints.h"
#include "gateway/api/tag_names.h"
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

// The customer of the path; not_found also for ids that are none.
Checked<models::Customer> find_customer(const Context& context, const Call& call) {
  const auto id = parse_uuid(call.item);
  const Problem missing{ProblemCode::not_found, "no customer has this id"};
  if (!id) return tl::unexpected(missing);
  auto found = checked(context.store.customers(call.caller.tenant, std::span(&*id, 1)));
  if (!found) return tl::unexpected(found.error());
  if (found->empty()) return tl::unexpected(missing);
  return std::move(found->front());
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

Outcome get_customer(const Context& context, const Call& call) {
  const auto customer = find_customer(context, call);
  if (!customer) return tl::unexpected(customer.error());
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

Outcome get_timeline(const Context& context, const Call& call) {
  const auto customer = find_customer(context, call);
  if (!customer) return tl::unexpected(customer.error());
  const auto limit = call.parameters.number("limit", 1, kMostCustomers, kUsualCustomers);
  if (!limit) return tl::unexpected(limit.error());
  const CursorBook cursors(context.store, call.caller.tenant, "timeline", call.item);
  std::string after;
  if (const std::string* cursor = call.parameters.find("cursor")) {
    auto position = cursors.read(*cursor);
    if (!position) return tl::unexpected(position.error());
    after = std::move(*position);
  }
  const auto page =
      checked(context.store.timeline(call.caller.tenant, customer->id, *limit, after));
  if (!page) return tl::unexpected(page.error());
  Json data = Json::array();
  for (const models::Interaction& interaction : page->interactions) {
    data.push_back(models::interaction_json(interaction, call.caller.may(Scope::pii_read)));
  }
  return page_response(call, std::move(data), page->next.empty() ? "" : cursors.issue(page->next));
}

}  // namespace guanxi::api
