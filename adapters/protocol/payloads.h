// What an authenticated callback is laid open into.
#pragma once

#include <string>
#include <vector>

#include "adapters/adapter.h"
#include "adapters/protocol/evaluation.h"

namespace guanxi::adapters::protocol {

// The payloads of the recipe under way, with dedupe and order keys. Never fails: what cannot be
// read is one payload, as it came.
std::vector<Payload> lay_open(Evaluation& evaluation, const RecipePlan& recipe);

// Parses the JSON text at each pointer in place; text that is none stays. True if something
// changed.
bool unfold(Json& tree, const std::vector<Pointer>& pointers);

}  // namespace guanxi::adapters::protocol
