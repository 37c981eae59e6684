// Sample events for `trigger`: the examples of a channel's pack, found by the event they carry.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "adapters/adapter.h"
#include "models/fact.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::app {

struct Sample {
  std::string event;    // "event/change_external_contact/add_external_contact"
  std::string example;  // the pack's name of it
  std::string recipe;   // by which it is sent
  std::string format;   // "xml" or "json"
  models::Json payload;
  Time at{};  // the event time that the payload carries
};

// One for each event of which the pack in force has an example, in order of event names.
std::vector<Sample> samples_of(const adapters::Adapter& adapter, Time now);

// The sample whose event is `name` or alone ends in "/" and it; not_found says what is near.
Result<Sample> find_sample(const std::vector<Sample>& samples, const std::string& name);

// The payload of the `index`-th of a series, as the platform would send it: the event's time
// becomes `at` wherever the payload carries it, and `set` replaces fields (a name at the top, or a
// JSON pointer), {n} in a value being the index.
// Fields of `set` that the sample lacks are added; new_fields says of each, with what is near.
Result<std::string> make_payload(const Sample& sample, Time at, std::size_t index,
                                 const std::vector<std::pair<std::string, std::string>>& set);
std::vector<std::string> new_fields(const Sample& sample,
                                    const std::vector<std::pair<std::string, std::string>>& set);

}  // namespace guanxi::app
