#include "gateway/store/mysql/mysql_database.h"

#include "gateway/store/mysql/mysql_connection.h"
#include "gateway/store/sql/pool.h"

namespace guanxi::store::mysql {
namespace {

// With fewer, appending must leave some to what else uses the store.
constexpr std::size_t kFewConnections = 4;
constexpr std::string_view kLockName = "CONCAT('guanxi.', MD5(DATABASE()))";

class MysqlDatabase final : public sql::Database {
 public:
  MysqlDatabase(const StoreUrl& url, std::size_t connections)
      : appends_at_once_(connections < kFewConnections ? 1 : 2),
        pool_(connections, [url] { return std::make_unique<MysqlConnection>(url); }) {}

  sql::Lease reader() override { return pool_.lease(); }
  sql::Lease writer(sql::Urgency) override { return pool_.lease(); }
  std::size_t appends_at_once() const override { return appends_at_once_; }

  // DDL commits by itself, so a named lock keeps other processes out, and ends with the connection.
  void migrate(const std::function<void(sql::Connection&)>& body) override {
    sql::Lease lease = pool_.lease();
    std::int64_t granted = 0;
    (*lease).query("SELECT GET_LOCK(" + std::string(kLockName) + ", 30)", {},
                   [&](const sql::Row& row) { granted = row.number(0); });
    if (granted != 1) {
      throw sql::DatabaseError(sql::DatabaseError::Kind::refused,
                               "another process migrates the database and does not end");
    }
    try {
      body(*lease);
    } catch (...) {
      lease.drop();
      throw;
    }
    (*lease).query("SELECT RELEASE_LOCK(" + std::string(kLockName) + ")", {},
                   [](const sql::Row&) {});
  }

 private:
  std::size_t appends_at_once_;
  sql::Pool pool_;
};

}  // namespace

std::unique_ptr<sql::Database> open_database(const StoreUrl& url, std::size_t connections) {
  return std::make_unique<MysqlDatabase>(url, connections);
}

}  // namespace guanxi::store::mysql
