// Facts of one event that different rules state about the same: they become one.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "models/fact.h"

namespace guanxi::adapters::rules {

class FactMerger {
 public:
  // True if the fact became part of one that another rule stated before. Otherwise the caller
  // appends it, and it is known as the next of `facts`.
  bool merge(const models::Fact& fact, std::vector<models::Fact>& facts);

 private:
  std::unordered_map<std::string, std::size_t> first_;  // by key: where in the facts
};

}  // namespace guanxi::adapters::rules
