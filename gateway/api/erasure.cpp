// The end of a person's data, and all that is held of her.
#include <algorithm>
#include <utility>

#include "crypto/base64.h"
#include "gateway/api/answer.h"
#include "gateway/api/endpoints.h"
#include "models/json.h"

namespace guanxi::api {
namespace {

// An answer of one person's data stays within what one answer may be.
constexpr std::size_t kMostEvents = 10'000;

Json names_json(const models::Fact& fact) {
  Json names = Json::array();
  for (const models::Named& named : fact.names) {
    names.push_back({{"role", models::role_text(named.role)},
                     {"kind", named.identity.kind},
                     {"value", named.identity.value}});
  }
  return names;
}

Json facts_json(const std::vector<store::SubjectFacts>& rows) {
  Json list = Json::array();
  for (const store::SubjectFacts& row : rows) {
    for (const models::Fact& fact : row.facts) {
      list.push_back({{"kind", models::fact_kind_text(fact.kind)},
                      {"event", row.source.seq},
                      {"platform", row.source.platform},
                      {"channel", row.source.channel},
                      {"pack", row.source.pack},
                      {"rule", fact.rule},
                      {"at", format_time(fact.at)},
                      {"trust", models::trust_text(fact.trust)},
                      {"names", names_json(fact)},
                      {"fields", fact.fields}});
    }
  }
  return list;
}

Checked<Json> events_json(const Context& context, store::TenantId tenant,
                          const std::vector<store::Key>& keys) {
  const auto naming = checked(context.store.rows_naming(tenant, keys));
  if (!naming) return tl::unexpected(naming.error());
  Json list = Json::array();
  for (const auto& [seq, named] : *naming) {
    if (list.size() == kMostEvents) break;
    const auto row = checked(context.store.event(tenant, seq));
    if (!row) return tl::unexpected(row.error());
    if (!*row) continue;
    Json event{
        {"seq", seq}, {"received_at", format_time((*row)->received_at)}, {"event", (*row)->event}};
    const std::string& bytes = (*row)->bytes;
    const Json text(bytes);
    try {
      static_cast<void>(text.dump());
      event["payload"] = bytes;
    } catch (const Json::exception&) {
      event["payload_base64"] = crypto::encode_base64(bytes);
    }
    list.push_back(std::move(event));
  }
  return list;
}

}  // namespace

Outcome export_person(const Context& context, const Call& call) {
  const auto id = parse_uuid(call.item);
  if (!id) return no_such_customer(context, call);
  const store::TenantId tenant = call.caller.tenant;
  const auto found = checked(context.store.customers(tenant, std::span(&*id, 1)));
  if (!found) return tl::unexpected(found.error());
  if (found->empty()) return no_such_customer(context, call);
  const models::Customer& customer = found->front();
  auto shown = customers_json(context, call.caller, *found);
  if (!shown) return tl::unexpected(shown.error());
  std::vector<store::Key> keys;
  for (const models::CustomerIdentity& held : customer.identities) {
    keys.push_back(context.store.key_of(tenant, held.identity));
  }
  const auto facts = checked(context.store.facts_of(tenant, keys));
  if (!facts) return tl::unexpected(facts.error());
  auto events = events_json(context, tenant, keys);
  if (!events) return tl::unexpected(events.error());
  auto why = why_one_json(context, call.caller, *id);
  if (!why) return tl::unexpected(why.error());
  return json_response({{"customer", std::move(shown->front())},
                        {"why_one", std::move(*why)},
                        {"facts", facts_json(*facts)},
                        {"events", std::move(*events)}});
}

Outcome erase_customer(const Context& context, const Call& call) {
  const auto id = parse_uuid(call.item);
  const Problem missing{ProblemCode::not_found, "no customer has this id"};
  if (!id) return tl::unexpected(missing);
  bool dry_run = false;
  if (const std::string* text = call.parameters.find("dry_run")) {
    if (*text != "true" && *text != "false") {
      return tl::unexpected(Problem{ProblemCode::invalid_parameter, "dry_run takes true or false"});
    }
    dry_run = *text == "true";
  }
  const auto merged = checked(context.store.merged(call.caller.tenant, std::span(&*id, 1)));
  if (!merged) return tl::unexpected(merged.error());
  if (const auto into = merged->find(*id); into != merged->end()) {
    return tl::unexpected(Problem{
        ProblemCode::conflict, "this customer was merged into " + format_uuid(into->second.first)});
  }
  GUANXI_CHECK(context.people != nullptr);
  const auto receipt = context.people->erase(call.caller.tenant, *id, dry_run);
  if (!receipt && receipt.error().code == ErrorCode::not_found) return tl::unexpected(missing);
  if (!receipt) return tl::unexpected(problem_from(receipt.error()));
  net::Response response = json_response(*receipt);
  if (dry_run) return response;
  response.status = 202;
  response.headers.emplace_back("Location", "/v1/erasures/" + receipt->at("id").get<std::string>());
  return response;
}

Outcome get_erasure(const Context& context, const Call& call) {
  const Problem missing{ProblemCode::not_found, "no erasure has this id"};
  const auto id = parse_uuid(call.item);
  if (!id) return tl::unexpected(missing);
  const auto receipt = checked(context.store.erasure(call.caller.tenant, *id));
  if (!receipt) return tl::unexpected(receipt.error());
  if (!*receipt) return tl::unexpected(missing);
  Json json = Json::parse(**receipt, nullptr, false);
  json["status"] = "done";
  return json_response(json);
}

}  // namespace guanxi::api
