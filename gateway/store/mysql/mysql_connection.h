// One connection by MySQL Connector/C++, whose headers are included by this folder only.
#pragma once

#include <cppconn/connection.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/statement.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/store/sql/connection.h"
#include "gateway/store/store_url.h"

namespace guanxi::store::mysql {

class MysqlConnection final : public sql::Connection {
 public:
  // Throws sql::DatabaseError.
  explicit MysqlConnection(const StoreUrl& url);
  ~MysqlConnection() override;

  void begin() override;
  void commit() override;
  void rollback() noexcept override;
  std::int64_t execute(std::string_view sql, std::span<const sql::Value> values) override;
  void query(std::string_view sql, std::span<const sql::Value> values,
             const std::function<void(const sql::Row&)>& each) override;
  std::int64_t insert(const sql::Insert& insert, std::span<const sql::Value> values) override;
  void run_script(std::string_view script) override;
  const sql::Dialect& dialect() const override;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  void run_plain(const std::string& sql);
  ::sql::PreparedStatement& prepared(std::string_view sql, std::span<const sql::Value> values);

  std::unique_ptr<::sql::Connection> connection_;
  std::unique_ptr<::sql::Statement> plain_;
  std::unordered_map<std::string, std::unique_ptr<::sql::PreparedStatement>, Hash, std::equal_to<>>
      statements_;
};

}  // namespace guanxi::store::mysql
