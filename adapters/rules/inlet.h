// Which inlet a message belongs to, and where in it the event's name, time and body are.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/rules/evaluate.h"
#include "adapters/rules/plan.h"
#include "models/time.h"

namespace guanxi::adapters::rules {

struct Opening {
  std::string name;
  std::vector<std::pair<std::size_t, const Path*>> parts;  // where each ends in the name, and stood
  Time at{};
  const Json* body = nullptr;  // null: the message has none
  Variables variables;
};

// The inlet with the most pointers present; null when none fits. `recipe` is "inlet.variant".
const InletPlan* choose_inlet(const RulePlan& plan, std::string_view recipe, const Json& message);

// "belong_customer_id" and "BelongCustomerId" are both "belongCustomerId".
std::string camel_key(std::string_view key);

// Parses JSON in text and renames keys, in place.
void prepare(const InletPlan& inlet, Json& message);

// `message` and `inlet` outlive the opening.
Opening open_message(const InletPlan& inlet, const Json& message, Time received_at);

}  // namespace guanxi::adapters::rules
