// One SQLite connection. SQLite's own header is included by this folder only.
#pragma once

#include <sqlite3.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/store/sql/connection.h"

namespace guanxi::store::sqlite {

struct ConnectionOptions {
  std::string path;
  std::string vfs;          // empty: the default
  std::string synchronous;  // "full" unless a test says otherwise
  bool writes = false;      // the writer has the big cache
};

class SqliteConnection final : public sql::Connection {
 public:
  // Throws sql::DatabaseError.
  explicit SqliteConnection(const ConnectionOptions& options);
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;
  ~SqliteConnection() override;

  void begin() override;
  void commit() override;
  void rollback() noexcept override;
  std::int64_t execute(std::string_view sql, std::span<const sql::Value> values) override;
  void query(std::string_view sql, std::span<const sql::Value> values,
             const std::function<void(const sql::Row&)>& each) override;
  std::int64_t insert(const sql::Insert& insert, std::span<const sql::Value> values) override;
  void run_script(std::string_view script) override;
  const sql::Dialect& dialect() const override;

  // `each` is told after every commit how many pages stand in the write-ahead log.
  void watch_log(std::function<void(int pages)> each);
  // Copies into the database what of the log it can without keeping anybody waiting. When that was
  // all and nobody reads the log, the database is synced, and the next commit starts the log from
  // its beginning. How many pages of the log are copied by now. Throws DatabaseError.
  int checkpoint();
  // Syncs the database, whoever wrote to it. Throws DatabaseError.
  void sync();

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  void configure(const ConnectionOptions& options);
  void become_wal();
  sqlite3_stmt* prepared(std::string_view sql);
  Statement prepare(const std::string& sql);
  void bind(sqlite3_stmt* statement, std::span<const sql::Value> values);
  std::int64_t run(sqlite3_stmt* statement, std::span<const sql::Value> values);
  void check(int code);

  sqlite3* database_ = nullptr;
  std::function<void(int)> log_watcher_;
  std::unordered_map<std::string, Statement, Hash, std::equal_to<>> statements_;
};

}  // namespace guanxi::store::sqlite
