#include "gateway/store/sql/keys.h"
#include "gateway/store/sql/known.h"
#include "gateway/store/sql/pages.h"
#include "gateway/store/sql/rows.h"
#include "gateway/store/sql/sql_store.h"

namespace guanxi::store::sql {
namespace {

// One statement and its values. Pages by id, or, for customers updated since, by their last change.
struct CustomerSearch {
  std::string sql;
  Cells values;
  bool by_change = false;
};

void drive_by_change(CustomerSearch& search, const CustomerQuery& query, std::int64_t after) {
  search.by_change = true;
  search.sql =
      "SELECT c.version, c.document, h.position FROM feed_change h CROSS JOIN customer c"
      " ON c.tenant_id = h.tenant_id AND c.id = h.customer_id AND c.last_change = h.position"
      " WHERE h.tenant_id = ? AND h.position > ? AND c.updated_at >= ?";
  search.values.number(query.tenant).number(after).number(to_ms(*query.updated_since));
}

void drive_by_facet(CustomerSearch& search, const CustomerQuery& query, const Vault& vault,
                    const models::Facet& facet, const Uuid& after) {
  search.sql =
      "SELECT c.version, c.document, 0 FROM facet f CROSS JOIN customer c"
      " ON c.tenant_id = ? AND c.id = f.customer_id WHERE f.content = ? AND f.customer_id > ?";
  const auto hash = facet_hash(vault, query.tenant, facet);
  search.values.number(query.tenant).keep_bytes({hash.begin(), hash.end()});
  search.values.keep_bytes({after.bytes.begin(), after.bytes.end()});
}

void drive_by_id(CustomerSearch& search, const CustomerQuery& query, const Uuid& after) {
  search.sql = "SELECT c.version, c.document, 0 FROM customer c WHERE c.tenant_id = ? AND c.id > ?";
  search.values.number(query.tenant).keep_bytes({after.bytes.begin(), after.bytes.end()});
}

void finish(CustomerSearch& search, const CustomerQuery& query, const Vault& vault,
            std::span<const models::Facet> facets, std::string_view order, std::size_t limit) {
  for (const models::Facet& facet : facets) {
    const auto hash = facet_hash(vault, query.tenant, facet);
    search.sql +=
        " AND EXISTS (SELECT 1 FROM facet e WHERE e.content = ? AND e.customer_id = c.id)";
    search.values.keep_bytes({hash.begin(), hash.end()});
  }
  if (!query.name_contains.empty()) {
    search.sql += " AND INSTR(c.name, ?) > 0";
    search.values.keep_text(folded(query.name_contains));
  }
  search.sql.append(" ORDER BY ").append(order).append(" LIMIT ?");
  search.values.number(static_cast<std::int64_t>(limit + 1));
}

// The change before the first one since then; the highest position when there is none.
std::int64_t before_changes_since(Connection& connection, TenantId tenant, Time since) {
  return number_of(connection,
                   "SELECT MIN(position) - 1 FROM feed_change WHERE tenant_id = ? AND at >= ?",
                   Cells().number(tenant).number(to_ms(since)))
      .value_or(INT64_MAX);
}

Result<CustomerSearch> search_for(Connection& connection, const CustomerQuery& query,
                                  const Vault& vault, std::size_t limit) {
  CustomerSearch search;
  std::vector<models::Facet> facets = query.facets;
  // Phones and e-mails find fewest, platforms most.
  std::ranges::sort(facets, std::greater<>{}, &models::Facet::kind);
  if (query.updated_since) {
    const auto position = query.after.empty()
                              ? before_changes_since(connection, query.tenant, *query.updated_since)
                              : whole_number(query.after);
    if (!position) return bad_position();
    drive_by_change(search, query, *position);
    finish(search, query, vault, facets, "h.position", limit);
    return search;
  }
  const auto after = query.after.empty() ? Uuid{} : parse_uuid(query.after);
  if (!after) return bad_position();
  if (facets.empty()) {
    drive_by_id(search, query, *after);
    finish(search, query, vault, {}, "c.id", limit);
  } else {
    drive_by_facet(search, query, vault, facets.front(), *after);
    finish(search, query, vault, std::span(facets).subspan(1), "f.customer_id", limit);
  }
  return search;
}

ChangeRow change_of(TenantId tenant, const Row& row) {
  ChangeRow change{row.number(0),
                   {tenant, string_at(row, 1), string_at(row, 2), string_at(row, 3),
                    uuid_at(row, 4), row.number(5), from_ms(row.number(6)), row.number(7) != 0}};
  auto [others, moved] = two_lists_from(row.text(8));
  for (const Key& other : others) change.change.others.push_back(Uuid{other});
  change.change.moved = std::move(moved);
  return change;
}

DriftRow drift_of(const Row& row) {
  return {string_at(row, 0),
          string_at(row, 1),
          {static_cast<models::Drift::Kind>(row.number(2)), string_at(row, 3), string_at(row, 4),
           string_at(row, 5)},
          row.number(6),
          from_ms(row.number(7)),
          from_ms(row.number(8))};
}

}  // namespace

Result<CustomerPage> SqlStore::customers(const CustomerQuery& query) {
  const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, kPageMax);
  return reading([&](Connection& connection) -> Result<CustomerPage> {
    const auto search = search_for(connection, query, vault_, limit);
    if (!search) return tl::unexpected(search.error());
    CustomerPage page;
    bool has_more = false;
    std::int64_t position = 0;
    connection.query(search->sql, search->values, [&](const Row& row) {
      has_more = page.customers.size() == limit;
      if (has_more) return;
      page.customers.push_back(customer_of(vault_, row, 0));
      position = row.number(2);
    });
    if (has_more) {
      page.next =
          search->by_change ? std::to_string(position) : format_uuid(page.customers.back().id);
    }
    return page;
  });
}

