// How payloads wait to be admitted: several together, as a CBOR array of one record each,
// compressed by LZ4 and sealed. What arrives together is much alike, and every byte less is one
// less that the database copies, logs and syncs while callers wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/store.h"
#include "gateway/store/vault.h"

namespace guanxi::store::sql {

// What a record holds: the inbox row to be.
struct Arrival {
  TenantId tenant = 0;
  ChannelId channel = 0;
  Time received_at{};
  std::string recipe;
  std::string format;
  Key dedupe{};
  std::uint8_t shard = 0;
  std::string payload;
};

std::string to_record(const Arrival& arrival);

struct Parcel {
  TenantId tenant = 0;
  std::size_t payloads = 0;
  std::size_t size = 0;  // of the records
  std::string bytes;
};

// In order, each tenant's in parcels of its own, with records of about 1 MiB at most.
std::vector<Parcel> to_parcels(const Vault& vault, std::span<const PreparedPayload> payloads);

// Throws DatabaseError for what to_parcels() did not make, and if `size` is not the parcel's.
std::vector<Arrival> open_parcel(const Vault& vault, std::string_view bytes, std::size_t size);

}  // namespace guanxi::store::sql
