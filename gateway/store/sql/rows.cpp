#include "gateway/store/sql/rows.h"

namespace guanxi::store::sql {
namespace {

void for_lists(std::string_view head, std::span<const Value> first, std::span<const Value> members,
               std::string_view tail,
               const std::function<void(std::string_view, std::span<const Value>)>& run) {
  for (std::size_t at = 0; at < members.size(); at += kListMax) {
    const auto chunk = members.subspan(at, std::min(kListMax, members.size() - at));
    const std::size_t size = std::bit_ceil(chunk.size());
    std::vector<Value> values(first.begin(), first.end());
    values.insert(values.end(), chunk.begin(), chunk.end());
    values.insert(values.end(), size - chunk.size(), chunk.back());
    std::string sql(head);
    for (std::size_t i = 0; i < size; ++i) sql += i == 0 ? " (?" : ", ?";
    sql.append(") ").append(tail);
    run(sql, values);
  }
}

}  // namespace

std::string unsealed(const Vault& vault, std::string_view place, std::string_view sealed) {
  auto plain = vault.open(place, sealed);
  if (!plain) {
    throw DatabaseError(DatabaseError::Kind::refused,
                        "a value of " + std::string(place) + " is damaged or of another data key");
  }
  return *std::move(plain);
}

std::int64_t execute_in(Connection& connection, std::string_view head, std::span<const Value> first,
                        std::span<const Value> members, std::string_view tail) {
  std::int64_t changed = 0;
  for_lists(head, first, members, tail, [&](std::string_view sql, std::span<const Value> values) {
    changed += connection.execute(sql, values);
  });
  return changed;
}

void query_in(Connection& connection, std::string_view head, std::span<const Value> first,
              std::span<const Value> members, std::string_view tail,
              const std::function<void(const Row&)>& each) {
  for_lists(head, first, members, tail, [&](std::string_view sql, std::span<const Value> values) {
    connection.query(sql, values, each);
  });
}

void query_pairs(Connection& connection, std::string_view table, std::string_view columns,
                 std::pair<std::string_view, std::string_view> names, std::span<const Value> pairs,
                 const std::function<void(const Row&)>& each) {
  for (std::size_t at = 0; at < pairs.size(); at += 2 * kListMax) {
    const auto chunk = pairs.subspan(at, std::min(2 * kListMax, pairs.size() - at));
    const std::size_t size = std::bit_ceil(chunk.size() / 2);
    std::vector<Value> values(chunk.begin(), chunk.end());
    for (std::size_t i = chunk.size() / 2; i < size; ++i) {
      values.insert(values.end(), chunk.end() - 2, chunk.end());
    }
    std::string sql = "SELECT ";
    sql.append(columns).append(" FROM (SELECT ? AS a, ? AS b");
    for (std::size_t i = 1; i < size; ++i) sql += " UNION ALL SELECT ?, ?";
    // Joined in this order: each pair is looked up.
    sql.append(") w CROSS JOIN ").append(table).append(" t WHERE t.").append(names.first);
    sql.append(" = w.a AND t.").append(names.second).append(" = w.b");
    connection.query(sql, values, each);
  }
}

std::optional<std::int64_t> number_of(Connection& connection, std::string_view sql,
                                      std::span<const Value> values) {
  std::optional<std::int64_t> number;
  connection.query(sql, values, [&](const Row& row) {
    if (!row.is_null(0)) number = row.number(0);
  });
  return number;
}

}  // namespace guanxi::store::sql
