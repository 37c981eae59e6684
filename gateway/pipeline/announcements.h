// How changes are named to outsiders: the words of the feed. Private to the pipeline.
#pragma once

#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "models/customer.h"
#include "models/fact.h"

namespace guanxi::pipeline {

// "customer.updated", "relation.started", …
std::string_view change_type(models::Effect::Kind kind);
// "customer", "relation" or "tag"
std::string_view object_type(models::Effect::Kind kind);

// Of a customer's relations before, by staff: whether it was active, and its tags.
using RelationsBefore = std::map<models::Identity, std::pair<bool, models::Json>>;

// What a whole refolding changed for outsiders.
std::vector<models::Effect> difference(const RelationsBefore& before, const models::Customer& now);

}  // namespace guanxi::pipeline
