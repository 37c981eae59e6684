// What a platform's server is told, by a recipe's answers.
#pragma once

#include "adapters/adapter.h"
#include "adapters/protocol/evaluation.h"

namespace guanxi::adapters::protocol {

Answer make_answer(const BoundRecipe& recipe, Evaluation& evaluation);

// Whether the payload is what one of the answers seals: our own words, sent back to us.
bool is_reflection(const BoundRecipe& recipe, Evaluation& evaluation);

}  // namespace guanxi::adapters::protocol
