#include <algorithm>
#include <iterator>
#include <map>

#include "gateway/store/sql/inbox.h"
#include "gateway/store/sql/parcel.h"
#include "gateway/store/sql/rows.h"
#include "gateway/store/sql/sql_store.h"

namespace guanxi::store::sql {
namespace {

constexpr std::size_t kWordMax = 64;
constexpr std::size_t kAdmitBytes = 8u << 20;
constexpr std::int64_t kLook = 64;
// Refused when the data key is no longer the one named: a tenant is missing then.
constexpr std::string_view kInsertParcel =
    "INSERT INTO arrival (tenant_id, payloads, size, parcel) VALUES ((SELECT ? FROM meta WHERE"
    " name = 'key_check' AND SUBSTR(content, 1, 4) = ? {for_share}), ?, ?, ?)";
constexpr Insert kInsertPayload{
    "INSERT INTO inbox (tenant_id, channel_id, shard, received_at, recipe, format, dedupe, "
    "payload)",
    8, ""};

// Spreads the keys of order over 256 shards, the same on every machine (FNV-1a).
std::uint8_t shard_of(std::string_view order) {
  std::uint32_t hash = 2166136261u;
  for (const char c : order) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return static_cast<std::uint8_t>(hash ^ (hash >> 16));
}

void put(Connection& connection, const Parcel& parcel, std::string_view key) {
  Cells row;
  row.number(parcel.tenant).bytes(key).number(static_cast<std::int64_t>(parcel.payloads));
  row.number(static_cast<std::int64_t>(parcel.size)).bytes(parcel.bytes);
  connection.execute(kInsertParcel, row);
}

// The oldest parcels that together hold `limit` payloads or a little more. Under load a few hold
// them, so it looks at few at a time: rows with so much in them are far apart.
std::vector<Value> oldest_parcels(Connection& connection, std::size_t limit) {
  std::vector<Value> ids;
  std::size_t payloads = 0;
  std::size_t bytes = 0;
  std::int64_t last = 0;
  bool is_end = false;
  while (!is_end && payloads < limit && bytes < kAdmitBytes) {
    std::int64_t seen = 0;
    connection.query("SELECT id, payloads, size FROM arrival WHERE id > ? ORDER BY id LIMIT ?",
                     Cells().number(last).number(kLook).values(), [&](const Row& row) {
                       ++seen;
                       if (payloads >= limit || bytes >= kAdmitBytes) return;
                       last = row.number(0);
                       payloads += static_cast<std::size_t>(row.number(1));
                       bytes += static_cast<std::size_t>(row.number(2));
                       ids.emplace_back(last);
                     });
    is_end = seen < kLook;
  }
  return ids;
}

// Payloads on their way from parcels to rows: a row goes to those that stand nowhere, neither in
// the inbox nor earlier among them.
class Admission {
 public:
  Admission(const Vault& vault, std::vector<Arrival> arrivals)
      : vault_(vault), arrivals_(std::move(arrivals)) {}

  Admitted run(Connection& connection) const {
    Known known;
    Cells members;
    for (const Arrival& arrival : arrivals_) members.id(arrival.dedupe);
    query_in(connection, "SELECT dedupe, seq FROM inbox WHERE dedupe IN", {}, members, "",
             [&](const Row& row) { known[key_at(row, 0)] = row.number(1); });
    wake_tasks(connection, known);
    Admitted admitted;
    Cells rows;
    rows.reserve(arrivals_.size() * static_cast<std::size_t>(kInsertPayload.columns));
    for (const Arrival& arrival : arrivals_) {
      if (known.try_emplace(arrival.dedupe, 0).second) {
        add_row(rows, arrival);
        ++admitted.stored;
      } else {
        ++admitted.duplicates[arrival.channel];
      }
    }
    try {
      connection.insert(kInsertPayload, rows);
    } catch (const DatabaseError& error) {
      if (error.kind() != DatabaseError::Kind::duplicate) throw;
      throw DatabaseError(DatabaseError::Kind::contended,
                          "the same payload was admitted meanwhile");
    }
    return admitted;
  }

 private:
  using Known = std::map<Key, std::int64_t>;

