#include "gateway/store/sqlite/sqlite_connection.h"

#include <array>

#include "gateway/store/sql/insert.h"
#include "gateway/store/sqlite/gathering_vfs.h"
#include "models/result.h"

namespace guanxi::store::sqlite {
namespace {

using sql::DatabaseError;
using Kind = sql::DatabaseError::Kind;

// Platforms give up on an answer after five seconds: a database that somebody locks is told before.
constexpr int kBusyMilliseconds = 2000;
constexpr int kWalAttempts = 50;

std::string word(std::string_view name, std::string_view argument) {
  const std::string given(argument);
  if (name == "serial") return "INTEGER PRIMARY KEY AUTOINCREMENT";
  if (name == "int" || name == "bigint") return "INTEGER";
  if (name == "key" || name == "blob") return "BLOB";
  if (name == "text" || name == "long_text") return "TEXT";
  if (name == "rows") return "STRICT";
  if (name == "small_rows") return "STRICT, WITHOUT ROWID";
  if (name == "keep") return "ON CONFLICT DO NOTHING";
  if (name == "replace") return "ON CONFLICT (" + given + ") DO UPDATE SET";
  if (name == "new") return "excluded." + given;
  if (name == "old") return given;
  if (name == "has_table") {
    return "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = '" + given + "'";
  }
  if (name == "for_update" || name == "for_share") return "";
  if (name == "last_id") return "last_insert_rowid()";
  GUANXI_CHECK(!"a word of the SQL dialect is unknown");
}

constexpr sql::Dialect kDialect{word};

Kind kind_of(int code) {
  switch (code) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_ROWID:
      return Kind::duplicate;
    case SQLITE_BUSY_SNAPSHOT:
      return Kind::contended;
    default:
      return Kind::refused;
  }
}

class Current final : public sql::Row {
 public:
  explicit Current(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const override {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  std::int64_t number(int column) const override {
    return sqlite3_column_int64(statement_, column);
  }
  std::string_view text(int column) const override {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const int size = sqlite3_column_bytes(statement_, column);
    return bytes ? std::string_view(bytes, static_cast<std::size_t>(size)) : std::string_view{};
  }

 private:
  sqlite3_stmt* statement_;
};

// Ends the statement's run, so that it holds no lock and no view of the database.
class Running {
 public:
  explicit Running(sqlite3_stmt* statement) : statement_(statement) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { sqlite3_reset(statement_); }

 private:
  sqlite3_stmt* statement_;
};

}  // namespace

SqliteConnection::SqliteConnection(const ConnectionOptions& options) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const std::string vfs = options.synchronous == "off" ? options.vfs : gathering_vfs(options.vfs);
  try {
    check(sqlite3_open_v2(options.path.c_str(), &database_, flags,
                          vfs.empty() ? nullptr : vfs.c_str()));
    configure(options);
  } catch (const DatabaseError&) {
    sqlite3_close_v2(database_);
    throw;
  }
}

SqliteConnection::~SqliteConnection() {
  statements_.clear();
  sqlite3_close_v2(database_);
}

void SqliteConnection::configure(const ConnectionOptions& options) {
  sqlite3_extended_result_codes(database_, 1);
  check(sqlite3_busy_timeout(database_, kBusyMilliseconds));
  become_wal();
  // Readers need little: what they share is in the operating system's cache.
  run_script(options.writes ? "PRAGMA cache_size = -24576;" : "PRAGMA cache_size = -2048;");
  // Nobody's commit copies the log: see Checkpointer.
  run_script("PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 100000000;");
  run_script("PRAGMA temp_store = MEMORY;");
  run_script(options.synchronous == "off" ? "PRAGMA synchronous = OFF;"
                                          : "PRAGMA synchronous = FULL;");
}

// Two processes that start at once may both find the other in the way, without being made to wait.
void SqliteConnection::become_wal() {
  for (int attempt = 1;; ++attempt) {
    try {
      run_script("PRAGMA journal_mode = WAL;");
      return;
    } catch (const DatabaseError&) {
      if (attempt == kWalAttempts || (sqlite3_errcode(database_) & 0xff) != SQLITE_BUSY) throw;
      sqlite3_sleep(20);
    }
  }
}

void SqliteConnection::begin() { execute("BEGIN IMMEDIATE", {}); }

void SqliteConnection::commit() { execute("COMMIT", {}); }

void SqliteConnection::rollback() noexcept {
  if (!sqlite3_get_autocommit(database_)) {
    sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

std::int64_t SqliteConnection::execute(std::string_view sql, std::span<const sql::Value> values) {
  return run(prepared(sql), values);
}

void SqliteConnection::query(std::string_view sql, std::span<const sql::Value> values,
                             const std::function<void(const sql::Row&)>& each) {
  sqlite3_stmt* statement = prepared(sql);
  const Running running(statement);
  bind(statement, values);
  const Current row(statement);
  for (;;) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return;
    if (code != SQLITE_ROW) check(code);
    each(row);
  }
}

std::int64_t SqliteConnection::insert(const sql::Insert& insert,
                                      std::span<const sql::Value> values) {
  std::int64_t inserted = 0;
  sql::insert_in_chunks(insert, values,
                        [&](const std::string& text, std::span<const sql::Value> chunk) {
                          inserted += execute(text, chunk);
                        });
  return inserted;
}

void SqliteConnection::run_script(std::string_view script) {
  const std::string text = kDialect.expand(script);
  check(sqlite3_exec(database_, text.c_str(), nullptr, nullptr, nullptr));
}

const sql::Dialect& SqliteConnection::dialect() const { return kDialect; }

void SqliteConnection::watch_log(std::function<void(int pages)> each) {
  log_watcher_ = std::move(each);
  const auto tell = [](void* self, sqlite3*, const char*, int pages) {
    static_cast<SqliteConnection*>(self)->log_watcher_(pages);
    return SQLITE_OK;
  };
  sqlite3_wal_hook(database_, tell, this);
}

int SqliteConnection::checkpoint() {
  int copied = 0;
  check(sqlite3_wal_checkpoint_v2(database_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, &copied));
  return copied;
}

void SqliteConnection::sync() {
  sqlite3_file* file = nullptr;
  check(sqlite3_file_control(database_, nullptr, SQLITE_FCNTL_FILE_POINTER, &file));
  check(file->pMethods->xSync(file, SQLITE_SYNC_NORMAL));
}

sqlite3_stmt* SqliteConnection::prepared(std::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second.get();
  return statements_.emplace(std::string(sql), prepare(kDialect.expand(sql))).first->second.get();
}

SqliteConnection::Statement SqliteConnection::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v3(database_, sql.c_str(), static_cast<int>(sql.size()) + 1,
                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  return Statement(statement);
}

void SqliteConnection::bind(sqlite3_stmt* statement, std::span<const sql::Value> values) {
  GUANXI_CHECK(sqlite3_bind_parameter_count(statement) == static_cast<int>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int place = static_cast<int>(i) + 1;
    const sql::Value& value = values[i];
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      check(sqlite3_bind_int64(statement, place, *number));
    } else if (const auto* text = std::get_if<sql::Text>(&value)) {
      const char* data = text->view.empty() ? "" : text->view.data();
      check(sqlite3_bind_text64(statement, place, data, text->view.size(), SQLITE_STATIC,
                                SQLITE_UTF8));
    } else if (const auto* bytes = std::get_if<sql::Bytes>(&value)) {
      const char* data = bytes->view.empty() ? "" : bytes->view.data();
      check(sqlite3_bind_blob64(statement, place, data, bytes->view.size(), SQLITE_STATIC));
    } else {
      check(sqlite3_bind_null(statement, place));
    }
  }
}

std::int64_t SqliteConnection::run(sqlite3_stmt* statement, std::span<const sql::Value> values) {
  const Running running(statement);
  bind(statement, values);
  int code = sqlite3_step(statement);
  while (code == SQLITE_ROW) code = sqlite3_step(statement);
  if (code != SQLITE_DONE) check(code);
  return sqlite3_changes64(database_);
}

void SqliteConnection::check(int code) {
  if (code == SQLITE_OK) return;
  // Texts of constraint errors and of failed preparations name columns, never values.
  const char* text = database_ ? sqlite3_errmsg(database_) : sqlite3_errstr(code);
  throw DatabaseError(kind_of(code), "SQLite " + std::to_string(code) + ": " + text);
}

}  // namespace guanxi::store::sqlite
