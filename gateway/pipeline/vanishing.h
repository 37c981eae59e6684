// Fields that nearly all events of a kind had, and that the last ones have no more: the one change
// of a platform that no single event shows.
#pragma once

#include <bitset>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/pipeline/reading.h"
#include "gateway/store/store.h"
#include "models/json.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::pipeline {

// What the last events of one name had in one channel.
class FieldHistory {
 public:
  // A field has vanished that at least `kNearlyAll` of `kBefore` events had, and none of the `kNow`
  // after them (semantics.md, 3).
  static constexpr std::size_t kBefore = 200;
  static constexpr std::size_t kNearlyAll = 190;
  static constexpr std::size_t kNow = 50;
  static constexpr std::size_t kMostFields = 256;  // others are not counted

  // Counts an event that has these fields. Those that have vanished with it, each once: it is
  // forgotten, and counted anew should it come back. What stands within something that is gone is
  // not told, nor that lists are empty.
  std::vector<std::string> add(std::span<const std::string> present);

  models::Json state() const;
  static FieldHistory from(const models::Json& state);

 private:
  using Past = std::bitset<kBefore + kNow>;  // the newest event first

  bool has_vanished(const std::string& field, const Past& past) const;
  static bool is_gone(const Past& past);

  std::size_t events_ = 0;  // no further than a past reaches
  std::unordered_map<std::string, Past> fields_;
};

// The histories of all channels. They are kept in the store, so that they go on after a restart; an
// end without notice loses what was counted since they were written last. One writer at a time, as
// one process works the inbox.
class FieldBook {
 public:
  static constexpr std::size_t kMostEvents = 256;  // of a channel; others are not counted

  // Counts a row that was worked, unless it is an answer: platforms answer as they are asked.
  std::vector<models::Drift> add(store::Store& store, const ReadRow& row);
  // Writes what was counted if the last time is a while ago, or `now_or_never`.
  Result<void> write(store::Store& store, Time now, bool now_or_never);
  // Somebody else may count now: what they write is read before going on.
  void forget() { pages_.clear(); }

 private:
  struct Page {
    bool changed = false;
    std::map<std::string, FieldHistory> events;
  };

  Page* page_of(store::Store& store, store::ChannelId channel);

  std::map<store::ChannelId, Page> pages_;
  Time written_at_{};
};

}  // namespace guanxi::pipeline
