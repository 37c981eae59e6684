#include "gateway/store/sql/migrate.h"

#include <charconv>

#include "crypto/digest.h"
#include "gateway/store/sql/key_records.h"
#include "gateway/store/sql/rows.h"
#include "models/embedded_file.h"

namespace guanxi_store {
std::span<const guanxi::models::EmbeddedFile> embedded_files();
}

namespace guanxi::store::sql {
namespace {

constexpr Insert kInsertMark{"INSERT INTO meta (name, content)", 2,
                             "{replace:name} content = {new:content}"};

int version_of(const models::EmbeddedFile& file) {
  int version = 0;
  std::from_chars(file.path.data(), file.path.data() + file.path.size(), version);
  GUANXI_CHECK(version > 0);
  return version;
}

bool has_table(Connection& connection, std::string_view query) {
  return number_of(connection, query, {}).value_or(0) > 0;
}

void record(Connection& connection, int version) {
  connection.execute("INSERT INTO schema_version (version) VALUES (?)",
                     Cells().number(version).values());
}

std::string mark_name(const models::EmbeddedFile& file) {
  return "schema " + std::to_string(version_of(file));
}

// What was run under that number, since a text that is changed afterwards is another schema.
std::string mark_of(const models::EmbeddedFile& file) {
  return crypto::digest(crypto::HashAlgorithm::sha256, file.text);
}

std::string text_mark(Connection& connection, const models::EmbeddedFile& file) {
  const std::string name = mark_name(file);
  std::string mark;
  connection.query("SELECT content FROM meta WHERE name = ?", Cells().text(name).values(),
                   [&](const Row& row) { mark = string_at(row, 0); });
  return mark;
}

Result<void> bring_up(Connection& connection, const Vault& vault) {
  connection.run_script(
      "CREATE TABLE IF NOT EXISTS schema_version (version {int} NOT NULL PRIMARY KEY) {rows};");
  const int present = schema_of(connection);
  if (present > newest_schema()) {
    return fail(ErrorCode::unsupported,
                "the database has schema " + std::to_string(present) + ", this program knows " +
                    std::to_string(newest_schema()) + ": use a newer program");
  }
  for (const auto& file : guanxi_store::embedded_files()) {
    if (version_of(file) <= present) {
      if (text_mark(connection, file) == mark_of(file)) continue;
      return fail(
          ErrorCode::unsupported,
          "schema " + std::to_string(version_of(file)) +
              " of the database is another than this program's, as unreleased versions made "
              "it; use the program that made it, or begin with a new database");
    }
    connection.run_script(file.text);
    const std::string name = mark_name(file);
    connection.insert(kInsertMark, Cells().text(name).keep_bytes(mark_of(file)));
    record(connection, version_of(file));
  }
  const std::string check = key_records(connection).check;
  if (check.empty()) {
    put_record(connection, "key_check", seal_key_check(vault));
  } else if (!is_sealed_by(vault, check)) {
    return fail(ErrorCode::unauthenticated, "store.data_key is not the key of this database");
  }
  return {};
}

}  // namespace

int newest_schema() {
  int newest = 0;
  for (const auto& file : guanxi_store::embedded_files()) {
    newest = std::max(newest, version_of(file));
  }
  return newest;
}

int schema_of(Connection& connection) {
  if (!has_table(connection, "{has_table:schema_version}")) return 0;
  return static_cast<int>(
      number_of(connection, "SELECT MAX(version) FROM schema_version", {}).value_or(0));
}

Result<void> migrate(Database& database, const Vault& vault) {
  Result<void> done;
  database.migrate([&](Connection& connection) { done = bring_up(connection, vault); });
  return done;
}

}  // namespace guanxi::store::sql
