#include "gateway/api/routes.h"

#include <utility>

namespace guanxi::api {
namespace {

// Whether the path is one of the pattern; `item` gets what stands for {…}.
bool fits(std::string_view pattern, std::string_view path, std::string& item) {
  const std::size_t open = pattern.find('{');
  if (open == std::string_view::npos) return pattern == path;
  const std::string_view before = pattern.substr(0, open);
  const std::string_view after = pattern.substr(pattern.find('}') + 1);
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
      !path.ends_with(after)) {
    return false;
  }
  const std::string_view middle =
      path.substr(before.size(), path.size() - before.size() - after.size());
  if (middle.find('/') != std::string_view::npos) return false;
  item = middle;
  return true;
}

Outcome get_routes_page(const Context&, const Call&) {
  net::Response response;
  response.content_type = "text/html; charset=utf-8";
  response.body = routes_page();
  return response;
}

}  // namespace

std::span<const Route> routes() {
  static const std::vector<Route> all{
      {"GET",
       "/v1/customers",
       Scope::customers_read,
       {"limit", "cursor", "updated_since", "platform", "channel", "staff", "tag", "q"},
       list_customers},
      {"POST", "/v1/customers/lookup", Scope::customers_read, {}, look_up_customers},
      {"GET", "/v1/customers/{id}", Scope::customers_read, {}, get_customer},
      {"GET",
       "/v1/customers/{id}/timeline",
       Scope::customers_read,
       {"limit", "cursor"},
       get_timeline},
      {"GET", "/v1/customers/{id}/explain", Scope::customers_read, {}, get_explanation},
      {"GET",
       "/v1/customers/{id}/lineage",
       Scope::customers_read,
       {"limit", "cursor"},
       get_lineage},
      {"GET", "/v1/customers/{id}/export", Scope::pii_read, {}, export_person},
      {"DELETE", "/v1/customers/{id}", Scope::customers_write, {"dry_run"}, erase_customer},
      {"GET", "/v1/erasures/{id}", Scope::customers_read, {}, get_erasure},
      {"POST", "/v1/customers/{id}/merge", Scope::customers_write, {}, merge_customers},
      {"POST", "/v1/customers/{id}/split", Scope::customers_write, {}, split_customer},
      {"GET",
       "/v1/suggestions",
       Scope::customers_read,
       {"status", "limit", "cursor"},
       list_suggestions},
      {"POST", "/v1/suggestions/accept", Scope::customers_write, {}, accept_suggestions},
      {"POST", "/v1/suggestions/reject", Scope::customers_write, {}, reject_suggestions},
      {"POST", "/v1/suggestions/{id}/accept", Scope::customers_write, {}, accept_suggestion},
      {"POST", "/v1/suggestions/{id}/reject", Scope::customers_write, {}, reject_suggestion},
      {"GET", "/v1/decisions", Scope::customers_read, {"limit", "cursor"}, list_decisions},
      {"POST", "/v1/decisions/{id}/undo", Scope::customers_write, {}, undo_decision},
      {"POST", "/v1/values/block", Scope::customers_write, {}, block_value},
      {"POST", "/v1/values/allow", Scope::customers_write, {}, allow_value},
      {"GET", "/v1/changes", Scope::customers_read, {"after", "limit", "wait"}, nullptr},
      {"GET", "/v1/channels", Scope::customers_read, {}, list_channels},
      {"GET", "/v1/events", Scope::admin, {"status", "channel", "limit", "cursor"}, list_events},
      {"GET", "/v1/events/{seq}", Scope::admin, {}, get_event},
      {"POST", "/v1/events/{seq}/replay", Scope::admin, {}, replay_event},
      {"GET", "/v1/rules", Scope::admin, {}, list_rules},
      {"GET", "/v1/drift", Scope::admin, {"all"}, list_drift},
      {"GET", "/metrics", Scope::admin, {}, get_metrics},
      {"GET", "/healthz", std::nullopt, {}, get_health},
      {"GET", "/readyz", std::nullopt, {}, get_readiness},
      {"GET", "/docs", std::nullopt, {}, get_routes_page},
      {"GET", "/docs/problems", std::nullopt, {}, get_problems_page},
  };
  return all;
}

std::string routes_page() {
  std::string page =
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Guanxi: CRM API</title>"
      "<h1>CRM API</h1><p>Send <code>Authorization: Bearer gx_…</code>. Errors: <a "
      "href=\"/docs/problems\">problems</a>.</p><table><tr><th>request<th>scope</tr>";
  for (const Route& route : routes()) {
    page += "<tr><td><code>" + std::string(route.method) + ' ' + std::string(route.pattern);
    for (std::size_t i = 0; i < route.parameters.size(); ++i) {
      page += (i == 0 ? "?" : "&amp;") + std::string(route.parameters[i]) + '=';
    }
    page += "</code><td>" + std::string(route.scope ? scope_text(*route.scope) : "none") + "</tr>";
  }
  return page + "</table></html>";
}

Checked<Match> match_route(std::string_view method, std::string_view path) {
  std::string allowed;
  std::string_view meant;
  for (const Route& route : routes()) {
    std::string item;
    // A path has one meaning: /v1/customers/lookup is no customer's id.
    if (!fits(route.pattern, path, item) || (!meant.empty() && route.pattern != meant)) continue;
    if (method == route.method || (method == "HEAD" && route.method == "GET")) {
      return Match{&route, std::move(item)};
    }
    meant = route.pattern;
    if (!allowed.empty()) allowed += ", ";
    allowed += route.method == "GET" ? "GET, HEAD" : std::string(route.method);
  }
  if (allowed.empty()) {
    return tl::unexpected(Problem{ProblemCode::not_found, "there is no such resource"});
  }
  return tl::unexpected(Problem{
      ProblemCode::method_not_allowed, "this resource takes " + allowed, {}, {{"Allow", allowed}}});
}

}  // namespace guanxi::api
