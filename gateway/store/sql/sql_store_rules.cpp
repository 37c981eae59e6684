#include "gateway/store/sql/rows.h"
#include "gateway/store/sql/sql_store.h"

namespace guanxi::store::sql {
namespace {

constexpr std::string_view kRequestPlace = "quarantine.request";
constexpr Insert kInsertQuarantined{
    "INSERT INTO quarantine (tenant_id, channel_id, received_at, request)", 4, ""};

using Totals = std::map<ChannelId, QuarantineTotal>;

Totals totals_in(Connection& connection, const std::string& where, std::span<const Value> values) {
  Totals totals;
  connection.query("SELECT channel_id, COUNT(*), SUM(LENGTH(request)) FROM quarantine" + where +
                       " GROUP BY channel_id",
                   values, [&](const Row& row) {
                     totals[static_cast<ChannelId>(row.number(0))] = {row.number(1), row.number(2)};
                   });
  return totals;
}

}  // namespace

Result<std::vector<Activation>> SqlStore::activations() {
  return reading([](Connection& connection) -> Result<std::vector<Activation>> {
    std::vector<Activation> log;
    connection.query(
        "SELECT id, platform, channel, version, shadow, takes_back, at FROM activation ORDER BY id",
        {}, [&](const Row& row) {
          log.push_back({row.number(0), string_at(row, 1), string_at(row, 2), string_at(row, 3),
                         row.number(4) != 0, row.number(5), from_ms(row.number(6))});
        });
    return log;
  });
}

Result<void> SqlStore::add_activation(const Activation& entry) {
  return writing(Urgency::other, [&](Connection& connection) -> Result<void> {
    Cells row;
    row.text(entry.platform).text(entry.channel).text(entry.version);
    row.number(entry.shadow ? 1 : 0).number(entry.takes_back).number(to_ms(entry.at));
    connection.insert(
        {"INSERT INTO activation (platform, channel, version, shadow, takes_back, at)", 6, ""},
        row);
    return {};
  });
}

Result<std::string> SqlStore::note(std::string_view name) {
  return reading([&](Connection& connection) -> Result<std::string> {
    std::string text;
    connection.query("SELECT content FROM meta WHERE name = ?",
                     Cells().keep_text("note " + std::string(name)).values(),
                     [&](const Row& row) { text = string_at(row, 0); });
    return text;
  });
}

Result<void> SqlStore::set_note(std::string_view name, std::string_view text) {
  const std::string key = "note " + std::string(name);
  return writing(Urgency::other, [&](Connection& connection) -> Result<void> {
    if (text.empty()) {
      connection.execute("DELETE FROM meta WHERE name = ?", Cells().text(key).values());
    } else {
      connection.insert(
          {"INSERT INTO meta (name, content)", 2, "{replace:name} content = {new:content}"},
          Cells().text(key).bytes(text));
    }
    return {};
  });
}

Result<void> SqlStore::quarantine(std::span<const Quarantined> requests) {
  const auto seal = [&] {
    Cells rows;
    for (const Quarantined& entry : requests) {
      rows.number(entry.tenant).number(entry.channel).number(to_ms(entry.received_at));
      rows.keep_bytes(vault_.seal(kRequestPlace, entry.request));
    }
    return rows;
  };
  return writing_sealed(seal, [](Connection& connection, const Cells& rows) -> Result<void> {
    connection.insert(kInsertQuarantined, rows);
    return {};
  });
}

Result<std::vector<Quarantined>> SqlStore::quarantined(ChannelId channel, std::int64_t after,
                                                       std::size_t limit) {
  Cells values;
  values.number(channel).number(after).number(static_cast<std::int64_t>(limit));
  return reading([&](Connection& connection) -> Result<std::vector<Quarantined>> {
    std::vector<Quarantined> found;
    connection.query(
        "SELECT id, tenant_id, channel_id, received_at, request FROM quarantine"
        " WHERE channel_id = ? AND id > ? ORDER BY id LIMIT ?",
        values, [&](const Row& row) {
          found.push_back({row.number(0), static_cast<TenantId>(row.number(1)),
                           static_cast<ChannelId>(row.number(2)), from_ms(row.number(3)),
                           unsealed(vault_, kRequestPlace, row.text(4))});
        });
    return found;
  });
}

Result<void> SqlStore::release(std::span<const std::int64_t> quarantined) {
  Cells ids;
  for (const std::int64_t id : quarantined) ids.number(id);
  return writing(Urgency::other, [&](Connection& connection) -> Result<void> {
    execute_in(connection, "DELETE FROM quarantine WHERE id IN", {}, ids, "");
    return {};
  });
}

Result<std::map<ChannelId, QuarantineTotal>> SqlStore::expire_quarantine(Time before) {
  return writing(Urgency::other, [&](Connection& connection) -> Result<Totals> {
    connection.execute("DELETE FROM quarantine WHERE received_at < ?",
                       Cells().number(to_ms(before)).values());
    return totals_in(connection, "", {});
  });
}

Result<std::map<ChannelId, QuarantineTotal>> SqlStore::quarantine_totals(TenantId tenant) {
  return reading([&](Connection& connection) -> Result<Totals> {
    return totals_in(connection, " WHERE tenant_id = ?", Cells().number(tenant).values());
  });
}

}  // namespace guanxi::store::sql
