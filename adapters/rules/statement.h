// What one entry of a pack says about one body: its facts, and the calls it wants.
#pragma once

#include <optional>

#include "adapters/rules/evaluate.h"
#include "adapters/rules/normalize.h"
#include "adapters/rules/plan.h"

namespace guanxi::adapters::rules {

// One message laid open. All outlive the statement.
struct Utterance {
  const Json& message;
  const Json& body;
  const Variables& variables;
  const std::optional<Ref>& self;  // the inlet's, read from the message
  Time at{};
};

// Adds facts and calls to the event, and to the findings what was not understood.
void state(const Situation& situation, const EntryPlan& entry, const Utterance& utterance,
           Findings& findings, models::Event& event);

}  // namespace guanxi::adapters::rules
