#include "gateway/store/sqlite/sqlite_database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "gateway/store/sql/pool.h"
#include "gateway/store/sqlite/checkpointer.h"
#include "gateway/store/sqlite/sqlite_connection.h"
#include "gateway/store/sqlite/writer_gate.h"

namespace guanxi::store::sqlite {
namespace {

constexpr std::chrono::milliseconds kPatience{100};
// 32 MiB: long enough that a page is copied once for many commits.
constexpr int kLogPages = 8000;

// SQLite's log files take over the mode of the database.
void make_for_owner_only(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) ::close(file);
}

class SqliteDatabase final : public sql::Database {
 public:
  explicit SqliteDatabase(const DatabaseOptions& options)
      : options_{options.path, options.vfs, options.synchronous, true},
        checkpointer_(reader_options(), gate_, kLogPages),
        writer_(connect_writer()),
        readers_(options.readers,
                 [this] { return std::make_unique<SqliteConnection>(reader_options()); }) {}

  sql::Lease reader() override { return readers_.lease(); }

  sql::Lease writer(sql::Urgency urgency) override {
    gate_.enter(urgency);
    try {
      if (!writer_) writer_ = connect_writer();
    } catch (...) {
      gate_.leave();
      throw;
    }
    return {std::move(writer_), [this](std::unique_ptr<sql::Connection> connection) {
              writer_ = std::move(connection);
              gate_.leave();
            }};
  }

  std::size_t appends_at_once() const override { return 1; }

  void migrate(const std::function<void(sql::Connection&)>& body) override {
    const sql::Lease lease = writer(sql::Urgency::other);
    (*lease).begin();
    try {
      body(*lease);
      (*lease).commit();
    } catch (...) {
      (*lease).rollback();
      throw;
    }
  }

 private:
  ConnectionOptions reader_options() const {
    ConnectionOptions reader = options_;
    reader.writes = false;
    return reader;
  }

  std::unique_ptr<sql::Connection> connect_writer() {
    auto connection = std::make_unique<SqliteConnection>(options_);
    connection->watch_log([this](int pages) { checkpointer_.committed(pages); });
    return connection;
  }

  ConnectionOptions options_;
  WriterGate gate_{kPatience};
  Checkpointer checkpointer_;
  std::unique_ptr<sql::Connection> writer_;  // guarded by the gate
  sql::Pool readers_;
};

}  // namespace

std::unique_ptr<sql::Database> open_database(const DatabaseOptions& options) {
  // Statistics of memory, which nobody asks for, take a lock shared by all connections at every
  // allocation. Without effect once SQLite is in use.
  static const int kConfigured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(kConfigured);
  make_for_owner_only(options.path);
  return std::make_unique<SqliteDatabase>(options);
}

}  // namespace guanxi::store::sqlite
