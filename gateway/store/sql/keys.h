// Lists of keys within one column. They are keyed hashes, and so tell nobody anything.
#pragma once

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/store/records.h"

namespace guanxi::store::sql {

inline std::string keys_text(const std::vector<Key>& keys) {
  std::string text;
  text.reserve(keys.size() * sizeof(Key));
  for (const Key& key : keys) text.append(key.begin(), key.end());
  return text;
}

inline std::vector<Key> keys_from(std::string_view text) {
  std::vector<Key> keys(text.size() / sizeof(Key));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(i * sizeof(Key)), sizeof(Key),
                keys[i].begin());
  }
  return keys;
}

inline bool is_zero(const Key& key) { return key == Key{}; }

// Whom else a change names and what went along: the number of the former, and all.
inline std::string change_details(const NewChange& change) {
  std::vector<Key> keys;
  for (const Uuid& other : change.others) keys.push_back(other.bytes);
  keys.insert(keys.end(), change.moved.begin(), change.moved.end());
  return std::to_string(change.others.size()) + "|" + keys_text(keys);
}

// Two lists that stand behind one another, the length of the first before both.
inline std::pair<std::vector<Key>, std::vector<Key>> two_lists_from(std::string_view text) {
  const std::size_t bar = text.find('|');
  if (bar == std::string_view::npos) return {};
  std::size_t first = 0;
  std::from_chars(text.data(), text.data() + bar, first);
  const std::vector<Key> keys = keys_from(text.substr(bar + 1));
  const auto middle = keys.begin() + static_cast<std::ptrdiff_t>(std::min(first, keys.size()));
  return {{keys.begin(), middle}, {middle, keys.end()}};
}

}  // namespace guanxi::store::sql
