#include "gateway/store/sql/parcel.h"

#include <lz4.h>

#include <algorithm>

#include "gateway/store/sql/connection.h"
#include "gateway/store/sql/rows.h"

namespace guanxi::store::sql {
namespace {

// Well below the smallest max_allowed_packet in use (4 MiB).
constexpr std::size_t kParcelBytes = 1u << 20;
// A CBOR array without length, and its end.
constexpr char kOpen = '\x9f';
constexpr char kClose = '\xff';
constexpr std::string_view kPlace = "arrival.parcel";

[[noreturn]] void damaged() {
  throw DatabaseError(DatabaseError::Kind::refused, "a parcel of arrivals is damaged");
}

std::string compressed(std::string_view bytes) {
  const int size = static_cast<int>(bytes.size());
  std::string small(static_cast<std::size_t>(LZ4_compressBound(size)), '\0');
  const int written =
      LZ4_compress_default(bytes.data(), small.data(), size, static_cast<int>(small.size()));
  GUANXI_CHECK(written > 0);
  small.resize(static_cast<std::size_t>(written));
  return small;
}

std::string expanded(std::string_view small, std::size_t size) {
  if (size > LZ4_MAX_INPUT_SIZE) damaged();
  std::string bytes(size, '\0');
  const int written = LZ4_decompress_safe(small.data(), bytes.data(),
                                          static_cast<int>(small.size()), static_cast<int>(size));
  if (written < 0 || static_cast<std::size_t>(written) != size) damaged();
  return bytes;
}

Json binary(const auto& bytes) {
  return Json::binary({reinterpret_cast<const std::uint8_t*>(bytes.data()),
                       reinterpret_cast<const std::uint8_t*>(bytes.data()) + bytes.size()});
}

Arrival read(const Json& record) {
  Arrival arrival;
  arrival.tenant = record.at(0).get<TenantId>();
  arrival.channel = record.at(1).get<ChannelId>();
  arrival.received_at = from_ms(record.at(2).get<std::int64_t>());
  arrival.recipe = record.at(3).get<std::string>();
  arrival.format = record.at(4).get<std::string>();
  const auto& dedupe = record.at(5).get_binary();
  std::copy_n(dedupe.begin(), std::min(dedupe.size(), arrival.dedupe.size()),
              arrival.dedupe.begin());
  arrival.shard = record.at(6).get<std::uint8_t>();
  const auto& payload = record.at(7).get_binary();
  arrival.payload.assign(payload.begin(), payload.end());
  return arrival;
}

}  // namespace

std::string to_record(const Arrival& arrival) {
  const Json record{arrival.tenant, arrival.channel,        to_ms(arrival.received_at),
                    arrival.recipe, arrival.format,         binary(arrival.dedupe),
                    arrival.shard,  binary(arrival.payload)};
  std::string bytes;
  bytes.reserve(arrival.payload.size() + 96);
  Json::to_cbor(record, bytes);
  return bytes;
}

std::vector<Parcel> to_parcels(const Vault& vault, std::span<const PreparedPayload> payloads) {
  struct Open {
    TenantId tenant = 0;
    std::size_t payloads = 0;
    std::string records{kOpen};
  };
  std::vector<Parcel> parcels;
  const auto finish = [&](Open& open) {
    open.records += kClose;
    parcels.push_back({open.tenant, open.payloads, open.records.size(),
                       vault.seal(kPlace, compressed(open.records))});
    open = {open.tenant};
  };
  std::vector<Open> opens;  // of the few tenants that one commit meets
  for (const PreparedPayload& payload : payloads) {
    auto open = std::ranges::find(opens, payload.tenant, &Open::tenant);
    if (open == opens.end()) open = opens.insert(opens.end(), Open{payload.tenant});
    if (open->payloads > 0 && open->records.size() + payload.record.size() > kParcelBytes) {
      finish(*open);
    }
    open->records += payload.record;
    ++open->payloads;
  }
  for (Open& open : opens) finish(open);
  return parcels;
}

std::vector<Arrival> open_parcel(const Vault& vault, std::string_view bytes, std::size_t size) {
  const std::string records = expanded(unsealed(vault, kPlace, bytes), size);
  try {
    std::vector<Arrival> arrivals;
    for (const Json& record : Json::from_cbor(records)) arrivals.push_back(read(record));
    return arrivals;
  } catch (const Json::exception&) {
    damaged();
  }
}

}  // namespace guanxi::store::sql
