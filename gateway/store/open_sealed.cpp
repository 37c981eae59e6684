#include "gateway/store/open_sealed.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "gateway/store/mysql/mysql_database.h"
#include "gateway/store/sqlite/sqlite_database.h"

namespace guanxi::store {
namespace {

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

sql::KeyRecords records_of(sql::Database& database, const StoreUrl& url) {
  try {
    const sql::Lease lease = database.reader();
    return sql::key_records(*lease);
  } catch (const sql::DatabaseError& error) {
    throw std::runtime_error("store.url: cannot read " + url.shown() + ": " + error.what());
  }
}

// Says why none of the keys at hand opens the database.
[[noreturn]] void refuse(const std::vector<std::string>& held, const DataKeys& keys,
                         const sql::KeyRecords& records, const StoreUrl& url) {
  const std::string wanted = shown_key(records.in_force());
  const std::string setting =
      keys.are_in_files() ? "store.data_key: " + keys.file() + " holds" : "store.data_key is";
  for (const auto& [id, at] : records.former) {
    if (id != Vault::id_of(held.front())) continue;
    throw std::runtime_error(setting + " a former key of " + url.shown() + ": key " +
                             shown_key(id) + " was replaced by rotate-data on " + format_time(at) +
                             "; use the key in force, " + wanted);
  }
  const std::string kept = keys.file() + '.' + wanted;
  const bool is_kept = keys.are_in_files() && std::filesystem::exists(kept);
  throw std::runtime_error(
      setting + " not the key by which " + url.shown() + " was sealed, " + wanted + "; " +
      (is_kept ? "copy " + kept + " to " + keys.file() : "use that key, or another database"));
}

std::string index_key_of(const sql::KeyRecords& records, const std::string& in_force,
                         const StoreUrl& url) {
  if (records.index.empty()) return Vault::index_key(in_force);
  const auto key = sql::open_index_key(Vault(in_force), records.index);
  if (!key || key->size() != Vault::kKey) {
    throw std::runtime_error("store.url: the index key in " + url.shown() +
                             " is damaged; restore the database from a backup");
  }
  return *key;
}

// Puts the key in force first.
void order(std::vector<std::string>& held, const DataKeys& keys, const sql::KeyRecords& records,
           const StoreUrl& url) {
  if (records.check.empty()) return;
  const auto in_force = std::ranges::find_if(
      held, [&](const std::string& key) { return sql::is_sealed_by(Vault(key), records.check); });
  if (in_force == held.end()) refuse(held, keys, records, url);
  std::iter_swap(held.begin(), in_force);
}

}  // namespace

Opened open_sealed(const StoreOptions& options) {
  StoreUrl url = read_store_url(options.url);
  DataKeys keys(options, url);
  auto database = open_database(url, std::max<std::size_t>(options.connections, 1));
  sql::KeyRecords records = records_of(*database, url);
  std::vector<std::string> data = keys.all(records.check.empty());
  std::string wanted = Vault::id_of(data.front());
  order(data, keys, records, url);
  std::vector<std::string> held;
  for (const std::string& key : data) held.push_back(Vault::id_of(key));
  const std::string& from = records.rotation.from;
  if (!from.empty() && std::ranges::find(held, from) == held.end()) {
    throw std::runtime_error("store.previous_data_key: the data key of " + url.shown() +
                             " is being changed, and until guanxi keys rotate-data has ended the "
                             "former one, " +
                             shown_key(from) + ", is needed here");
  }
  std::string index = index_key_of(records, data.front(), url);
  std::function<std::vector<std::string>()> more;
  if (keys.are_in_files()) more = [keys] { return keys.all(); };
  Vault vault(Vault::Keys{std::move(data), index, std::move(more)});
  return {std::move(url),  std::move(keys),   std::move(database), std::move(records),
          std::move(held), std::move(wanted), std::move(index),    std::move(vault)};
}

}  // namespace guanxi::store
