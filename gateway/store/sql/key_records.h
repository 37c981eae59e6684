// What a database says of its data keys, in the table meta.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/store/sql/connection.h"
#include "gateway/store/vault.h"
#include "models/time.h"

namespace guanxi::store::sql {

// A change of the data key that is under way: of values that `from` sealed, which are left.
struct RotationRecord {
  std::string from;         // key id; empty: none is under way
  int walk = 1;             // through all tables: those after the first look for what is left
  std::string table;        // where the walk is; empty: at its beginning
  std::string after;        // and behind which row, as the walk writes it
  std::int64_t values = 0;  // sealed anew so far
};

struct KeyRecords {
  // A sealed word by which a wrong data key is noticed; empty before the first migration.
  std::string check;
  // The key that hashes, sealed; empty: it is made of the data key, which was never changed.
  std::string index;
  RotationRecord rotation;
  std::vector<std::pair<std::string, Time>> former;  // key ids, and when each was replaced

  std::string in_force() const { return check.substr(0, Vault::kKeyId); }
};

// Empty for a database without tables.
KeyRecords key_records(Connection& connection);
std::string seal_key_check(const Vault& vault);
bool is_sealed_by(const Vault& vault, std::string_view key_check);
std::string seal_index_key(const Vault& vault, std::string_view index_key);
std::optional<std::string> open_index_key(const Vault& vault, std::string_view sealed);

// Within a transaction: the id of the data key in force, which stays so until the commit.
std::string key_in_force(Connection& connection);
// The same, for the one who changes it.
std::string key_to_change(Connection& connection);
// The rest within a transaction, too. An empty text removes the record.
void put_record(Connection& connection, std::string_view name, std::string_view content);
void put_rotation(Connection& connection, const RotationRecord& rotation);
void put_former(Connection& connection, const std::vector<std::pair<std::string, Time>>& former);

}  // namespace guanxi::store::sql
