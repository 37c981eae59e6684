// Reading rows, and lists of any length in statements of few lengths.
#pragma once

#include <algorithm>
#include <bit>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/sql/connection.h"
#include "gateway/store/store.h"
#include "gateway/store/vault.h"

namespace guanxi::store::sql {

constexpr std::size_t kListMax = 64;

inline Key key_at(const Row& row, int column) {
  Key key{};
  const std::string_view bytes = row.text(column);
  std::copy_n(bytes.begin(), std::min(bytes.size(), key.size()), key.begin());
  return key;
}

// Nil for NULL.
inline Uuid uuid_at(const Row& row, int column) { return Uuid{key_at(row, column)}; }

inline std::string string_at(const Row& row, int column) { return std::string(row.text(column)); }

inline std::optional<Time> time_at(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_ms(row.number(column));
}

// The plain value of a sealed column. Throws DatabaseError if it was changed or moved.
std::string unsealed(const Vault& vault, std::string_view place, std::string_view sealed);

// A statement "head (?, ?, …) tail" is run for up to kListMax members at a time; `first` stands
// before the list. The last member is repeated until the length is a power of two.
std::int64_t execute_in(Connection& connection, std::string_view head, std::span<const Value> first,
                        std::span<const Value> members, std::string_view tail);
void query_in(Connection& connection, std::string_view head, std::span<const Value> first,
              std::span<const Value> members, std::string_view tail,
              const std::function<void(const Row&)>& each);

// The columns of the rows of `table` t whose two named columns hold one of the pairs, given one
// after another. A row may come more than once.
void query_pairs(Connection& connection, std::string_view table, std::string_view columns,
                 std::pair<std::string_view, std::string_view> names, std::span<const Value> pairs,
                 const std::function<void(const Row&)>& each);

// The number, or nothing when the query answers no row.
std::optional<std::int64_t> number_of(Connection& connection, std::string_view sql,
                                      std::span<const Value> values);

}  // namespace guanxi::store::sql
