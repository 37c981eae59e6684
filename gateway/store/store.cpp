#include "gateway/store/store.h"

#include <array>
#include <charconv>
#include <filesystem>
#include <stdexcept>

#include "crypto/digest.h"
#include "gateway/store/mysql/mysql_database.h"
#include "gateway/store/sql/migrate.h"
#include "gateway/store/sql/sql_store.h"
#include "gateway/store/sqlite/sqlite_database.h"
#include "gateway/store/store_url.h"
#include "gateway/store/vault.h"

namespace guanxi::store {
namespace {

constexpr std::array<std::string_view, 5> kStatuses{"raw", "normalized", "unmapped", "dead",
                                                    "none"};

std::unique_ptr<sql::Database> open_database(const StoreUrl& url, std::size_t connections) {
  try {
    if (url.scheme == "sqlite") {
      return sqlite::open_database(
          {url.path, url.option("vfs"), url.option("synchronous"), connections});
    }
    return mysql::open_database(url, connections);
  } catch (const sql::DatabaseError& error) {
    throw std::runtime_error("store.url: cannot open " + url.shown() + ": " + error.what() +
                             (url.scheme == "sqlite"
                                  ? "; its folder must exist and be writable for this user"
                                  : "; see that the server runs there, and that user, password and "
                                    "database are right"));
  }
}

std::string key_check(sql::Database& database, const StoreUrl& url) {
  try {
    const sql::Lease lease = database.reader();
    return sql::key_check(*lease);
  } catch (const sql::DatabaseError& error) {
    throw std::runtime_error("store.url: cannot read " + url.shown() + ": " + error.what());
  }
}

std::string given_key(const std::string& text) {
  auto key = read_data_key(text);
  if (!key) throw std::runtime_error("store.data_key does not hold 32 bytes in base64 or hex");
  return *std::move(key);
}

std::string data_key_for(const StoreOptions& options, const StoreUrl& url, bool is_sealed) {
  if (options.data_key.empty()) {
    if (url.scheme == "sqlite") return data_key_from_file(url.path + ".key", !is_sealed);
    throw std::runtime_error(
        "store.data_key is missing; set it to 32 random bytes in base64, for instance the output "
        "of "
        "`openssl rand -base64 32`, and keep a copy: without it the data cannot be read");
  }
  return given_key(options.data_key);
}

}  // namespace

Result<void> Store::append(std::span<const NewPayload> payloads) {
  std::vector<PreparedPayload> prepared;
  prepared.reserve(payloads.size());
  for (const NewPayload& payload : payloads) prepared.push_back(prepare(payload));
  return append(prepared);
}

std::optional<std::pair<Key, std::string>> Store::interaction_id(TenantId tenant,
                                                                 const models::Fact& fact) const {
  const std::string mark = models::interaction_mark(fact);
  if (mark.empty()) return std::nullopt;
  const Key key = key_of(tenant, mark);
  const auto id = fact.fields.find("id");
  if (id != fact.fields.end() && id->is_string() && !id->get_ref<const std::string&>().empty()) {
    return std::pair(key, id->get<std::string>());
  }
  return std::pair(key, crypto::to_hex({reinterpret_cast<const char*>(key.data()), key.size()}));
}

std::string_view row_status_text(RowStatus status) {
  if (status == RowStatus::held) status = RowStatus::received;
  const auto place = static_cast<std::size_t>(status);
  return place < kStatuses.size() ? kStatuses[place] : std::string_view{};
}

std::optional<RowStatus> row_status_from(std::string_view text) {
  for (std::size_t place = 0; place < kStatuses.size(); ++place) {
    if (kStatuses[place] == text) return static_cast<RowStatus>(place);
  }
  return std::nullopt;
}

std::optional<std::string> missing_database(const StoreOptions& options) {
  const StoreUrl url = read_store_url(options.url);
  if (!options.data_key.empty()) given_key(options.data_key);
  if (url.scheme != "sqlite" || std::filesystem::exists(url.path)) return std::nullopt;
  const auto folder = std::filesystem::absolute(url.path).parent_path();
  return std::filesystem::is_directory(folder) ? std::optional(url.path) : std::nullopt;
}

std::unique_ptr<Store> open_store(const StoreOptions& options) {
  const StoreUrl url = read_store_url(options.url);
  auto database = open_database(url, std::max<std::size_t>(options.connections, 1));
  const std::string check = key_check(*database, url);
  Vault vault(data_key_for(options, url, !check.empty()));
  if (!check.empty() && !sql::is_sealed_by(vault, check)) {
    throw std::runtime_error("store.data_key is not the key by which " + url.shown() +
                             " was sealed; use that key, or another database");
  }
  return std::make_unique<sql::SqlStore>(std::move(database), std::move(vault));
}

}  // namespace guanxi::store
