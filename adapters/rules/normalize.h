// From a message to what it says: the plan of a pack, run. Total on any tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/adapter.h"
#include "adapters/rules/plan.h"
#include "adapters/rules/scope.h"
#include "models/fact.h"

namespace guanxi::adapters::rules {

// What reading depends on besides the message.
struct Situation {
  const RulePlan& plan;
  const Scopes& scopes;
  Trust trust = Trust::account_bound;  // no fact is believed more than this
  Time received_at{};
};

// Reads the payload that `recipe` opened. Never empty: what no rule maps is an unmapped event.
std::vector<models::Event> read_message(const Situation& situation, std::string_view recipe,
                                        Json message);

// Reads an API answer that is no error. The call's own facts come first, under the call's name.
std::vector<models::Event> read_answer(const Situation& situation, const CallPlan& call,
                                       const CallContext& context, const Json& answer);

}  // namespace guanxi::adapters::rules
