// Staff, departments, tags, groups, leads and notices: things beside customers, each a fold of
// facts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/customer.h"
#include "models/fact.h"
#include "models/time.h"

namespace guanxi::models {

struct Entity {
  Identity identity;
  FactKind kind = FactKind::staff;  // staff, department, tag, group, lead, notice, credential
  std::int64_t version = 0;         // 0: not yet written
  std::string platform;
  std::string channel;
  std::string status;
  std::optional<Source> status_source;  // what says so
  Fields fields;                        // as the kind's facts state them
  // Groups: member key ("name_space scope value") to
  // {"identity","status","since","until","way","nickname"} and the "source" of the newest of these.
  Json members = Json::object();
  std::optional<Identity> customer;  // leads: whose
  Time created_at{};
  Time updated_at{};
  Time folded_at{};
  std::int64_t folded_seq = 0;

  bool operator==(const Entity&) const = default;
  bool accepts(const Source& source) const;
};

// Applies the facts of one event that belong to this entity; true if anything outsiders see
// changed.
bool apply(Entity& entity, const std::vector<Fact>& facts, const Source& source);

Json entity_state(const Entity& entity);
std::optional<Entity> entity_from_state(const Json& json);

// As the CRM API shows it.
Json entity_json(const Entity& entity);

}  // namespace guanxi::models
