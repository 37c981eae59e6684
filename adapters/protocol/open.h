// The way of one callback through the recipes of a bound plan.
#pragma once

#include "adapters/protocol/bound_plan.h"

namespace guanxi::adapters::protocol {

Result<Opened> open_callback(const BoundPlan& plan, const Callback& callback, Time now);

// Whether this one recipe takes the callback, watched or not.
bool accepts(const BoundPlan& plan, const BoundRecipe& recipe, const Callback& callback, Time now);

// A request's time as its unit spells it: exactly 10 digits of seconds or 13 of milliseconds.
std::optional<Time> read_time(std::string_view text, FreshPlan::Unit unit);

}  // namespace guanxi::adapters::protocol
