// A SQLite file: one writer at a time, a few readers beside it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "gateway/store/sql/connection.h"

namespace guanxi::store::sqlite {

struct DatabaseOptions {
  std::string path;
  std::string vfs;
  std::string synchronous;
  std::size_t readers = 4;
};

// Throws sql::DatabaseError if the file cannot be opened.
std::unique_ptr<sql::Database> open_database(const DatabaseOptions& options);

}  // namespace guanxi::store::sqlite
