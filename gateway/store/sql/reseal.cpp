#include "gateway/store/sql/reseal.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "crypto/digest.h"
#include "gateway/store/sql/calls.h"
#include "gateway/store/sql/documents.h"
#include "gateway/store/sql/rows.h"
#include "gateway/store/sql/sealed_columns.h"

namespace guanxi::store::sql {
namespace {

using KeyValue = Walk::KeyValue;

// Written in one transaction, for which callbacks wait on SQLite.
constexpr std::int64_t kRows = 256;
constexpr std::int64_t kBytes = 2 << 20;

struct Found {
  std::vector<KeyValue> key;
  const SealedColumn* column = nullptr;
  std::string sealed;
  std::string anew;
};

int key_columns(const SealedTable& table) {
  return static_cast<int>(
      std::ranges::count_if(table.key, [](const auto& key) { return key.type != KeyType::none; }));
}

void add(Cells& cells, const KeyColumn& column, const KeyValue& value) {
  if (column.type == KeyType::number) {
    cells.number(std::get<std::int64_t>(value));
  } else if (column.type == KeyType::bytes) {
    cells.bytes(std::get<std::string>(value));
  } else {
    cells.text(std::get<std::string>(value));
  }
}

std::vector<KeyValue> key_of(const SealedTable& table, const Row& row) {
  std::vector<KeyValue> key;
  for (int i = 0; i < key_columns(table); ++i) {
    if (table.key[static_cast<std::size_t>(i)].type == KeyType::number) {
      key.emplace_back(row.number(i));
    } else {
      key.emplace_back(string_at(row, i));
    }
  }
  return key;
}

std::string key_names(const SealedTable& table) {
  std::string names;
  for (int i = 0; i < key_columns(table); ++i) {
    names.append(i == 0 ? "" : ", ").append(table.key[static_cast<std::size_t>(i)].name);
  }
  return names;
}

// Of each sealed column what is asked for, where another key than the one in force sealed it.
std::string select(const SealedTable& table, std::string_view before, std::string_view behind) {
  std::string sql = "SELECT " + key_names(table);
  for (const SealedColumn& column : table.columns) {
    if (column.name.empty()) continue;
    sql.append(", CASE WHEN ").append(table.condition).append(" AND SUBSTR(").append(column.name);
    sql.append(", 1, 4) <> ? THEN ").append(before).append(column.name).append(behind);
    sql.append(" END");
  }
  return sql.append(" FROM ").append(table.name);
}

// Runs the selection for up to `limit` rows behind a key: those that share its first part, then
// those beyond. One comparison over both would not be found by the index.
void for_rows(Connection& connection, const SealedTable& table, const std::string& selection,
              const std::string& key_in_force, std::span<const KeyValue> after, std::int64_t limit,
              const std::function<void(const Row&)>& each) {
  std::int64_t left = limit;
  const auto count = [&](const Row& row) {
    --left;
    each(row);
  };
  for (std::size_t shared = after.empty() ? 0 : after.size(); left > 0; --shared) {
    Cells cells;
    for (const SealedColumn& column : table.columns) {
      if (!column.name.empty()) cells.bytes(key_in_force);
    }
    std::string sql = selection;
    for (std::size_t i = 0; i < shared; ++i) {
      sql.append(i == 0 ? " WHERE " : " AND ").append(table.key[i].name);
      sql.append(i + 1 == shared ? " > ?" : " = ?");
      add(cells, table.key[i], after[i]);
    }
    sql.append(" ORDER BY ").append(key_names(table)).append(" LIMIT ?");
    cells.number(left);
    connection.query(sql, cells, count);
    if (shared <= 1) return;
  }
}

// How many rows are to be taken together, and whether there is anything to do in them.
struct Portion {
  std::int64_t rows = 0;
  bool is_stale = false;
  std::vector<KeyValue> last;
};

Portion portion(Connection& connection, const SealedTable& table, const std::string& key_in_force,
                std::span<const KeyValue> after) {
  Portion portion;
  std::int64_t bytes = 0;
  for_rows(connection, table, select(table, "LENGTH(", ")"), key_in_force, after, kRows,
           [&](const Row& row) {
             if (portion.rows > 0 && bytes >= kBytes) return;
             const int first = key_columns(table);
             for (int i = 0; i < static_cast<int>(table.columns.size()); ++i) {
               if (table.columns[static_cast<std::size_t>(i)].name.empty()) continue;
               if (row.is_null(first + i)) continue;
               portion.is_stale = true;
               bytes += row.number(first + i);
             }
             ++portion.rows;
             portion.last = key_of(table, row);
           });
  return portion;
}

std::vector<Found> stale_values(Connection& connection, const SealedTable& table,
                                const std::string& key_in_force, std::span<const KeyValue> after,
                                Portion& portion) {
  std::vector<Found> found;
  const std::int64_t rows = std::exchange(portion.rows, 0);
  for_rows(connection, table, select(table, "", ""), key_in_force, after, rows,
           [&](const Row& row) {
             const int first = key_columns(table);
             ++portion.rows;
             portion.last = key_of(table, row);
             for (int i = 0; i < static_cast<int>(table.columns.size()); ++i) {
               const SealedColumn& column = table.columns[static_cast<std::size_t>(i)];
               if (column.name.empty() || row.is_null(first + i)) continue;
               found.push_back({portion.last, &column, string_at(row, first + i), {}});
             }
           });
  return found;
}

// Unless it was changed meanwhile: then it is sealed by the key in force.
std::int64_t replace(Connection& connection, const SealedTable& table, const Found& value) {
  std::string sql = "UPDATE ";
  sql.append(table.name).append(" SET ").append(value.column->name).append(" = ? WHERE ");
  Cells cells;
  cells.bytes(value.anew);
  for (std::size_t i = 0; i < value.key.size(); ++i) {
    sql.append(table.key[i].name).append(" = ? AND ");
    add(cells, table.key[i], value.key[i]);
  }
  sql.append("SUBSTR(").append(value.column->name).append(", 1, 16) = ?");
  cells.bytes(std::string_view(value.sealed).substr(0, Vault::kMark));
  return connection.execute(sql, cells);
}

std::string text_of(const std::vector<KeyValue>& key) {
  Json json = Json::array();
  for (const KeyValue& value : key) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      json.push_back(*number);
    } else {
      json.push_back(crypto::to_hex(std::get<std::string>(value)));
    }
  }
  return json.dump();
}

