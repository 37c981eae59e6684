// The examples of a pack, run: each payload must state exactly the facts written beside it.
#pragma once

#include <vector>

#include "adapters/rules/manifest.h"
#include "adapters/rules/plan.h"

namespace guanxi::adapters::rules {

// Runs every example, and complains of events and calls that have none.
void run_examples(const RulePlan& plan, const Manifest& manifest, const Json& pack,
                  std::vector<Complaint>& complaints);

// One event as examples spell it: {"event", "at", "facts", "calls", "drift"}.
Json readable(const models::Event& event);

}  // namespace guanxi::adapters::rules