  void add_row(Cells& rows, const Arrival& arrival) const {
    rows.number(arrival.tenant).number(arrival.channel).number(arrival.shard);
    rows.number(to_ms(arrival.received_at)).text(clipped(arrival.recipe, kWordMax));
    rows.text(clipped(arrival.format, kWordMax)).id(arrival.dedupe);
    rows.keep_bytes(vault_.seal(kPayloadPlace, arrival.payload));
  }

  // A payload that came again may report something new: two edits in one second look the same. The
  // finished calls that it wanted are due once more, those under way afterwards. ("+ 0" makes the
  // database look for the few causes, not for the many calls that are done.)
  void wake_tasks(Connection& connection, const Known& known) const {
    if (known.empty()) return;
    std::vector<Value> causes;
    for (const auto& [dedupe, seq] : known) causes.emplace_back(seq);
    const Time due_at = std::ranges::max_element(arrivals_, {}, &Arrival::received_at)->received_at;
    Cells first;
    first.number(to_ms(due_at)).number(to_ms(due_at));
    execute_in(connection,
               "UPDATE task SET wanted_at = CASE WHEN state = 1 THEN ? ELSE wanted_at END,"
               " due_at = CASE WHEN state = 2 THEN ? ELSE due_at END,"
               " state = CASE WHEN state = 2 THEN 0 ELSE state END"
               " WHERE state + 0 IN (1, 2) AND cause IN",
               first, causes, "");
  }

  const Vault& vault_;
  std::vector<Arrival> arrivals_;
};

}  // namespace

PreparedPayload SqlStore::prepare(const NewPayload& payload) const {
  const Key dedupe = dedupe_of(
      payload.moment, vault_.hash("dedupe", {std::to_string(payload.channel), payload.dedupe}));
  return {payload.tenant,
          to_record({payload.tenant, payload.channel, payload.received_at, payload.recipe,
                     payload.format, dedupe, shard_of(payload.order), payload.bytes})};
}

Result<void> SqlStore::append(std::span<const PreparedPayload> payloads) {
  if (payloads.empty()) return {};
  for (int attempt = 1;; ++attempt) {
    const std::string key = vault_.sealing_key();
    const auto parcels = to_parcels(vault_, payloads);
    bool is_stale = false;
    const auto put_all = [&](Connection& connection) -> Result<void> {
      try {
        for (const Parcel& parcel : parcels) put(connection, parcel, key);
      } catch (const DatabaseError& error) {
        if (error.kind() == DatabaseError::Kind::refused) {
          is_stale = key_in_force(connection) != key;
        }
        throw;
      }
      return {};
    };
    // One statement is a transaction by itself, without the round trips around it. A parcel that is
    // put twice, because nobody knows whether it was, is admitted once.
    auto done = parcels.size() == 1 ? writing<Atomic::statement>(Urgency::ingest, put_all)
                                    : writing(Urgency::ingest, put_all);
    if (!is_stale || attempt == kKeyAttempts) return done;
    const auto followed =
        writing(Urgency::ingest, [&](Connection& connection) { return follow_key(connection); });
    if (!followed) return followed;
  }
}

Result<Admitted> SqlStore::admit(std::size_t limit) {
  // Asked often and mostly in vain, so a look comes before the write lock.
  const auto ids = reading([&](Connection& connection) -> Result<std::vector<Value>> {
    return oldest_parcels(connection, limit);
  });
  if (!ids) return tl::unexpected(ids.error());
  if (ids->empty()) return Admitted{};
  return writing(Urgency::other, [&](Connection& connection) -> Result<Admitted> {
    if (auto followed = follow_key(connection); !followed) return tl::unexpected(followed.error());
    std::vector<Arrival> arrivals;
    query_in(connection, "SELECT parcel, size FROM arrival WHERE id IN", {}, *ids,
             "ORDER BY id {for_update}", [&](const Row& row) {
               std::ranges::move(
                   open_parcel(vault_, row.text(0), static_cast<std::size_t>(row.number(1))),
                   std::back_inserter(arrivals));
             });
    if (arrivals.empty()) return Admitted{};
    Admitted admitted = Admission(vault_, std::move(arrivals)).run(connection);
    execute_in(connection, "DELETE FROM arrival WHERE id IN", {}, *ids, "");
    return admitted;
  });
}

}  // namespace guanxi::store::sql
