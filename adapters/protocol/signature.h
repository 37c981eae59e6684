// Signatures over parts of a request, by a plan.
#pragma once

#include <optional>
#include <string>

#include "adapters/protocol/bound_plan.h"
#include "adapters/protocol/evaluation.h"

namespace guanxi::adapters::protocol {

// As it stands in the request, without prefix; nothing if a part is missing.
std::optional<std::string> compute_signature(const BoundSignature& signature,
                                             Evaluation& evaluation, Format body);

// Whether one of the signatures in the request is right. Takes no longer for a better guess.
bool verify_signature(const BoundSignature& signature, Evaluation& evaluation);

}  // namespace guanxi::adapters::protocol
