#include "gateway/pipeline/announcements.h"

namespace guanxi::pipeline {

using models::Effect;
using models::Identity;

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

std::vector<Effect> difference(const std::set<Identity>& active_before,
                               const models::Customer& now) {
  std::vector<Effect> effects{{Effect::Kind::updated, {}}};
  for (const models::Relation& relation : now.relations) {
    const bool active = relation.status == "active";
    const bool was_active = active_before.contains(relation.staff);
    if (active && !was_active) effects.push_back({Effect::Kind::relation_started, relation.staff});
    if (!active && was_active) {
      effects.push_back({relation.reason == "transferred" ? Effect::Kind::relation_transferred
                                                          : Effect::Kind::relation_ended,
                         relation.staff});
    }
  }
  return effects;
}

}  // namespace guanxi::pipeline
