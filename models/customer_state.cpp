#include "models/customer.h"
#include "models/state.h"

namespace guanxi::models {
namespace {

using state::fields_from;
using state::fields_to;
using state::identity_from;
using state::identity_to;
using state::SourceTable;
using state::time_from;
using state::time_to;

Json relation_to(const Relation& relation, SourceTable& sources) {
  Json periods = Json::array();
  for (const RelationPeriod& period : relation.periods) {
    periods.push_back(
        Json::array({time_to(period.since), time_to(period.until), period.reason, period.state}));
  }
  return {{"c", identity_to(relation.customer)},
          {"w", identity_to(relation.staff)},
          {"p", relation.platform},
          {"ch", relation.channel},
          {"st", relation.status},
          {"re", relation.reason},
          {"ev", relation.ended_by_event},
          {"pe", std::move(periods)},
          {"f", fields_to(relation.fields, sources)},
          {"at", to_ms(relation.last_at)}};
}

Relation relation_from(const Json& json, const std::vector<Source>& sources) {
  Relation relation;
  relation.customer = identity_from(json.at("c"));
  relation.staff = identity_from(json.at("w"));
  relation.platform = json.at("p").get<std::string>();
  relation.channel = json.at("ch").get<std::string>();
  relation.status = json.at("st").get<std::string>();
  relation.reason = json.at("re").get<std::string>();
  relation.ended_by_event = json.at("ev").get<bool>();
  for (const Json& row : json.at("pe")) {
    relation.periods.push_back({time_from(row.at(0)), time_from(row.at(1)),
                                row.at(2).get<std::string>(), row.at(3).get<std::string>()});
  }
  relation.fields = fields_from(json.at("f"), sources);
  relation.last_at = from_ms(json.at("at").get<std::int64_t>());
  return relation;
}

Customer read_customer(const Json& json) {
  Customer customer;
  const std::vector<Source> sources = state::sources_from(json.at("s"));
  customer.id = parse_uuid(json.at("id").get<std::string>()).value_or(Uuid{});
  customer.version = json.at("v").get<std::int64_t>();
  customer.created_at = from_ms(json.at("ca").get<std::int64_t>());
  customer.updated_at = from_ms(json.at("ua").get<std::int64_t>());
  for (const Json& row : json.at("i")) {
    customer.identities.push_back(
        {identity_from(row.at(0)), row.at(1).get<std::string>(), row.at(2).get<std::string>(),
         from_ms(row.at(3).get<std::int64_t>()), from_ms(row.at(4).get<std::int64_t>())});
  }
  customer.fields = fields_from(json.at("f"), sources);
  for (const Json& row : json.at("r")) {
    customer.relations.push_back(relation_from(row, sources));
  }
  if (const Json& origin = json.at("o"); !origin.is_null()) {
    customer.origin = sources.at(origin.at(0).get<std::size_t>());
    customer.origin_state = origin.at(1).get<std::string>();
  }
  customer.first_seen_at = time_from(json.at("fs"));
  customer.last_interaction_at = time_from(json.at("li"));
  customer.folded_at = from_ms(json.at("fa").get<std::int64_t>());
  customer.folded_seq = json.at("fq").get<std::int64_t>();
  return customer;
}

}  // namespace

Json customer_state(const Customer& customer) {
  SourceTable sources;
  Json identities = Json::array();
  for (const CustomerIdentity& held : customer.identities) {
    identities.push_back(Json::array({identity_to(held.identity), held.platform, held.channel,
                                      to_ms(held.first_seen), to_ms(held.last_seen)}));
  }
  Json relations = Json::array();
  for (const Relation& relation : customer.relations) {
    relations.push_back(relation_to(relation, sources));
  }
  Json origin;
  if (customer.origin) {
    origin = Json::array({sources.index_of(*customer.origin), customer.origin_state});
  }
  Json fields = fields_to(customer.fields, sources);
  return {{"id", format_uuid(customer.id)},
          {"v", customer.version},
          {"ca", to_ms(customer.created_at)},
          {"ua", to_ms(customer.updated_at)},
          {"i", std::move(identities)},
          {"f", std::move(fields)},
          {"r", std::move(relations)},
          {"o", std::move(origin)},
          {"fs", time_to(customer.first_seen_at)},
          {"li", time_to(customer.last_interaction_at)},
          {"fa", to_ms(customer.folded_at)},
          {"fq", customer.folded_seq},
          {"s", sources.to_json()}};
}

std::optional<Customer> customer_from_state(const Json& json) {
  try {
    return read_customer(json);
  } catch (const Json::exception&) {
    return std::nullopt;
  } catch (const std::out_of_range&) {
    return std::nullopt;
  }
}

}  // namespace guanxi::models
