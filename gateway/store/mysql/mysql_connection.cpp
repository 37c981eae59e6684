#include "gateway/store/mysql/mysql_connection.h"

#include <cppconn/datatype.h>
#include <cppconn/exception.h>
#include <cppconn/resultset.h>
#include <mysql_driver.h>

#include <algorithm>

#include "gateway/store/sql/insert.h"
#include "models/result.h"

namespace guanxi::store::mysql {
namespace {

using sql::DatabaseError;
using Kind = sql::DatabaseError::Kind;

constexpr int kConnectSeconds = 10;
constexpr int kAnswerSeconds = 30;
constexpr int kColumnExists = 1060;
constexpr int kIndexExists = 1061;

std::string word(std::string_view name, std::string_view argument) {
  const std::string given(argument);
  if (name == "serial") return "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY";
  if (name == "int") return "INT";
  if (name == "bigint") return "BIGINT";
  if (name == "key") return "BINARY(16)";
  if (name == "text") return "VARBINARY(" + given + ")";
  if (name == "long_text") return "MEDIUMBLOB";
  if (name == "blob") return "LONGBLOB";
  if (name == "rows" || name == "small_rows") return "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";
  if (name == "keep") return "ON DUPLICATE KEY UPDATE " + given + " = " + given;
  if (name == "replace") return "ON DUPLICATE KEY UPDATE";
  if (name == "new") return "VALUES(" + given + ")";
  if (name == "old") return given;
  if (name == "for_update") return "FOR UPDATE";
  if (name == "for_share") return "LOCK IN SHARE MODE";
  if (name == "has_table") {
    return "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"
           " AND table_name = '" +
           given + "'";
  }
  if (name == "last_id") return "LAST_INSERT_ID()";
  GUANXI_CHECK(!"a word of the SQL dialect is unknown");
}

constexpr sql::Dialect kDialect{word};

Kind kind_of(int code) {
  switch (code) {
    case 1062:  // duplicate entry
      return Kind::duplicate;
    case 1020:  // record changed since it was read
    case 1205:  // lock wait timeout
    case 1213:  // deadlock
    case 3101:  // rolled back by the certification of a cluster
      return Kind::contended;
    case 1053:  // server shutdown
    case 1077:
    case 1079:
    case 1152:  // aborted connection, network errors
    case 1158:
    case 1159:
    case 1160:
    case 1161:
    case 1927:  // connection was killed
    case 4031:  // disconnected because of inactivity
      return Kind::lost;
    default:
      return code >= 2000 && code < 3000 ? Kind::lost : Kind::refused;
  }
}

// The server's texts quote values of rows; those about connections do not.
[[noreturn]] void rethrow(const ::sql::SQLException& error) {
  const int code = error.getErrorCode();
  const bool is_about_access = code == 1044 || code == 1045 || code == 1049 || code == 1146;
  const bool is_shown = code == 0 || kind_of(code) == Kind::lost || is_about_access;
  const std::string text = is_shown ? std::string(": ") + error.what() : std::string();
  throw DatabaseError(kind_of(code), "MySQL " + std::to_string(code) + text);
}

template <typename Body>
auto translated(const Body& body) {
  try {
    return body();
  } catch (const ::sql::SQLException& error) {
    rethrow(error);
  }
}

std::unique_ptr<::sql::Connection> connect(const StoreUrl& url) {
  const std::string socket = url.option("socket");
  ::sql::ConnectOptionsMap options;
  options["hostName"] = ::sql::SQLString(
      socket.empty() ? "tcp://" + url.host + ":" + std::to_string(url.port) : "unix://" + socket);
  options["userName"] = ::sql::SQLString(url.user);
  options["password"] = ::sql::SQLString(url.password);
  options["schema"] = ::sql::SQLString(url.database);
  options["OPT_CHARSET_NAME"] = ::sql::SQLString("binary");
  options["OPT_CONNECT_TIMEOUT"] = kConnectSeconds;
  options["OPT_READ_TIMEOUT"] = kAnswerSeconds;
  options["OPT_WRITE_TIMEOUT"] = kAnswerSeconds;
  static auto* const driver = ::sql::mysql::get_mysql_driver_instance();
  return std::unique_ptr<::sql::Connection>(driver->connect(options));
}

class Current final : public sql::Row {
 public:
  explicit Current(::sql::ResultSet& rows)
      : rows_(rows), texts_(rows.getMetaData()->getColumnCount()) {}
  bool is_null(int column) const override { return rows_.isNull(place(column)); }
  std::int64_t number(int column) const override { return rows_.getInt64(place(column)); }
  std::string_view text(int column) const override {
    ::sql::SQLString& text = texts_[static_cast<std::size_t>(column)];
    text = rows_.getString(place(column));
    return {text->data(), text->size()};
  }

