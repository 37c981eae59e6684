// What opening a store and changing its data key have in common.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/store/data_key.h"
#include "gateway/store/sql/connection.h"
#include "gateway/store/sql/key_records.h"
#include "gateway/store/store.h"
#include "gateway/store/store_url.h"
#include "gateway/store/vault.h"

namespace guanxi::store {

struct Opened {
  StoreUrl url;
  DataKeys keys;
  std::unique_ptr<sql::Database> database;
  sql::KeyRecords records;        // as they were found
  std::vector<std::string> held;  // the ids of the keys that were at hand
  std::string wanted;             // of them, the one that the configuration wants
  std::string index;              // the key that hashes
  Vault vault;                    // seals by the key in force, and opens by all that are at hand
};

// Throws as open_store. A SQLite database without a key gets one in a file.
Opened open_sealed(const StoreOptions& options);

}  // namespace guanxi::store
