// Inserting many rows by statements of few lengths.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "gateway/store/sql/connection.h"

namespace guanxi::store::sql {

// Calls `run` with a statement and its values until all rows are in: up to 64 rows or about 1 MiB
// at a time, the number of rows a power of two, so that few prepared statements serve all.
void insert_in_chunks(
    const Insert& insert, std::span<const Value> values,
    const std::function<void(const std::string& sql, std::span<const Value> values)>& run);

// The statement that inserts all rows at once, which is a transaction by itself; nothing when they
// are too many or too large for one. There are as many texts as numbers of rows, so this is for few
// tables.
std::optional<std::string> insert_at_once(const Insert& insert, std::span<const Value> values);

}  // namespace guanxi::store::sql