std::vector<KeyValue> key_from(std::string_view text) {
  std::vector<KeyValue> key;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_array()) return key;
  for (const Json& value : json) {
    if (value.is_number_integer()) {
      key.emplace_back(value.get<std::int64_t>());
    } else if (value.is_string()) {
      key.emplace_back(crypto::from_hex(value.get_ref<const std::string&>()).value_or(""));
    }
  }
  return key;
}

// Where a walk stands when it has ended.
constexpr std::string_view kEnd = "end";

}  // namespace

Walk::Walk(const Vault& vault, const RotationRecord& record) : vault_(vault) {
  if (record.table.empty()) return;
  const auto table = std::ranges::find(kSealedTables, record.table, &SealedTable::name);
  table_ = static_cast<std::size_t>(table - kSealedTables.begin());
  // A table of another version of this program: from the beginning, which only takes longer.
  if (is_at_end() && record.table != kEnd) table_ = 0;
  if (is_at_end() || table == kSealedTables.end()) return;
  after_ = key_from(record.after);
  if (after_.size() != static_cast<std::size_t>(key_columns(*table))) after_.clear();
}

bool Walk::is_at_end() const { return table_ == kSealedTables.size(); }

Result<Resealed> Walk::step(Database& database, RotationRecord& record) {
  const SealedTable& table = kSealedTables.at(table_);
  const std::string key = vault_.sealing_key();
  Portion taken;
  auto read = read_from(database, [&](Connection& connection) -> Result<std::vector<Found>> {
    taken = portion(connection, table, key, after_);
    if (!taken.is_stale) return std::vector<Found>{};
    return stale_values(connection, table, key, after_, taken);
  });
  if (!read) return tl::unexpected(std::move(read.error()));
  Resealed done;
  done.rows = taken.rows;
  std::vector<Found> values;
  for (Found& value : *read) {
    const auto plain = vault_.open(value.column->place, value.sealed);
    if (!plain) {
      ++done.unreadable;
      continue;
    }
    value.anew = vault_.seal(value.column->place, *plain);
    values.push_back(std::move(value));
  }
  RotationRecord next = record;
  const bool is_last = taken.rows == 0;
  next.table = is_last
                   ? (table_ + 1 == kSealedTables.size() ? kEnd : kSealedTables[table_ + 1].name)
                   : table.name;
  next.after = is_last ? std::string() : text_of(taken.last);
  // A walk that only looks has nothing to keep, and begins anew.
  if (!values.empty() || record.walk == 1) {
    auto written = write_to(database, Urgency::other, [&](Connection& connection) -> Result<void> {
      done.values = 0;
      if (key_in_force(connection) != key) {
        return fail(ErrorCode::conflict, "another change of the data key has begun meanwhile");
      }
      for (const Found& value : values) done.values += replace(connection, table, value);
      next.values = record.values + done.values;
      put_rotation(connection, next);
      return {};
    });
    if (!written) return tl::unexpected(std::move(written.error()));
  }
  record = std::move(next);
  after_ = std::move(taken.last);
  if (is_last) {
    ++table_;
    after_.clear();
  }
  return done;
}

std::int64_t count_rows(Connection& connection) {
  std::int64_t rows = 0;
  for (const SealedTable& table : kSealedTables) {
    rows += number_of(connection, std::string("SELECT COUNT(*) FROM ").append(table.name), {})
                .value_or(0);
  }
  return rows;
}

}  // namespace guanxi::store::sql
