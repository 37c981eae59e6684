// What a version of the rules that is only tried would have made of the rows that another one
// reads.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gateway/store/store.h"
#include "models/fact.h"
#include "models/json.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::pipeline {

// Where two readings of one row differ, a line each: places and words of the rules, never a value.
// "relation: only with the candidate", "relation /set/state: another value". Empty: they agree.
std::vector<std::string> differences(const std::vector<models::Event>& active,
                                     const std::vector<models::Event>& candidate);

// One row as both read it.
struct ShadowReading {
  std::string version;  // of the candidate
  std::string event;    // as the active version names it
  std::vector<std::string> differences = {};
  bool unreadable = false;  // for the candidate alone
};

// The report of one channel and candidate: what is counted is kept in the store, so that it goes on
// after a restart. One writer at a time, as one process works the inbox.
struct ShadowReport {
  struct Line {
    std::int64_t count = 0;
    std::int64_t first_seq = 0;
    std::int64_t last_seq = 0;
  };
  std::int64_t rows = 0;
  std::int64_t differing = 0;
  std::int64_t unreadable = 0;
  std::map<std::pair<std::string, std::string>, Line> lines;  // by event and difference

  void add(const ShadowReading& reading, std::int64_t seq);
};
models::Json report_json(const ShadowReport& report);
ShadowReport shadow_report_from(const models::Json& json);

// Under which name of Store::note the report stands.
std::string shadow_note(store::ChannelId channel, std::string_view version);

// Collects in memory and writes now and then.
class ShadowBook {
 public:
  void add(store::ChannelId channel, const ShadowReading& reading, std::int64_t seq);
  // Writes what was collected if the last time is a while ago, or `now_or_never`.
  Result<void> write(store::Store& store, Time now, bool now_or_never);

 private:
  struct Page {
    bool changed = false;
    ShadowReport report;
  };
  std::map<std::pair<store::ChannelId, std::string>, Page> pages_;
  Time written_at_{};
};

}  // namespace guanxi::pipeline
