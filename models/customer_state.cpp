#include "models/customer.h"
#include "models/state.h"

namespace guanxi::models {
namespace {

using state::fields_from;
using state::fields_to;
using state::identity_from;
using state::identity_to;
using state::list_of;
using state::SourceTable;
using state::time_from;
using state::time_to;

Json relation_to(const Relation& relation, SourceTable& sources) {
  Json periods = Json::array();
  for (const RelationPeriod& period : relation.periods) {
    periods.push_back(list_of(time_to(period.since), time_to(period.until), period.reason,
                              period.state, sources.place_of(period.began),
                              sources.place_of(period.ended)));
  }
  return list_of(identity_to(relation.customer), identity_to(relation.staff), relation.platform,
                 relation.channel, relation.status, relation.reason, relation.ended_by_event,
                 std::move(periods), fields_to(relation.fields, sources), to_ms(relation.last_at),
                 sources.place_of(relation.status_source));
}

Relation relation_from(const Json& json, const std::vector<Source>& sources) {
  Relation relation;
  relation.customer = identity_from(json.at(0));
  relation.staff = identity_from(json.at(1));
  relation.platform = json.at(2).get<std::string>();
  relation.channel = json.at(3).get<std::string>();
  relation.status = json.at(4).get<std::string>();
  relation.reason = json.at(5).get<std::string>();
  relation.ended_by_event = json.at(6).get<bool>();
  for (const Json& row : json.at(7)) {
    relation.periods.push_back({time_from(row.at(0)), time_from(row.at(1)),
                                row.at(2).get<std::string>(), row.at(3).get<std::string>(),
                                state::source_at(sources, row.at(4)),
                                state::source_at(sources, row.at(5))});
  }
  relation.fields = fields_from(json.at(8), sources);
  relation.last_at = from_ms(json.at(9).get<std::int64_t>());
  relation.status_source = state::source_at(sources, json.at(10));
  return relation;
}

Customer read_customer(const Json& json) {
  Customer customer;
  const std::vector<Source> sources = state::sources_from(json.at(12));
  customer.id = parse_uuid(json.at(0).get<std::string>()).value_or(Uuid{});
  customer.version = json.at(1).get<std::int64_t>();
  customer.created_at = from_ms(json.at(2).get<std::int64_t>());
  customer.updated_at = from_ms(json.at(3).get<std::int64_t>());
  for (const Json& row : json.at(4)) {
    customer.identities.push_back(
        {identity_from(row.at(0)), row.at(1).get<std::string>(), row.at(2).get<std::string>(),
         from_ms(row.at(3).get<std::int64_t>()), from_ms(row.at(4).get<std::int64_t>()),
         sources.at(row.at(5).get<std::size_t>()), row.size() > 6});
  }
  customer.fields = fields_from(json.at(5), sources);
  for (const Json& row : json.at(6)) {
    customer.relations.push_back(relation_from(row, sources));
  }
  if (const Json& origin = json.at(7); !origin.is_null()) {
    customer.origin = sources.at(origin.at(0).get<std::size_t>());
    customer.origin_state = origin.at(1).get<std::string>();
  }
  customer.first_seen_at = time_from(json.at(8));
  customer.last_interaction_at = time_from(json.at(9));
  customer.folded_at = from_ms(json.at(10).get<std::int64_t>());
  customer.folded_seq = json.at(11).get<std::int64_t>();
  for (const Json& row : json.at(13)) {
    customer.places.emplace(row.at(0).get<std::string>(), row.at(1).get<std::string>());
  }
  return customer;
}

}  // namespace

Json customer_state(const Customer& customer) {
  SourceTable sources;
  Json identities = Json::array();
  for (const CustomerIdentity& held : customer.identities) {
    Json row =
        list_of(identity_to(held.identity), held.platform, held.channel, to_ms(held.first_seen),
                to_ms(held.last_seen), sources.index_of(held.source));
    if (held.contested) row.push_back(1);
    identities.push_back(std::move(row));
  }
  Json relations = Json::array();
  for (const Relation& relation : customer.relations) {
    relations.push_back(relation_to(relation, sources));
  }
  Json origin;
  if (customer.origin) {
    origin = list_of(sources.index_of(*customer.origin), customer.origin_state);
  }
  Json fields = fields_to(customer.fields, sources);
  Json places = Json::array();
  for (const auto& [platform, channel] : customer.places) {
    places.push_back(list_of(platform, channel));
  }
  return list_of(format_uuid(customer.id), customer.version, to_ms(customer.created_at),
                 to_ms(customer.updated_at), std::move(identities), std::move(fields),
                 std::move(relations), std::move(origin), time_to(customer.first_seen_at),
                 time_to(customer.last_interaction_at), to_ms(customer.folded_at),
                 customer.folded_seq, sources.to_json(), std::move(places));
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
