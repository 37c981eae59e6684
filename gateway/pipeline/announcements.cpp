#include "gateway/pipeline/announcements.h"

namespace guanxi::pipeline {

using models::Effect;

std::string_view change_type(Effect::Kind kind) {
  switch (kind) {
    case Effect::Kind::updated:
      return "customer.updated";
    case Effect::Kind::relation_started:
      return "relation.started";
    case Effect::Kind::relation_ended:
      return "relation.ended";
    case Effect::Kind::relation_transferred:
      return "relation.transferred";
    case Effect::Kind::tag_changed:
      return "tag.changed";
  }
  return "customer.updated";
}

std::string_view object_type(Effect::Kind kind) {
  switch (kind) {
    case Effect::Kind::updated:
      return "customer";
    default:
      return "relation";
  }
}

std::vector<Effect> difference(const RelationsBefore& before, const models::Customer& now) {
  std::vector<Effect> effects{{Effect::Kind::updated, {}}};
  for (const models::Relation& relation : now.relations) {
    const auto found = before.find(relation.staff);
    const bool active = relation.status == "active";
    const bool was_active = found != before.end() && found->second.first;
    if (active && !was_active) effects.push_back({Effect::Kind::relation_started, relation.staff});
    if (!active && was_active) {
      effects.push_back({relation.reason == "transferred" ? Effect::Kind::relation_transferred
                                                          : Effect::Kind::relation_ended,
                         relation.staff});
    }
    const models::Json tags = models::value_of(relation.fields, "tags");
    if (tags != (found == before.end() ? models::Json() : found->second.second)) {
      effects.push_back({Effect::Kind::tag_changed, relation.staff});
    }
  }
  return effects;
}

}  // namespace guanxi::pipeline
