// From a pack's resolved JSON to its plan. What the vocabulary does not allow is complained of; the
// plan is complete only when nothing was.
#pragma once

#include <vector>

#include "adapters/rules/manifest.h"
#include "adapters/rules/plan.h"

namespace guanxi::adapters::rules {

// Packs say in which version of the vocabulary they are written; every version that was ever
// shipped is read.
inline constexpr int kNewestInterface = 2;

RulePlan compile_rules(const Json& pack, const Manifest& manifest,
                       std::vector<Complaint>& complaints);

// The event's entry with `like` put in.
Json resolved_event(const Json& events, const Json& entry);

}  // namespace guanxi::adapters::rules
