// Walks through all sealed columns and seals anew what another data key sealed.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "gateway/store/sql/connection.h"
#include "gateway/store/sql/key_records.h"
#include "models/result.h"

namespace guanxi::store::sql {

struct Resealed {
  std::int64_t rows = 0;        // looked at
  std::int64_t values = 0;      // sealed anew
  std::int64_t unreadable = 0;  // left as they are
};

// Rows in the order of their primary keys. What others write meanwhile they seal by the key in
// force, so nothing behind the walk has to be looked at again.
class Walk {
 public:
  // From where a record stands. `vault` seals by the key in force, and outlives the walk.
  Walk(const Vault& vault, const RotationRecord& record);

  bool is_at_end() const;
  // Some rows more, in a small transaction that also keeps in `record` where the walk stands.
  // `conflict` if another key was put in force.
  Result<Resealed> step(Database& database, RotationRecord& record);

  using KeyValue = std::variant<std::int64_t, std::string>;

 private:
  const Vault& vault_;
  std::size_t table_ = 0;
  std::vector<KeyValue> after_;  // empty: at the beginning of the table
};

// The rows of all tables with sealed columns.
std::int64_t count_rows(Connection& connection);

}  // namespace guanxi::store::sql
