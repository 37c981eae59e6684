// From events to one batch of changes: who each fact is about, what it makes of customers and
// things, and everything that follows from it. Reads the store, writes nothing.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "gateway/pipeline/reading.h"
#include "gateway/store/store.h"
#include "models/ids.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::pipeline {

// The rows were worked before: what they state now takes the place of what they stated then.
struct Replaying {
  bool calls = false;  // whether platform calls are wanted again
};

struct ComposeContext {
  store::Store& store;
  std::function<Uuid()> make_id;
  Time now{};
  std::optional<Replaying> replaying = {};
};

struct Composed {
  store::Batch batch;
  // All that was looked up: identities and things by key, and the customers that hold them. Sorted.
  std::vector<store::Key> keys;
  std::vector<Uuid> customers;
};

// True if writing `earlier` may change what `composed` rests on.
bool rests_on(const Composed& composed, const store::Batch& earlier);

// The batch for rows in the order given, which is the order of their seq. Takes the facts out of
// their events. Errors are the store's.
Result<Composed> compose(std::span<ReadRow> rows, const ComposeContext& context);

}  // namespace guanxi::pipeline
