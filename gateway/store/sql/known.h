// What is known of people and things, as rows.
#pragma once

#include "gateway/store/sql/documents.h"
#include "gateway/store/sql/rows.h"

namespace guanxi::store::sql {

constexpr std::string_view kIdentityPlace = "identity.content";
constexpr std::string_view kCustomerPlace = "customer.document";
constexpr std::string_view kEntityPlace = "entity.document";
constexpr std::string_view kFactPlace = "fact.body";
constexpr std::string_view kInteractionPlace = "interaction.body";

// Values that name a person outside the platforms are sealed; platform ids are plain.
inline bool is_personal(const models::Identity& identity) {
  return identity.name_space == "phone" || identity.name_space == "email";
}

Vault::Hash facet_hash(const Vault& vault, TenantId tenant, const models::Facet& facet);

// From the columns version, document.
models::Customer customer_of(const Vault& vault, const Row& row, int first_column);

}  // namespace guanxi::store::sql
