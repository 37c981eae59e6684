#include <algorithm>
#include <array>

#include "models/fact.h"
#include "models/state.h"

namespace guanxi::models {
namespace {

using state::identity_from;
using state::identity_to;
using state::list_of;

Json fact_to(const Fact& fact) {
  Json names = Json::array();
  for (const Named& name : fact.names) {
    names.push_back(list_of(role_text(name.role), identity_to(name.identity)));
  }
  Json row = list_of(fact_kind_text(fact.kind), fact.rule, fact.index, to_ms(fact.at),
                     trust_text(fact.trust), std::move(names), fact.fields,
                     fact.complete ? Json(role_text(*fact.complete)) : Json());
  if (fact.unproven) row.push_back(1);
  return row;
}

template <typename Value>
Value known(std::optional<Value> value) {
  if (!value) throw std::out_of_range("a word is unknown");
  return *value;
}

Fact fact_from(const Json& json) {
  Fact fact;
  fact.kind = known(fact_kind_from(json.at(0).get_ref<const std::string&>()));
  fact.rule = json.at(1).get<std::string>();
  fact.index = json.at(2).get<std::uint32_t>();
  fact.at = from_ms(json.at(3).get<std::int64_t>());
  fact.trust = known(trust_from(json.at(4).get_ref<const std::string&>()));
  for (const Json& name : json.at(5)) {
    const Role role = known(role_from(name.at(0).get_ref<const std::string&>()));
    fact.names.push_back({role, identity_from(name.at(1))});
  }
  fact.fields = json.at(6).get_ref<const Json::object_t&>();
  if (const Json& complete = json.at(7); !complete.is_null()) {
    fact.complete = known(role_from(complete.get_ref<const std::string&>()));
  }
  fact.unproven = json.size() > 8;
  return fact;
}

}  // namespace

Json facts_state(const std::vector<Fact>& facts) {
  Json json = Json::array();
  for (const Fact& fact : facts) json.push_back(fact_to(fact));
  return json;
}

std::optional<std::vector<Fact>> facts_from_state(const Json& json) {
  if (!json.is_array()) return std::nullopt;
  try {
    std::vector<Fact> facts;
    facts.reserve(json.size());
    for (const Json& entry : json) facts.push_back(fact_from(entry));
    return facts;
  } catch (const Json::exception&) {
    return std::nullopt;
  } catch (const std::out_of_range&) {
    return std::nullopt;
  }
}

}  // namespace guanxi::models