 private:
  static std::uint32_t place(int column) { return static_cast<std::uint32_t>(column) + 1; }

  ::sql::ResultSet& rows_;
  mutable std::vector<::sql::SQLString> texts_;
};

void bind(::sql::PreparedStatement& statement, std::uint32_t place, const sql::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    statement.setInt64(place, *number);
  } else if (const auto* text = std::get_if<sql::Text>(&value)) {
    statement.setString(place, ::sql::SQLString(text->view.data(), text->view.size()));
  } else if (const auto* bytes = std::get_if<sql::Bytes>(&value)) {
    statement.setString(place, ::sql::SQLString(bytes->view.data(), bytes->view.size()));
  } else {
    statement.setNull(place, ::sql::DataType::VARBINARY);
  }
}

}  // namespace

MysqlConnection::MysqlConnection(const StoreUrl& url)
    : connection_(translated([&] { return connect(url); })) {
  translated([this] { plain_.reset(connection_->createStatement()); });
  run_plain("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'");
  run_plain("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
  run_plain("SET SESSION innodb_lock_wait_timeout = 10");
}

MysqlConnection::~MysqlConnection() = default;

void MysqlConnection::begin() { run_plain("START TRANSACTION"); }

void MysqlConnection::commit() { run_plain("COMMIT"); }

void MysqlConnection::rollback() noexcept {
  try {
    plain_->execute("ROLLBACK");
  } catch (const std::exception&) {
    // A connection that cannot roll back is lost, and its transaction with it: the next statement
    // will tell.
    return;
  }
}

std::int64_t MysqlConnection::execute(std::string_view sql, std::span<const sql::Value> values) {
  return translated([&] { return std::int64_t{prepared(sql, values).executeUpdate()}; });
}

void MysqlConnection::query(std::string_view sql, std::span<const sql::Value> values,
                            const std::function<void(const sql::Row&)>& each) {
  translated([&] {
    const std::unique_ptr<::sql::ResultSet> rows(prepared(sql, values).executeQuery());
    const Current row(*rows);
    while (rows->next()) each(row);
  });
}

std::int64_t MysqlConnection::insert(const sql::Insert& insert,
                                     std::span<const sql::Value> values) {
  std::int64_t inserted = 0;
  sql::insert_in_chunks(insert, values,
                        [&](const std::string& text, std::span<const sql::Value> chunk) {
                          inserted += execute(text, chunk);
                        });
  return inserted;
}

void MysqlConnection::run_script(std::string_view script) {
  const std::string text = kDialect.expand(script);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(';', at), text.size());
    const std::string statement = text.substr(at, end - at);
    at = end + 1;
    if (statement.find_first_not_of(" \n\r\t") == std::string::npos) continue;
    try {
      plain_->execute(statement);
    } catch (const ::sql::SQLException& error) {
      // MySQL commits after each of these statements; what a killed migration left is not made
      // again.
      const int code = error.getErrorCode();
      if (code != kIndexExists && code != kColumnExists) rethrow(error);
    }
  }
}

const sql::Dialect& MysqlConnection::dialect() const { return kDialect; }

void MysqlConnection::run_plain(const std::string& sql) {
  translated([&] { plain_->execute(sql); });
}

::sql::PreparedStatement& MysqlConnection::prepared(std::string_view sql,
                                                    std::span<const sql::Value> values) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    std::unique_ptr<::sql::PreparedStatement> made(
        connection_->prepareStatement(kDialect.expand(sql)));
    found = statements_.emplace(std::string(sql), std::move(made)).first;
  }
  ::sql::PreparedStatement& statement = *found->second;
  for (std::size_t i = 0; i < values.size(); ++i) {
    bind(statement, static_cast<std::uint32_t>(i) + 1, values[i]);
  }
  return statement;
}

}  // namespace guanxi::store::mysql
