#include "gateway/store/sql/known.h"
#include "gateway/store/sql/rows.h"
#include "gateway/store/sql/sql_store.h"

namespace guanxi::store::sql {
namespace {

constexpr std::string_view kIdentities =
    "SELECT id, kind, name_space, scope, content, sealed, side, customer_id, contest, stated_by,"
    " erased_at FROM identity WHERE ";

KnownIdentity identity_of(const Vault& vault, const Row& row) {
  KnownIdentity known;
  known.key = key_at(row, 0);
  known.identity.kind = string_at(row, 1);
  known.identity.name_space = string_at(row, 2);
  known.identity.scope = string_at(row, 3);
  known.identity.value =
      row.number(5) != 0 ? unsealed(vault, kIdentityPlace, row.text(4)) : string_at(row, 4);
  known.identity.side = static_cast<models::Side>(row.number(6));
  known.customer = uuid_at(row, 7);
  known.contest = static_cast<Contest>(row.number(8));
  if (!row.is_null(9)) known.stated_by = key_at(row, 9);
  known.erased_at = time_at(row, 10);
  return known;
}

// In the order of the index, whose pages then come one after another.
Cells ids_of(std::span<const Key> keys) {
  std::vector<Key> sorted(keys.begin(), keys.end());
  std::ranges::sort(sorted);
  Cells ids;
  for (const Key& key : sorted) ids.keep_bytes({key.begin(), key.end()});
  return ids;
}

}  // namespace

void fail_reading(std::string_view place) {
  throw DatabaseError(DatabaseError::Kind::refused,
                      "a value of " + std::string(place) + " is of an unknown form");
}

SubjectFacts facts_at(const Vault& vault, TenantId tenant, const Row& row) {
  auto facts = facts_from_document(unsealed(vault, kFactPlace, row.text(1)));
  if (!facts) fail_reading(kFactPlace);
  facts->tenant = tenant;
  facts->subject = key_at(row, 0);
  return *std::move(facts);
}

Vault::Hash facet_hash(const Vault& vault, TenantId tenant, const models::Facet& facet) {
  return vault.hash(
      "facet", {std::to_string(tenant), std::to_string(static_cast<int>(facet.kind)), facet.value});
}

models::Customer customer_of(const Vault& vault, const Row& row, int first_column) {
  const std::string document = unsealed(vault, kCustomerPlace, row.text(first_column + 1));
  auto customer = customer_from_document(document);
  if (!customer) fail_reading(kCustomerPlace);
  customer->version = row.number(first_column);
  return *std::move(customer);
}

Key SqlStore::key_of(TenantId tenant, const models::Identity& identity) const {
  return vault_.hash("identity",
                     {std::to_string(tenant), identity.name_space, identity.scope, identity.value});
}

Key SqlStore::key_of(TenantId tenant, std::string_view text) const {
  return vault_.hash("text", {std::to_string(tenant), text});
}

Result<std::vector<KnownIdentity>> SqlStore::identities(std::span<const Key> keys) {
  return reading([&](Connection& connection) -> Result<std::vector<KnownIdentity>> {
    std::vector<KnownIdentity> known;
    query_in(connection, std::string(kIdentities).append("id IN"), {}, ids_of(keys), "",
             [&](const Row& row) { known.push_back(identity_of(vault_, row)); });
    return known;
  });
}

Result<std::vector<KnownIdentity>> SqlStore::identities_of(TenantId tenant, const Uuid& customer) {
  return reading([&](Connection& connection) -> Result<std::vector<KnownIdentity>> {
    std::vector<KnownIdentity> known;
    connection.query(
        std::string(kIdentities).append("customer_id = ? AND tenant_id = ? ORDER BY id"),
        Cells().id(customer.bytes).number(tenant).values(),
        [&](const Row& row) { known.push_back(identity_of(vault_, row)); });
    return known;
  });
}

Result<std::vector<models::Customer>> SqlStore::customers(TenantId tenant,
                                                          std::span<const Uuid> ids) {
  Cells members;
  for (const Uuid& id : ids) members.id(id.bytes);
  return reading([&](Connection& connection) -> Result<std::vector<models::Customer>> {
    std::vector<models::Customer> customers;
    query_in(connection, "SELECT version, document FROM customer WHERE tenant_id = ? AND id IN",
             Cells().number(tenant), members, "",
             [&](const Row& row) { customers.push_back(customer_of(vault_, row, 0)); });
    return customers;
  });
}

Result<std::vector<std::pair<Key, models::Entity>>> SqlStore::entities(TenantId tenant,
                                                                       std::span<const Key> keys) {
  using Entities = std::vector<std::pair<Key, models::Entity>>;
  return reading([&](Connection& connection) -> Result<Entities> {
    Entities entities;
    query_in(connection, "SELECT id, version, document FROM entity WHERE tenant_id = ? AND id IN",
             Cells().number(tenant), ids_of(keys), "", [&](const Row& row) {
               auto entity = models::entity_from_state(
                   json_from(unsealed(vault_, kEntityPlace, row.text(2))));
               if (!entity) fail_reading(kEntityPlace);
               entity->version = row.number(1);
               entities.emplace_back(key_at(row, 0), *std::move(entity));
             });
    return entities;
  });
}

Result<std::vector<SubjectFacts>> SqlStore::facts_of(TenantId tenant,
                                                     std::span<const Key> subjects) {
  return reading([&](Connection& connection) -> Result<std::vector<SubjectFacts>> {
    std::vector<SubjectFacts> facts;
    query_in(connection,
             "SELECT subject, body FROM fact WHERE tenant_id = ? AND (seq, subject) IN"
             " (SELECT seq, subject FROM history WHERE mark IN (0, 1) AND subject IN",
             Cells().number(tenant), ids_of(subjects), ")",
             [&](const Row& row) { facts.push_back(facts_at(vault_, tenant, row)); });
    std::ranges::sort(facts, {}, [](const SubjectFacts& entry) {
      return std::pair(entry.source.order(), entry.subject);
    });
    return facts;
  });
}

Result<std::vector<SubjectFacts>> SqlStore::facts_of_rows(TenantId tenant,
                                                          std::span<const std::int64_t> seqs) {
  Cells members;
  for (const std::int64_t seq : seqs) members.number(seq);
  return reading([&](Connection& connection) -> Result<std::vector<SubjectFacts>> {
    std::vector<SubjectFacts> facts;
    query_in(connection, "SELECT subject, body FROM fact WHERE tenant_id = ? AND seq IN",
             Cells().number(tenant), members, "",
             [&](const Row& row) { facts.push_back(facts_at(vault_, tenant, row)); });
    return facts;
  });
}

}  // namespace guanxi::store::sql
