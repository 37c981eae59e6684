// What is known of people and things, as rows.
#pragma once

#include "gateway/store/sql/documents.h"
#include "gateway/store/sql/rows.h"

namespace guanxi::store::sql {

constexpr std::string_view kIdentityPlace = "identity.content";
constexpr std::string_view kCustomerPlace = "customer.document";
constexpr std::string_view kEntityPlace = "entity.document";
constexpr std::string_view kFactPlace = "fact.body";

// Marks in the history of a subject: of a fact in the timeline, and of facts none of which is
// there. All others tell interactions apart.
constexpr std::int64_t kShown = 0;
constexpr std::int64_t kNotShown = 1;

// Values that name a person outside the platforms are sealed; platform ids are plain.
inline bool is_personal(const models::Identity& identity) {
  return identity.name_space == "phone" || identity.name_space == "email";
}

Vault::Hash facet_hash(const Vault& vault, TenantId tenant, const models::Facet& facet);

// Throws: a stored value is none that this code wrote.
[[noreturn]] void fail_reading(std::string_view place);

// From the columns subject, body.
SubjectFacts facts_at(const Vault& vault, TenantId tenant, const Row& row);

// From the columns version, document.
models::Customer customer_of(const Vault& vault, const Row& row, int first_column);

}  // namespace guanxi::store::sql
