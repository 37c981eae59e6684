#include "gateway/store/sql/rows.h"
#include "gateway/store/sql/sql_store.h"

namespace guanxi::store::sql {
namespace {

constexpr std::string_view kTokenPlace = "token.content";
constexpr std::string_view kKeys =
    "SELECT k.id, k.tenant_id, t.name, k.name, k.scopes, k.created_at, k.revoked_at"
    " FROM api_key k JOIN tenant t ON t.id = k.tenant_id ";

ApiKey api_key_of(const Row& row) {
  ApiKey key{uuid_at(row, 0),
             static_cast<TenantId>(row.number(1)),
             string_at(row, 2),
             string_at(row, 3),
             {},
             from_ms(row.number(5)),
             time_at(row, 6)};
  const std::string_view scopes = row.text(4);
  for (std::size_t at = 0; at < scopes.size();) {
    const std::size_t end = std::min(scopes.find('\n', at), scopes.size());
    key.scopes.emplace_back(scopes.substr(at, end - at));
    at = end + 1;
  }
  return key;
}

std::string joined(const std::vector<std::string>& scopes) {
  std::string text;
  for (const std::string& scope : scopes) text.append(scope).append("\n");
  return text;
}

bool take_lease(Connection& connection, std::string_view name, std::string_view holder, Time now,
                Time until) {
  std::optional<bool> is_free;
  connection.query(
      "SELECT holder, until FROM lease WHERE name = ? {for_update}", Cells().text(name).values(),
      [&](const Row& row) { is_free = row.text(0) == holder || from_ms(row.number(1)) <= now; });
  if (!is_free) {
    Cells row;
    row.text(name).text(holder).number(to_ms(until));
    return connection.insert({"INSERT INTO lease (name, holder, until)", 3, "{keep:name}"}, row) ==
           1;
  }
  if (!*is_free) return false;
  connection.execute("UPDATE lease SET holder = ?, until = ? WHERE name = ?",
                     Cells().text(holder).number(to_ms(until)).text(name).values());
  return true;
}

}  // namespace

Result<bool> SqlStore::acquire_lease(std::string_view name, std::string_view holder, Time now,
                                     Time until) {
  return writing(Urgency::other, [&](Connection& connection) -> Result<bool> {
    return take_lease(connection, name, holder, now, until);
  });
}

Result<void> SqlStore::release_lease(std::string_view name, std::string_view holder) {
  return writing(Urgency::other, [&](Connection& connection) -> Result<void> {
    connection.execute("DELETE FROM lease WHERE name = ? AND holder = ?",
                       Cells().text(name).text(holder).values());
    return {};
  });
}

Result<std::optional<TokenRecord>> SqlStore::token(ChannelId channel, std::string_view name) {
  return reading([&](Connection& connection) -> Result<std::optional<TokenRecord>> {
    std::optional<TokenRecord> token;
    connection.query(
        "SELECT content, expires_at, generation FROM token WHERE channel_id = ? AND name = ?",
        Cells().number(channel).text(name).values(), [&](const Row& row) {
          token = {unsealed(vault_, kTokenPlace, row.text(0)), from_ms(row.number(1)),
                   row.number(2)};
        });
    return token;
  });
}

Result<bool> SqlStore::store_token(ChannelId channel, std::string_view name,
                                   const TokenRecord& token, std::int64_t seen) {
  const std::int64_t expires_at = to_ms(token.expires_at);
  const auto seal = [&] { return vault_.seal(kTokenPlace, token.value); };
  return writing_sealed(
      seal, [&](Connection& connection, const std::string& sealed) -> Result<bool> {
        Cells changed;
        changed.bytes(sealed).number(expires_at).number(token.generation);
        changed.number(channel).text(name).number(seen);
        if (connection.execute("UPDATE token SET content = ?, expires_at = ?, generation = ?"
                               " WHERE channel_id = ? AND name = ? AND generation = ?",
                               changed) == 1) {
          return true;
        }
        if (seen != 0) return false;
        Cells row;
        row.number(channel).text(name).bytes(sealed).number(expires_at).number(token.generation);
        return connection.insert(
                   {"INSERT INTO token (channel_id, name, content, expires_at, generation)", 5,
                    "{keep:name}"},
                   row) == 1;
      });
}

Result<void> SqlStore::add_key(const ApiKey& key, std::string_view secret_hash) {
  return writing(Urgency::other, [&](Connection& connection) -> Result<void> {
    Cells row;
    row.id(key.id.bytes).text(secret_hash).number(key.tenant).text(key.name);
    row.keep_text(joined(key.scopes)).number(to_ms(key.created_at));
    connection.insert(
        {"INSERT INTO api_key (id, hash, tenant_id, name, scopes, created_at)", 6, ""}, row);
    return {};
  });
}

Result<std::optional<ApiKey>> SqlStore::find_key(std::string_view secret_hash) {
  return reading([&](Connection& connection) -> Result<std::optional<ApiKey>> {
    std::optional<ApiKey> found;
    connection.query(std::string(kKeys) + "WHERE k.hash = ?", Cells().text(secret_hash).values(),
                     [&](const Row& row) { found = api_key_of(row); });
    return found;
  });
}

Result<std::vector<ApiKey>> SqlStore::keys() {
  return reading([&](Connection& connection) -> Result<std::vector<ApiKey>> {
    std::vector<ApiKey> keys;
    connection.query(std::string(kKeys) + "ORDER BY k.id", {},
                     [&](const Row& row) { keys.push_back(api_key_of(row)); });
    return keys;
  });
}

Result<bool> SqlStore::revoke_key(const Uuid& id, Time now) {
  return writing(Urgency::other, [&](Connection& connection) -> Result<bool> {
    Cells which;
    which.id(id.bytes);
    if (number_of(connection, "SELECT COUNT(*) FROM api_key WHERE id = ?", which) == 0) {
      return false;
    }
    connection.execute("UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
                       Cells().number(to_ms(now)).id(id.bytes).values());
    return true;
  });
}

}  // namespace guanxi::store::sql
