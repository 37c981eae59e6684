#include "gateway/store/sql/key_records.h"

#include "crypto/digest.h"
#include "gateway/store/sql/documents.h"
#include "gateway/store/sql/rows.h"

namespace guanxi::store::sql {
namespace {

constexpr std::string_view kPlace = "meta.content";
constexpr std::string_view kIndexPlace = "meta.index_key";
constexpr std::string_view kWord = "guanxi";

std::string id_from(const Json& json) {
  return crypto::from_hex(json.get<std::string>()).value_or("");
}

RotationRecord rotation_from(std::string_view text) {
  RotationRecord rotation;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return rotation;
  rotation.from = id_from(json.at("from"));
  rotation.walk = json.at("walk").get<int>();
  rotation.table = json.at("table").get<std::string>();
  rotation.after = json.at("after").get<std::string>();
  rotation.values = json.at("values").get<std::int64_t>();
  return rotation;
}

std::string checked_key(Connection& connection, std::string_view lock) {
  std::string id;
  connection.query(
      std::string("SELECT SUBSTR(content, 1, 4) FROM meta WHERE name = 'key_check' ").append(lock),
      {}, [&](const Row& row) { id = string_at(row, 0); });
  return id;
}

std::vector<std::pair<std::string, Time>> former_from(std::string_view text) {
  std::vector<std::pair<std::string, Time>> former;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_array()) return former;
  for (const Json& entry : json) {
    former.emplace_back(id_from(entry.at(0)), from_ms(entry.at(1).get<std::int64_t>()));
  }
  return former;
}

}  // namespace

KeyRecords key_records(Connection& connection) {
  KeyRecords records;
  if (number_of(connection, "{has_table:meta}", {}).value_or(0) == 0) return records;
  connection.query(
      "SELECT name, content FROM meta WHERE name IN"
      " ('key_check', 'index_key', 'rotation', 'former_keys')",
      {}, [&](const Row& row) {
        const std::string name = string_at(row, 0);
        if (name == "key_check") records.check = string_at(row, 1);
        if (name == "index_key") records.index = string_at(row, 1);
        if (name == "rotation") records.rotation = rotation_from(row.text(1));
        if (name == "former_keys") records.former = former_from(row.text(1));
      });
  return records;
}

std::string seal_key_check(const Vault& vault) { return vault.seal(kPlace, kWord); }

bool is_sealed_by(const Vault& vault, std::string_view key_check) {
  return vault.open(kPlace, key_check) == kWord;
}

std::string seal_index_key(const Vault& vault, std::string_view index_key) {
  return vault.seal(kIndexPlace, index_key);
}

std::optional<std::string> open_index_key(const Vault& vault, std::string_view sealed) {
  return vault.open(kIndexPlace, sealed);
}

std::string key_in_force(Connection& connection) { return checked_key(connection, "{for_share}"); }

std::string key_to_change(Connection& connection) {
  return checked_key(connection, "{for_update}");
}

void put_record(Connection& connection, std::string_view name, std::string_view content) {
  if (content.empty()) {
    connection.execute("DELETE FROM meta WHERE name = ?", Cells().text(name).values());
    return;
  }
  connection.insert(
      {"INSERT INTO meta (name, content)", 2, "{replace:name} content = {new:content}"},
      Cells().text(name).bytes(content));
}

void put_rotation(Connection& connection, const RotationRecord& rotation) {
  if (rotation.from.empty()) return put_record(connection, "rotation", "");
  const Json json{{"from", crypto::to_hex(rotation.from)},
                  {"walk", rotation.walk},
                  {"table", rotation.table},
                  {"after", rotation.after},
                  {"values", rotation.values}};
  put_record(connection, "rotation", json.dump());
}

void put_former(Connection& connection, const std::vector<std::pair<std::string, Time>>& former) {
  Json json = Json::array();
  for (const auto& [id, at] : former) json.push_back({crypto::to_hex(id), to_ms(at)});
  put_record(connection, "former_keys", json.dump());
}

}  // namespace guanxi::store::sql