Result<std::vector<ChangeRow>> SqlStore::changes(TenantId tenant, std::int64_t after,
                                                 std::size_t limit) {
  Cells values;
  values.number(tenant).number(after);
  values.number(static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, kPageMax)));
  return reading([&](Connection& connection) -> Result<std::vector<ChangeRow>> {
    std::vector<ChangeRow> rows;
    connection.query(
        "SELECT position, type, object_type, object_id, customer_id, version, at, replayed,"
        " details FROM feed_change"
        " WHERE tenant_id = ? AND position > ? ORDER BY position LIMIT ?",
        values, [&](const Row& row) { rows.push_back(change_of(tenant, row)); });
    return rows;
  });
}

Result<std::vector<DriftRow>> SqlStore::drift(TenantId tenant) {
  return reading([&](Connection& connection) -> Result<std::vector<DriftRow>> {
    std::vector<DriftRow> rows;
    connection.query(
        "SELECT c.name, d.pack, d.kind, d.event, d.pointer, d.sample, d.times, d.first_at,"
        " d.last_at FROM drift d JOIN channel c ON c.id = d.channel_id WHERE d.tenant_id = ?"
        " ORDER BY d.last_at DESC, d.id",
        Cells().number(tenant).values(), [&](const Row& row) { rows.push_back(drift_of(row)); });
    return rows;
  });
}

Result<Backlog> SqlStore::backlog(std::optional<TenantId> tenant) {
  return reading([&](Connection& connection) -> Result<Backlog> {
    const auto count = [&](std::string sql) {
      Cells values;
      if (tenant) {
        sql += " AND tenant_id = ?";
        values.number(*tenant);
      }
      return number_of(connection, sql, values).value_or(0);
    };
    return Backlog{count("SELECT SUM(payloads) FROM arrival WHERE id > 0") +
                       count("SELECT COUNT(*) FROM inbox WHERE status IN (0, 5)"),
                   count("SELECT COUNT(*) FROM task WHERE state IN (0, 1)"),
                   count("SELECT COUNT(*) FROM task WHERE state = 3")};
  });
}

}  // namespace guanxi::store::sql
