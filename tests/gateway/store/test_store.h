// A store of a test's own, on each of the two databases, and short ways to fill it.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "gateway/store/store.h"
#include "tests/support/mariadb_server.h"
#include "tests/support/temporary_folder.h"

namespace guanxi::tests {

using namespace store;
using models::Customer;
using models::Entity;
using models::Facet;
using models::Identity;
using models::Interaction;

struct OnSqlite {
  TemporaryFolder folder;
  std::string url() const { return "sqlite:" + folder.file("guanxi.db"); }
};

// One server for the whole binary. Making the tables takes a second, so tests that are done leave
// their database to others, who empty it.
struct OnMariadb {
  OnMariadb() : name(take()), address(server().url(name)) {}
  OnMariadb(const OnMariadb&) = delete;
  OnMariadb& operator=(const OnMariadb&) = delete;
  ~OnMariadb() { left().push_back(name); }
  std::string url() const { return address; }

  static MariadbServer& server() {
    static MariadbServer instance;
    return instance;
  }

  std::string name;
  std::string address;

 private:
  static std::vector<std::string>& left() {
    static std::vector<std::string> names;
    return names;
  }
  static std::string take() {
    static int made = 0;
    if (left().empty()) return "test_" + std::to_string(++made);
    const std::string name = left().back();
    left().pop_back();
    std::string emptying = "USE " + name + "; START TRANSACTION;";
    for (const char* table :
         {"arrival",     "tenant",     "channel",    "inbox",    "answer",
          "reading",     "identity",   "evidence",   "fact",     "inbox_identity",
          "customer",    "facet",      "history",    "entity",   "feed",
          "feed_change", "task",       "lease",      "token",    "api_key",
          "drift",       "activation", "quarantine", "decision", "decision_identity",
          "suggestion",  "merged",     "lineage",    "erasure"}) {
      emptying.append(" DELETE FROM ").append(table).append(";");
    }
    server().run_sql(emptying.append(" COMMIT;"));
    return name;
  }
};

// 32 bytes, in hex.
inline const std::string kDataKey(64, 'a');

constexpr Time kNow = from_ms(1'767'225'600'000);
inline Time at(std::int64_t seconds) { return kNow + Milliseconds(seconds * 1000); }

inline Uuid uuid(int number) {
  Uuid id = make_uuid(kNow, [](std::uint8_t* bytes, std::size_t size) {
    std::fill_n(bytes, size, std::uint8_t{0});
  });
  for (int i = 0; i < 4; ++i) {
    id.bytes[static_cast<std::size_t>(15 - i)] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return id;
}

inline Identity person(const std::string& value) {
  return {"external_userid", "wecom.external_userid", "corp", value, models::Side::customer};
}

inline models::Field field(const Json& value, const std::string& channel = "acme") {
  models::Source source;
  source.channel = channel;
  source.at = kNow;
  return models::Field({models::Candidate{value, source}});
}

inline Customer customer(int number, const std::string& name, std::int64_t version = 1) {
  Customer customer;
  customer.id = uuid(number);
  customer.version = version;
  customer.created_at = kNow;
  customer.updated_at = at(number);
  customer.fields["name"] = field(name);
  return customer;
}

template <typename Driver>
struct World {
  World() : World(2) {}
  explicit World(std::size_t connections) {
    store = open(connections);
    REQUIRE(store->migrate());
    const auto channel = store->register_channel("default", "acme", "wecom", kNow);
    REQUIRE(channel);
    tenant = channel->tenant;
    acme = channel->id;
  }

  std::unique_ptr<Store> open(std::size_t connections = 2) const {
    return open_store({driver.url(), kDataKey, connections});
  }
  Store* operator->() const { return store.get(); }

  NewPayload payload(const std::string& bytes) const {
    return {tenant, acme, kNow, "current", "xml", bytes, bytes, bytes};
  }
  // Appends payloads and gives them their rows.
  Admitted admit(std::span<const NewPayload> payloads) const {
    REQUIRE(store->append(payloads));
    const auto admitted = store->admit(10'000);
    REQUIRE(admitted);
    return *admitted;
  }
  // Appends one payload and answers its row.
  std::int64_t row(const std::string& bytes) const {
    const std::vector payloads{payload(bytes)};
    admit(payloads);
    return store->pending(10'000, 1 << 30).value().back().seq;
  }
  Key key(const Identity& identity) const { return store->key_of(tenant, identity); }
  CustomerWrite write_of(Customer what, std::int64_t expected = 0, std::vector<Facet> gained = {},
                         std::vector<Facet> lost = {}) const {
    return {tenant, std::move(what), expected, std::move(gained), std::move(lost)};
  }
  CustomerQuery all() const {
    CustomerQuery query;
    query.tenant = tenant;
    return query;
  }
  NewChange change(const Customer& what, const std::string& type = "customer.updated") const {
    return {tenant, type, "customer", format_uuid(what.id), what.id, what.version, what.updated_at};
  }
  // Writes a new customer with its change.
  void add(const Customer& what, std::vector<Facet> facets = {}) const {
    Batch batch;
    batch.customers.push_back(write_of(what, 0, std::move(facets)));
    batch.changes.push_back(change(what, "customer.created"));
    REQUIRE(store->write(batch));
  }

  Driver driver;
  std::unique_ptr<Store> store;
  TenantId tenant = 0;
  ChannelId acme = 0;
};

template <typename T>
ErrorCode code_of(const Result<T>& result) {
  REQUIRE(!result);
  return result.error().code;
}

}  // namespace guanxi::tests

// NOLINTNEXTLINE: doctest needs a macro here
#define EVERY_STORE(sentence) TEST_CASE_TEMPLATE(sentence, Driver, OnSqlite, OnMariadb)
