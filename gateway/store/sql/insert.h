// Inserting many rows by statements of few lengths.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "gateway/store/sql/connection.h"

namespace guanxi::store::sql {

// Calls `run` with a statement and its values until all rows are in: up to 64 rows or about 1 MiB
// at a time, the number of rows a power of two, so that few prepared statements serve all.
void insert_in_chunks(
    const Insert& insert, std::span<const Value> values,
    const std::function<void(const std::string& sql, std::span<const Value> values)>& run);

}  // namespace guanxi::store::sql
