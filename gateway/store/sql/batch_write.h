// One batch on its way into the tables.
#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gateway/store/sql/connection.h"
#include "gateway/store/store.h"
#include "gateway/store/vault.h"

namespace guanxi::store::sql {

// Made before the transaction, because sealing needs no lock; run within it, again after a
// deadlock. Tables are touched in one order by everybody: inbox, identity, …, customer, feed.
class BatchWrite {
 public:
  // The batch outlives this.
  BatchWrite(const Batch& batch, const Vault& vault);

  // `conflict` when what the batch rests on has changed; the transaction is to be rolled back.
  Result<void> run(Connection& connection) const;

 private:
  struct IdentityState {
    TenantId tenant = 0;
    bool exists = false;
    Uuid customer;
    Uuid wanted;
    Contest contest = Contest::none;
    Contest wanted_contest = Contest::none;
    bool erased = false;  // nothing but its key is left
    const NewIdentity* fresh = nullptr;
  };
  using Identities = std::map<Key, IdentityState>;
  // Versions of the customers that exist, with the position of their last change.
  using Versions = std::map<Uuid, std::pair<std::int64_t, std::int64_t>>;
  using Positions = std::map<Uuid, std::int64_t>;

  void seal_customers(const Vault& vault);
  void seal_rest(const Vault& vault);
  void list_drift(const Vault& vault);

  Result<void> mark_rows(Connection& connection) const;
  static std::size_t mark_rows(Connection& connection, RowStatus from, RowStatus to,
                               std::span<const Value> seqs);
  void retract(Connection& connection) const;
  Result<void> put_identities(Connection& connection) const;
  Identities lock_identities(Connection& connection) const;
  Result<void> put_entities(Connection& connection) const;
  Result<void> put_customers(Connection& connection) const;
  Result<Versions> lock_customers(Connection& connection) const;
  // Says where facts and the interactions not known before are, and answers the changes to
  // announce.
  std::vector<const NewChange*> put_history(Connection& connection) const;
  // Gives the changes their positions and writes them.
  static Positions put_changes(Connection& connection,
                               const std::vector<const NewChange*>& changes);
  void put_facets(Connection& connection) const;
  void erase(Connection& connection) const;
  // The number of the last one; 0: there is none.
  std::int64_t put_decisions(Connection& connection) const;
  void put_suggestions(Connection& connection) const;
  void put_lineage(Connection& connection, std::int64_t decision) const;
  void put_rest(Connection& connection) const;

  const Batch& batch_;
  std::vector<std::string> identity_contents_;
  std::vector<std::string> customer_names_;
  std::vector<std::string> customer_documents_;
  std::vector<std::string> entity_documents_;
  std::vector<std::string> redacted_payloads_;
  std::string no_arguments_;
  std::map<std::pair<RowStatus, RowStatus>, std::vector<Value>> marks_;  // expected, new
  Cells readings_;
  Cells evidence_;
  Cells facts_;
  Cells named_;
  std::vector<std::pair<Key, Uuid>> gained_;
  std::vector<std::pair<Key, Uuid>> lost_;
  Cells tasks_;
  Cells drift_;
};

}  // namespace guanxi::store::sql
