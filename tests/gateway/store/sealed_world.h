// A store with a sealed value in every column that may hold one, and ways to look at them as they
// stand in the database.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gateway/store/data_key.h"
#include "gateway/store/mysql/mysql_database.h"
#include "gateway/store/sql/rows.h"
#include "gateway/store/sql/sealed_columns.h"
#include "gateway/store/sqlite/sqlite_database.h"
#include "gateway/store/vault.h"
#include "tests/gateway/store/test_store.h"
#include "tests/support/timeline.h"

namespace guanxi::tests {

inline const std::string kNewKey(64, 'c');
inline const std::string kThirdKey(64, 'd');

inline std::string id_of_key(const std::string& text) {
  return Vault::id_of(read_data_key(text).value());
}

// Not given to other tests, whose key is another.
struct OnFreshMariadb {
  OnFreshMariadb() : address(OnMariadb::server().url("keys_" + std::to_string(++made()))) {}
  std::string url() const { return address; }
  std::string address;

 private:
  static int& made() {
    static int count = 0;
    return count;
  }
};

inline std::unique_ptr<sql::Database> database_of(const std::string& url) {
  const StoreUrl read = read_store_url(url);
  if (read.scheme == "sqlite") return sqlite::open_database({read.path, "", "full", 1});
  return mysql::open_database(read, 1);
}

// How many values of each sealed column a key has sealed, by "table.column"; zeros too.
inline std::map<std::string, std::int64_t> sealed_by(const std::string& url,
                                                     const std::string& id) {
  std::map<std::string, std::int64_t> counts;
  const auto database = database_of(url);
  const sql::Lease lease = database->reader();
  for (const sql::SealedTable& table : sql::kSealedTables) {
    for (const sql::SealedColumn& column : table.columns) {
      if (column.name.empty()) continue;
      const std::string name = std::string(table.name) + '.' + std::string(column.name);
      std::string text("SELECT COUNT(*) FROM ");
      text.append(table.name).append(" WHERE ").append(table.condition).append(" AND SUBSTR(");
      text.append(column.name).append(", 1, 4) = ?");
      counts[name] = sql::number_of(*lease, text, sql::Cells().bytes(id)).value();
    }
  }
  return counts;
}

inline std::int64_t total(const std::map<std::string, std::int64_t>& counts) {
  std::int64_t sum = 0;
  for (const auto& [name, count] : counts) sum += count;
  return sum;
}

template <typename Driver>
struct SealedWorld : World<Driver> {
  SealedWorld() {
    for (int number = 1; number <= 3; ++number) add_person(number);
    this->row("worked, phone 13800001234");
    REQUIRE((*this)->append(std::vector{this->payload("just arrived"), this->payload("and more")}));
    REQUIRE((*this)->store_token(this->acme, "access", {"access-token", at(9), 1}, 0).value());
    REQUIRE((*this)->quarantine(
        std::vector{Quarantined{0, this->tenant, this->acme, at(1), "a request"},
                    Quarantined{0, this->tenant, this->acme, at(2), "another"}}));
    const auto tasks = (*this)->claim_tasks(at(0), at(1), 1);
    REQUIRE(tasks);
    REQUIRE(tasks->size() == 1);
    TaskOutcome done;
    done.answer = "the answer";
    REQUIRE((*this)->settle(tasks->front(), done));
  }

  std::string phone_of(int number) const { return "+86138000012" + std::to_string(10 + number); }
  Identity phone(int number) const {
    return {"phone", "phone", "", phone_of(number), models::Side::customer};
  }

  void add_person(int number) {
    const std::string user = "wm" + std::to_string(number);
    Batch batch;
    batch.identities.push_back(
        {this->tenant, this->key(phone(number)), phone(number), uuid(number)});
    Customer made = customer(number, "李雷" + std::to_string(number));
    made.fields["phones"] = field(phone_of(number));
    batch.customers.push_back(this->write_of(made, 0, {{Facet::Kind::phone, phone_of(number)}}));
    batch.changes.push_back(this->change(made, "customer.created"));
    Entity lead;
    lead.identity = {"lead", "lead", "corp", "lead" + user, models::Side::lead};
    lead.fields["phone"] = field(phone_of(number));
    lead.version = 1;
    batch.entities.push_back({this->tenant, this->key(lead.identity), lead, 0});
    say(*this->store, this->tenant, batch, person(user), uuid(number),
        {"m" + user, at(number), number, "你好"});
    batch.tasks.push_back(
        {this->tenant, this->acme, number, "lookup", {{"phone", phone_of(number)}}, at(0)});
    REQUIRE((*this)->write(batch));
  }

  // Everything that is sealed, as a store shows it.
  Json seen(Store& asked) const {
    Json all = Json::array();
    const auto rows = asked.pending(100, 1 << 20).value();
    for (const InboxRow& row : rows) all.push_back({row.seq, row.bytes, row.arguments});
    for (int number = 1; number <= 3; ++number) add_seen(asked, number, all);
    all.push_back(asked.token(this->acme, "access").value()->value);
    const auto requests = asked.quarantined(this->acme, 0, 10).value();
    for (const Quarantined& entry : requests) all.push_back(entry.request);
    return all;
  }

 private:
  void add_seen(Store& asked, int number, Json& all) const {
    CustomerQuery query = this->all();
    query.facets = {{Facet::Kind::phone, phone_of(number)}};
    const auto page = asked.customers(query).value();
    for (const Customer& found : page.customers) {
      all.push_back(models::customer_json(found, {"t", true, nullptr}));
    }
    const auto identities =
        asked.identities(std::vector{asked.key_of(this->tenant, phone(number))}).value();
    for (const KnownIdentity& known : identities) all.push_back(known.identity.value);
    const auto timeline = asked.timeline(this->tenant, uuid(number), 10, {}).value();
    for (const auto& entry : timeline.interactions) {
      all.push_back(models::interaction_json(entry, true));
    }
    const std::string lead = "leadwm" + std::to_string(number);
    const Key key = asked.key_of(this->tenant, {"lead", "lead", "corp", lead, models::Side::lead});
    const auto entities = asked.entities(this->tenant, std::vector{key}).value();
    for (const auto& [found, entity] : entities) {
      all.push_back(models::value_of(entity.fields, "phone"));
    }
  }
};

}  // namespace guanxi::tests
