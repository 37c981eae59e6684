// How changes are named to outsiders: the words of the feed. Private to the pipeline.
#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "models/customer.h"
#include "models/fact.h"

namespace guanxi::pipeline {

// "customer.updated", "relation.started", …
std::string_view change_type(models::Effect::Kind kind);
// "customer", "relation" or "tag"
std::string_view object_type(models::Effect::Kind kind);

// What a whole refolding changed for outsiders: `active_before` are the staff with whom a relation
// was active.
std::vector<models::Effect> difference(const std::set<models::Identity>& active_before,
                                       const models::Customer& now);

}  // namespace guanxi::pipeline
