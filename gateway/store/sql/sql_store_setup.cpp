#include "gateway/store/sql/migrate.h"
#include "gateway/store/sql/rows.h"
#include "gateway/store/sql/sql_store.h"

namespace guanxi::store::sql {
namespace {

constexpr std::string_view kChannels =
    "SELECT c.id, c.name, c.platform, c.tenant_id, t.name FROM channel c"
    " JOIN tenant t ON t.id = c.tenant_id ";

ChannelRecord channel_of(const Row& row) {
  return {static_cast<ChannelId>(row.number(0)), string_at(row, 1), string_at(row, 2),
          static_cast<TenantId>(row.number(3)), string_at(row, 4)};
}

std::vector<ChannelRecord> channels_of(Connection& connection, std::string_view which,
                                       std::span<const Value> values) {
  std::vector<ChannelRecord> channels;
  connection.query(std::string(kChannels).append(which), values,
                   [&](const Row& row) { channels.push_back(channel_of(row)); });
  return channels;
}

TenantId ensure_tenant(Connection& connection, std::string_view name) {
  Cells named;
  named.text(name);
  constexpr std::string_view kFind = "SELECT id FROM tenant WHERE name = ?";
  if (const auto known = number_of(connection, kFind, named)) return static_cast<TenantId>(*known);
  connection.insert({"INSERT INTO tenant (name)", 1, "{keep:name}"}, named);
  const std::int64_t id = number_of(connection, kFind, named).value();
  Cells feed;
  feed.number(id).number(0);
  connection.insert({"INSERT INTO feed (tenant_id, position)", 2, "{keep:tenant_id}"}, feed);
  return static_cast<TenantId>(id);
}

Result<ChannelRecord> ensure_channel(Connection& connection, std::string_view tenant,
                                     std::string_view name, std::string_view platform, Time now) {
  Cells named;
  named.text(name);
  auto found = channels_of(connection, "WHERE c.name = ?", named);
  if (found.empty()) {
    Cells row;
    row.number(ensure_tenant(connection, tenant)).text(name).text(platform).number(to_ms(now));
    connection.insert(
        {"INSERT INTO channel (tenant_id, name, platform, first_used_at)", 4, "{keep:name}"}, row);
    found = channels_of(connection, "WHERE c.name = ?", named);
  }
  ChannelRecord& channel = found.at(0);
  if (channel.tenant_name != tenant || channel.platform != platform) {
    return fail(ErrorCode::unsupported,
                "channel " + channel.name + " belongs to tenant " + channel.tenant_name +
                    " and platform " + channel.platform + " since its first use; give the new " +
                    "channel another id");
  }
  return std::move(channel);
}

}  // namespace

Result<ChannelRecord> SqlStore::register_channel(std::string_view tenant, std::string_view channel,
                                                 std::string_view platform, Time now) {
  return writing(Urgency::other, [&](Connection& connection) {
    return ensure_channel(connection, tenant, channel, platform, now);
  });
}

Result<TenantId> SqlStore::tenant(std::string_view name, Time) {
  return writing(Urgency::other, [&](Connection& connection) -> Result<TenantId> {
    return ensure_tenant(connection, name);
  });
}

Result<std::vector<ChannelRecord>> SqlStore::channels() {
  return reading([](Connection& connection) -> Result<std::vector<ChannelRecord>> {
    return channels_of(connection, "ORDER BY c.id", {});
  });
}

Result<void> SqlStore::follow_key(Connection& connection) {
  const std::string id = key_in_force(connection);
  if (id == vault_.sealing_key() || vault_.seal_by(id)) return {};
  return fail(ErrorCode::unavailable,
              "the data key was changed: this process has to be started again with the new "
              "store.data_key");
}

Result<void> SqlStore::ping() {
  return reading([](Connection& connection) -> Result<void> {
    number_of(connection, "SELECT 1", {});
    return {};
  });
}

Result<std::pair<int, int>> SqlStore::schema_versions() {
  return reading([](Connection& connection) -> Result<std::pair<int, int>> {
    return std::pair(schema_of(connection), newest_schema());
  });
}

Result<void> SqlStore::migrate() {
  try {
    return sql::migrate(*database_, vault_);
  } catch (const DatabaseError& error) {
    return failure(error);
  }
}

}  // namespace guanxi::store::sql
