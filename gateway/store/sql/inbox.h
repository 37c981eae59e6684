// The columns of an inbox row, for everybody who reads or adds one.
#pragma once

#include "gateway/store/sql/documents.h"
#include "gateway/store/sql/rows.h"

namespace guanxi::store::sql {

constexpr std::string_view kPayloadPlace = "inbox.payload";
constexpr std::string_view kArgumentsPlace = "call.arguments";

constexpr std::string_view kInbox =
    "i.seq, i.tenant_id, i.channel_id, i.kind, i.status, i.received_at, i.recipe, i.format,"
    " i.call_name, i.page, i.cause, i.run, i.arguments";
constexpr int kInboxColumns = 13;

// The moment, in seconds since 1970, then a keyed hash: new rows stand together at the end of the
// index, which so has one place of it in hand, whatever its size.
inline Key dedupe_of(std::uint32_t moment, const Vault::Hash& hash) {
  Key key{};
  for (std::size_t i = 0; i < sizeof moment; ++i) {
    key[i] = static_cast<std::uint8_t>(moment >> (8 * (sizeof moment - 1 - i)));
  }
  std::copy(hash.begin(), hash.end() - sizeof moment, key.begin() + sizeof moment);
  return key;
}

// Without bytes and arguments, which are sealed.
inline InboxRow inbox_row_of(const Row& row) {
  InboxRow inbox;
  inbox.seq = row.number(0);
  inbox.tenant = static_cast<TenantId>(row.number(1));
  inbox.channel = static_cast<ChannelId>(row.number(2));
  inbox.kind = static_cast<RowKind>(row.number(3));
  inbox.status = static_cast<RowStatus>(row.number(4));
  inbox.received_at = from_ms(row.number(5));
  inbox.recipe = string_at(row, 6);
  inbox.format = string_at(row, 7);
  inbox.call = string_at(row, 8);
  inbox.page = string_at(row, 9);
  inbox.cause = row.number(10);
  inbox.run = row.number(11);
  return inbox;
}

// Opens the arguments, and the payload that stands in the given column.
inline void open_row(const Vault& vault, const Row& row, int payload, InboxRow& inbox) {
  if (!row.is_null(12)) {
    inbox.arguments = json_from(unsealed(vault, kArgumentsPlace, row.text(12)));
  }
  inbox.bytes = unsealed(vault, kPayloadPlace, row.text(payload));
}

}  // namespace guanxi::store::sql
