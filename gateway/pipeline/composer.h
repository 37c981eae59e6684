// From events to one batch of changes: who each fact is about, what it makes of customers and
// things, and everything that follows from it. Reads the store, writes nothing.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "gateway/identity/policy.h"
#include "gateway/pipeline/grouping.h"
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

// A person whose data ends, and all rows that name her, read from what they stated.
struct Erasing {
  store::Erasure erasure;
  std::set<store::Key> identities;  // hers; `erasure` names those that nobody else has
  std::set<std::string> texts;      // what is known of her, wherever it stands
};

struct ComposeContext {
  store::Store& store;
  std::function<Uuid()> make_id;
  Time now{};
  std::optional<Replaying> replaying = {};
  const identity::Policy* policy = nullptr;            // null: the default
  const models::Survivorship* survivorship = nullptr;  // null: the usual one
  const Erasing* erasing = nullptr;                    // with `replaying`
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

// What somebody decided of who is who.
struct Ruling {
  store::TenantId tenant = 0;
  store::DecisionRecord decision;
  // Whom it concerns: everything that is tied to them is judged anew.
  std::vector<store::Key> concerned;
  std::map<Uuid, models::Identity> stays;  // who keeps a customer's id if she is divided
  // What it says something of; they get a row each, so that it holds also for what is not known
  // yet.
  std::vector<models::Identity> values;
  // Of a decision that puts back one that was taken back: that one, which is in force again.
  std::optional<store::DecisionRecord> restored = {};
};

// The batch that makes a ruling true.
Result<Composed> compose(const Ruling& ruling, const ComposeContext& context);

}  // namespace guanxi::pipeline
