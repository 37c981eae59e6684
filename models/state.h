// How facts and what is folded from them are written for the store: lists of values by position,
// and every source written once.
// Private to models; what outsiders see is models/json.h.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "models/customer.h"

namespace guanxi::models::state {

// A JSON list of the values, each put where it belongs at once.
template <typename... Values>
Json list_of(Values&&... values) {
  Json::array_t list;
  list.reserve(sizeof...(values));
  (list.emplace_back(std::forward<Values>(values)), ...);
  return Json(std::move(list));
}

// Sources by position, shared by all values of one document.
class SourceTable {
 public:
  std::size_t index_of(const Source& source);
  // Null for none.
  Json place_of(const std::optional<Source>& source);
  Json to_json() const;

 private:
  std::vector<Source> sources_;
};

Json source_to(const Source& source);
std::vector<Source> sources_from(const Json& json);
std::optional<Source> source_at(const std::vector<Source>& sources, const Json& place);

Json fields_to(const Fields& fields, SourceTable& sources);
Fields fields_from(const Json& json, const std::vector<Source>& sources);

Json identity_to(const Identity& identity);
Identity identity_from(const Json& json);

Json time_to(const std::optional<Time>& time);
std::optional<Time> time_from(const Json& json);

}  // namespace guanxi::models::state
