// Every column that holds sealed values, so that a change of the data key reaches them all. Who
// seals into a new column adds it here; tests compare the list with the schema.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace guanxi::store::sql {

enum class KeyType : std::uint8_t { none, number, bytes, text };

struct KeyColumn {
  std::string_view name;
  KeyType type = KeyType::none;
};

struct SealedColumn {
  std::string_view name;   // empty: none
  std::string_view place;  // as it is given to Vault::seal
};

struct SealedTable {
  std::string_view name;
  std::array<KeyColumn, 2> key;  // of the primary key, in its order
  std::array<SealedColumn, 2> columns;
  std::string_view condition =
      "1 = 1";  // of the rows whose columns are sealed; the others are plain
};

// In the order in which they are walked. The key records of the table meta are none of them: they
// are changed first of all.
inline constexpr std::array kSealedTables{
    SealedTable{"inbox",
                {{{"seq", KeyType::number}, {}}},
                {{{"payload", "inbox.payload"}, {"arguments", "call.arguments"}}}},
    SealedTable{"fact",
                {{{"seq", KeyType::number}, {"subject", KeyType::bytes}}},
                {{{"body", "fact.body"}, {}}}},
    SealedTable{"customer",
                {{{"tenant_id", KeyType::number}, {"id", KeyType::bytes}}},
                {{{"document", "customer.document"}, {}}}},
    SealedTable{"entity", {{{"id", KeyType::bytes}, {}}}, {{{"document", "entity.document"}, {}}}},
    SealedTable{"identity",
                {{{"id", KeyType::bytes}, {}}},
                {{{"content", "identity.content"}, {}}},
                "sealed = 1"},
    SealedTable{"task", {{{"id", KeyType::number}, {}}}, {{{"arguments", "call.arguments"}, {}}}},
    SealedTable{"token",
                {{{"channel_id", KeyType::number}, {"name", KeyType::text}}},
                {{{"content", "token.content"}, {}}}},
    SealedTable{
        "quarantine", {{{"id", KeyType::number}, {}}}, {{{"request", "quarantine.request"}, {}}}},
    SealedTable{"arrival", {{{"id", KeyType::number}, {}}}, {{{"parcel", "arrival.parcel"}, {}}}},
};

}  // namespace guanxi::store::sql
