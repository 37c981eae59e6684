// From inbox rows to events: each row read by the adapter of its channel and the pack of its day.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bound_channel.h"
#include "gateway/pipeline/shadow.h"
#include "gateway/store/store.h"
#include "models/fact.h"
#include "models/result.h"

namespace guanxi::pipeline {

struct ReadRow {
  store::InboxRow row;
  std::string channel;  // its name
  std::string platform;
  std::string pack;
  std::string pack_hash;
  std::shared_ptr<const adapters::Pack> reader;  // null if it could not be read
  std::vector<models::Event> events;
  std::string next_page;  // answers: more pages follow
  std::string error;      // not empty: the row cannot be read, and is dead unless held
  bool held = false;      // its channel is not in the configuration
  std::optional<ShadowReading> shadow;  // as a version that is tried reads it
};

// Never fails: what cannot be read says so in `error`.
ReadRow read_row(store::InboxRow row, const adapters::ChannelMap& channels);

// For the last of several pages of an answer: names the staff of the earlier pages in the facts
// that are a whole list, and for all others drops that claim. `unavailable` if earlier pages cannot
// be had.
Result<void> complete_lists(ReadRow& row, const adapters::ChannelMap& channels,
                            store::Store& store);

// How the row is marked once its effects are written.
store::RowMark mark_of(const ReadRow& row, Time now);

}  // namespace guanxi::pipeline
