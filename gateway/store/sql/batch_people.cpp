#include <map>

#include "gateway/store/sql/batch_write.h"
#include "gateway/store/sql/keys.h"
#include "gateway/store/sql/known.h"
#include "gateway/store/sql/rows.h"

namespace guanxi::store::sql {
namespace {

constexpr Insert kInsertIdentity{
    "INSERT INTO identity (id, tenant_id, kind, name_space, scope, content, sealed, side,"
    " customer_id, contest, stated_by)",
    11, ""};
constexpr std::string_view kEntityHead =
    "INSERT INTO entity (id, tenant_id, kind, version, updated_at, document)";
constexpr Insert kInsertEntity{kEntityHead, 6, ""};
constexpr Insert kUpdateEntity{kEntityHead, 6,
                               "{replace:id} version = {new:version},"
                               " updated_at = {new:updated_at}, document = {new:document}"};
constexpr std::string_view kCustomerHead =
    "INSERT INTO customer (tenant_id, id, version, updated_at, last_change, name, document)";
constexpr Insert kInsertCustomer{kCustomerHead, 7, ""};
constexpr Insert kUpdateCustomer{
    kCustomerHead, 7,
    "{replace:tenant_id, id} version = {new:version}, updated_at = {new:updated_at},"
    " last_change = {new:last_change}, name = {new:name}, document = {new:document}"};
constexpr Insert kInsertChange{
    "INSERT INTO feed_change (tenant_id, position, at, type, object_type, object_id, customer_id,"
    " version, replayed, details)",
    10, ""};

tl::unexpected<Error> changed(std::string_view what) {
  return fail(ErrorCode::conflict, std::string(what) + " was changed by somebody else");
}

void add_customer(Cells& cells, const Uuid& customer) {
  if (customer.is_nil()) {
    cells.null();
  } else {
    cells.id(customer.bytes);
  }
}

// The versions of things by id, locked until the commit.
std::map<Key, std::int64_t> lock_versions(Connection& connection, const Cells& ids) {
  std::map<Key, std::int64_t> versions;
  query_in(connection, "SELECT id, version FROM entity WHERE id IN", {}, ids, "{for_update}",
           [&](const Row& row) { versions[key_at(row, 0)] = row.number(1); });
  return versions;
}

}  // namespace

BatchWrite::Identities BatchWrite::lock_identities(Connection& connection) const {
  Identities states;
  for (const NewIdentity& entry : batch_.identities) states[entry.key].tenant = entry.tenant;
  for (const Move& entry : batch_.moves) states.try_emplace(entry.key);
  Cells ids;
  for (const auto& [key, state] : states) ids.id(key);
  query_in(connection,
           "SELECT id, customer_id, contest, erased_at, content FROM identity WHERE id IN", {}, ids,
           "{for_update}", [&](const Row& row) {
             IdentityState& state = states[key_at(row, 0)];
             state.exists = true;
             state.customer = state.wanted = uuid_at(row, 1);
             state.contest = state.wanted_contest = static_cast<Contest>(row.number(2));
             state.erased = !row.is_null(3) && row.text(4).empty();
           });
  return states;
}

Result<void> BatchWrite::put_identities(Connection& connection) const {
  Identities states = lock_identities(connection);
  for (const NewIdentity& entry : batch_.identities) {
    IdentityState& state = states[entry.key];
    const bool is_known = (state.exists && !state.erased) || state.fresh;
    if (is_known && state.wanted != entry.customer) return changed("whose an identity is");
    if (is_known) continue;
    state.fresh = &entry;
    state.wanted = entry.customer;
  }
  for (const Move& entry : batch_.moves) {
    IdentityState& state = states[entry.key];
    const bool is_there = (state.exists || state.fresh) &&
                          (state.wanted == entry.before || state.wanted == entry.after);
    if (!is_there) return changed("whose an identity is");
    state.wanted = entry.after;
    state.wanted_contest = entry.contest;
  }
  Cells rows;
  for (const auto& [key, state] : states) {
    if (state.fresh) {
      const auto& identity = state.fresh->identity;
      const auto place = static_cast<std::size_t>(state.fresh - batch_.identities.data());
      if (state.erased) {  // she has come back
        Cells cells;
        cells.bytes(identity_contents_[place]).number(is_personal(identity) ? 1 : 0);
        add_customer(cells, state.wanted);
        connection.execute(
            "UPDATE identity SET content = ?, sealed = ?, customer_id = ?, contest = ?"
            " WHERE id = ?",
            cells.number(static_cast<int>(state.fresh->contest)).id(key).values());
        continue;
      }
      rows.id(key).number(state.tenant).text(identity.kind).text(identity.name_space);
      rows.text(identity.scope).bytes(identity_contents_[place]);
      rows.number(is_personal(identity) ? 1 : 0).number(static_cast<int>(identity.side));
      add_customer(rows, state.wanted);
      rows.number(static_cast<int>(state.fresh->contest));
      if (is_zero(state.fresh->stated_by)) {
        rows.null();
      } else {
        rows.id(state.fresh->stated_by);
      }
    } else if (state.wanted != state.customer || state.wanted_contest != state.contest) {
      Cells cells;
      add_customer(cells, state.wanted);
      connection.execute("UPDATE identity SET customer_id = ?, contest = ? WHERE id = ?",
                         cells.number(static_cast<int>(state.wanted_contest)).id(key).values());
    }
  }
  connection.insert(kInsertIdentity, rows);
  for (const auto& [value, stater] : batch_.stated_by) {
    connection.execute("UPDATE identity SET stated_by = ? WHERE id = ?",
                       Cells().id(stater).id(value).values());
  }
  return {};
}

Result<void> BatchWrite::put_entities(Connection& connection) const {
  Cells ids;
  for (const EntityWrite& entry : batch_.entities) ids.id(entry.key);
  const auto versions = lock_versions(connection, ids);
  Cells fresh;
  Cells known;
  for (std::size_t i = 0; i < batch_.entities.size(); ++i) {
    const EntityWrite& entry = batch_.entities[i];
    const auto version = versions.find(entry.key);
    const std::int64_t present = version == versions.end() ? 0 : version->second;
    if (present != entry.expected_version) return changed("an entity");
    if (entry.withdrawn) {
      connection.execute("DELETE FROM entity WHERE id = ?", Cells().id(entry.key).values());
      continue;
    }
    Cells& rows = present == 0 ? fresh : known;
    rows.id(entry.key).number(entry.tenant).number(static_cast<int>(entry.entity.kind));
    rows.number(entry.entity.version).number(to_ms(entry.entity.updated_at));
    rows.bytes(entity_documents_[i]);
  }
  connection.insert(kInsertEntity, fresh);
  connection.insert(kUpdateEntity, known);
  return {};
}

Result<BatchWrite::Versions> BatchWrite::lock_customers(Connection& connection) const {
  std::map<TenantId, Cells> ids;
  for (const CustomerWrite& entry : batch_.customers) {
    ids[entry.tenant].id(entry.customer.id.bytes);
  }
  Versions versions;
  for (const auto& [tenant, members] : ids) {
    query_in(connection,
             "SELECT id, version, last_change FROM customer WHERE tenant_id = ? AND id IN",
             Cells().number(tenant), members, "{for_update}", [&](const Row& row) {
               versions[uuid_at(row, 0)] = {row.number(1), row.number(2)};
             });
  }
  for (const CustomerWrite& entry : batch_.customers) {
    const auto version = versions.find(entry.customer.id);
    const std::int64_t present = version == versions.end() ? 0 : version->second.first;
    if (present != entry.expected_version) return changed("a customer");
  }
  return versions;
}

BatchWrite::Positions BatchWrite::put_changes(Connection& connection,
                                              const std::vector<const NewChange*>& changes) {
  std::map<TenantId, std::int64_t> next;
  for (const NewChange* change : changes) ++next[change->tenant];
  for (auto& [tenant, position] : next) {
    const std::int64_t count = position;
    // The row stays locked until the commit, so positions are given in the order of commits.
    connection.execute("UPDATE feed SET position = position + ? WHERE tenant_id = ?",
                       Cells().number(count).number(tenant).values());
    const auto last = number_of(connection, "SELECT position FROM feed WHERE tenant_id = ?",
                                Cells().number(tenant));
    GUANXI_CHECK(last.has_value());
    position = *last - count;
  }
  Positions newest;
  Cells rows;
  for (const NewChange* entry : changes) {
    const NewChange& change = *entry;
    const std::int64_t position = ++next[change.tenant];
    if (!change.customer.is_nil()) newest[change.customer] = position;
    rows.number(change.tenant).number(position).number(to_ms(change.at)).text(change.type);
    rows.text(change.object_type).text(change.object_id);
    add_customer(rows, change.customer);
    rows.number(change.version).number(change.replayed ? 1 : 0);
    if (change.others.empty() && change.moved.empty()) {
      rows.null();
    } else {
      rows.keep_bytes(change_details(change));
    }
  }
  connection.insert(kInsertChange, rows);
  return newest;
}

Result<void> BatchWrite::put_customers(Connection& connection) const {
  const auto versions = lock_customers(connection);
  if (!versions) return tl::unexpected(versions.error());
  put_facets(connection);
  const Positions newest = put_changes(connection, put_history(connection));
  Cells fresh;
  Cells known;
  for (std::size_t i = 0; i < batch_.customers.size(); ++i) {
    const CustomerWrite& entry = batch_.customers[i];
    const auto version = versions->find(entry.customer.id);
    if (entry.withdrawn) {
      connection.execute("DELETE FROM customer WHERE tenant_id = ? AND id = ?",
                         Cells().number(entry.tenant).id(entry.customer.id.bytes).values());
      continue;
    }
    const auto change = newest.find(entry.customer.id);
    const bool is_new = version == versions->end();
    const std::int64_t before = is_new ? 0 : version->second.second;
    Cells& rows = is_new ? fresh : known;
    rows.number(entry.tenant).id(entry.customer.id.bytes).number(entry.customer.version);
    rows.number(to_ms(entry.customer.updated_at));
    rows.number(change == newest.end() ? before : change->second);
    rows.text(customer_names_[i]).bytes(customer_documents_[i]);
  }
  connection.insert(kInsertCustomer, fresh);
  connection.insert(kUpdateCustomer, known);
  return {};
}

void BatchWrite::put_facets(Connection& connection) const {
  for (const auto& [facet, customer] : lost_) {
    connection.execute("DELETE FROM facet WHERE content = ? AND customer_id = ?",
                       Cells().id(facet).id(customer.bytes).values());
  }
  Cells rows;
  for (const auto& [facet, customer] : gained_) rows.id(facet).id(customer.bytes);
  connection.insert({"INSERT INTO facet (content, customer_id)", 2, "{keep:content}"}, rows);
}

}  // namespace guanxi::store::sql
