// How folded state is written for the store: short keys, and every source written once.
// Private to models; what outsiders see is models/json.h.
#pragma once

#include <optional>
#include <vector>

#include "models/customer.h"

namespace guanxi::models::state {

// Sources by position, shared by all values of one document.
class SourceTable {
 public:
  std::size_t index_of(const Source& source);
  Json to_json() const;

 private:
  std::vector<Source> sources_;
};

std::vector<Source> sources_from(const Json& json);

Json fields_to(const Fields& fields, SourceTable& sources);
Fields fields_from(const Json& json, const std::vector<Source>& sources);

Json identity_to(const Identity& identity);
Identity identity_from(const Json& json);

Json time_to(const std::optional<Time>& time);
std::optional<Time> time_from(const Json& json);

}  // namespace guanxi::models::state
