// What is wrong with a pack's `transport`, in form and in meaning.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "adapters/protocol/recipe_plan.h"
#include "adapters/protocol/transport.h"

namespace guanxi::adapters::protocol {

// The plan, its recipes in the order in which they are tried; null if there is a complaint.
std::unique_ptr<const TransportPlan> plan_transport(const Json& transport,
                                                    const std::set<std::string>& secret_settings,
                                                    const std::set<std::string>& known_settings,
                                                    std::vector<Complaint>& complaints);

}  // namespace guanxi::adapters::protocol
