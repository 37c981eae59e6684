// The inverse plan: a callback as the platform would send it.
#pragma once

#include <string_view>

#include "adapters/protocol/bound_plan.h"

namespace guanxi::adapters::protocol {

Result<Callback> make_callback(const BoundPlan& plan, std::string_view recipe,
                               std::string_view payload, const Forgery& forgery);

}  // namespace guanxi::adapters::protocol
