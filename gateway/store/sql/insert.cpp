#include "gateway/store/sql/insert.h"

#include <bit>

namespace guanxi::store::sql {
namespace {

constexpr std::size_t kRowsMax = 64;
// Well below the smallest max_allowed_packet in use (4 MiB).
constexpr std::size_t kStatementBytes = 1u << 20;

std::size_t size_of(const Value& value) {
  if (const auto* text = std::get_if<Text>(&value)) return text->view.size();
  if (const auto* bytes = std::get_if<Bytes>(&value)) return bytes->view.size();
  return sizeof(std::int64_t);
}

std::size_t rows_that_fit(std::span<const Value> values, std::size_t columns) {
  std::size_t rows = 0;
  std::size_t bytes = 0;
  while (rows < kRowsMax && rows * columns < values.size()) {
    for (const Value& value : values.subspan(rows * columns, columns)) bytes += size_of(value);
    if (rows > 0 && bytes > kStatementBytes) break;
    ++rows;
  }
  return rows;
}

std::string statement(const Insert& insert, std::size_t rows) {
  std::string row = "(?";
  for (int i = 1; i < insert.columns; ++i) row += ", ?";
  row += ")";
  std::string text(insert.head);
  for (std::size_t i = 0; i < rows; ++i) text.append(i == 0 ? " VALUES " : ", ").append(row);
  return text.append(" ").append(insert.tail);
}

}  // namespace

void insert_in_chunks(
    const Insert& insert, std::span<const Value> values,
    const std::function<void(const std::string& sql, std::span<const Value> values)>& run) {
  const auto columns = static_cast<std::size_t>(insert.columns);
  while (!values.empty()) {
    const std::size_t rows = std::bit_floor(rows_that_fit(values, columns));
    run(statement(insert, rows), values.first(rows * columns));
    values = values.subspan(rows * columns);
  }
}

}  // namespace guanxi::store::sql
