// The gateway as its users have it: a process, HTTP, a real store, a simulated platform.
#include <doctest/doctest.h>
#include <signal.h>
#include <sqlite3.h>

#include <set>
#include <thread>

#include "tests/support/gateway_process.h"
#include "tests/support/mariadb_server.h"
#include "tests/support/pipeline_world.h"
#include "tests/support/wecom_simulator.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

constexpr std::int64_t kDay = 1'735'689'600;

struct Site {
  explicit Site(const std::string& store_url = {})
      : gateway({store_url, simulator.api_base(), {}}) {
    gateway.start();
  }

  // Waits until the customer's name is known, following the feed.
  Json await_customer(const std::string& external_userid) {
    std::string after;
    for (int round = 0; round < 200; ++round) {
      const Json feed = gateway.get("/v1/changes?limit=500&wait=5&after=" + after);
      after = feed.at("next").get<std::string>();
      for (const Json& customer : gateway.get_all("/v1/customers?limit=500")) {
        if (customer.at("name").is_null()) continue;
        for (const Json& identity : customer.at("identities")) {
          if (identity.at("value") == external_userid) return customer;
        }
      }
    }
    throw std::runtime_error("no customer " + external_userid + ": " + gateway.log());
  }

  net::IoThreads threads{1};
  WecomSimulator simulator{threads};
  GatewayProcess gateway;
};

void check_first_path(const std::string& store_url) {
  Site site(store_url);
  CallbackConnection connection(site.gateway.public_port());
  REQUIRE(connection.post(site.gateway.callback_request(
              contact_event("add_external_contact", "wmDemoAAA0001", "sales.li", kDay,
                            "<State><![CDATA[expo2026]]></State>"),
              1)) == 200);
  const Json customer = site.await_customer("wmDemoAAA0001");
  REQUIRE(customer.at("relations").size() >= 1);
  CHECK(customer.at("relations").at(0).at("staff_id") == "sales.li");
  CHECK(customer.at("relations").at(0).at("status") == "active");
  CHECK(customer.at("source").at("state") == "expo2026");
  std::set<std::string> kinds;
  for (const Json& identity : customer.at("identities")) {
    kinds.insert(identity.at("kind").get<std::string>());
  }
  CHECK(kinds == std::set<std::string>{"external_userid", "unionid"});
  CHECK(site.gateway.stop() == 0);
}

}  // namespace

TEST_CASE("a callback becomes a unified customer that a CRM pulls, on SQLite") {
  check_first_path({});
}

TEST_CASE("a callback becomes a unified customer that a CRM pulls, on MariaDB") {
  const MariadbServer server;
  check_first_path(server.url("guanxi_first"));
}

TEST_CASE("callbacks that an encoder from elsewhere signed and encrypted are understood") {
  Site site;
  Process node(
      {"/usr/bin/env", "node", GUANXI_SOURCE_DIR "/tests/interop/wecom.js",
       "http://127.0.0.1:" + std::to_string(site.gateway.public_port()) + "/callbacks/wecom/acme",
       "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "ww00scrmdemo000001",
       contact_event("add_external_contact", "wmDemoAAA0007", "sales.li", kDay)},
      site.gateway.folder().file("node.log"));
  CHECK(node.read_line().value_or("") == "url check 200 1616140317555161061");
  CHECK(node.read_line().value_or("") == "callback 200 ");
  CHECK(node.read_line().value_or("") == "tampered 403 ");
  CHECK(node.wait() == 0);
  CHECK(!site.await_customer("wmDemoAAA0007").at("name").is_null());
}

TEST_CASE("every event that trigger can make is taken, and none is unmapped or dead") {
  Site site;
  const Json names = Json::parse(site.gateway.run({"trigger", "acme", "--list", "--json"}));
  CHECK(names.size() >= 40);
  const std::string to = "http://127.0.0.1:" + std::to_string(site.gateway.public_port());
  for (const Json& name : names) {
    const std::string event =
        name.is_string() ? name.get<std::string>() : name.at("event").get<std::string>();
    CAPTURE(event);
    site.gateway.run({"trigger", "acme", event, "--to", to});
  }
  site.gateway.await_worked();
  CHECK(site.gateway.get("/v1/events?status=unmapped").at("data").empty());
  CHECK(site.gateway.get("/v1/events?status=dead").at("data").empty());
  CHECK(site.gateway.get_all("/v1/events?status=normalized").size() >= 40);
}

TEST_CASE("SIGTERM answers what was received and ends with 0") {
  GatewayProcess gateway({});
  gateway.start();
  CallbackConnection idle(gateway.public_port());
  CallbackConnection busy(gateway.public_port());
  REQUIRE(busy.post(gateway.callback_request(
              contact_event("del_follow_user", "wmTerm1", "li", kDay), 1)) == 200);
  std::thread last([&] {
    const int status = busy.post(
        gateway.callback_request(contact_event("del_follow_user", "wmTerm2", "li", kDay), 2));
    CHECK((status == 200 || status == 0));
  });
  CHECK(gateway.stop() == 0);
  last.join();
}

TEST_CASE("a port that is taken is said plainly") {
  GatewayProcess first({});
  first.start();
  GatewayProcess second({{}, {}, {}});
  const std::string config = second.folder().file("taken.toml");
  const Json nothing;
  {
    std::FILE* file = std::fopen(config.c_str(), "w");
    REQUIRE(file != nullptr);
    std::fprintf(file,
                 "[server]\npublic = \"127.0.0.1:%d\"\nprivate = \"127.0.0.1:0\"\n[store]\nurl = "
                 "\"sqlite:%s\"\n",
                 first.public_port(), second.folder().file("taken.db").c_str());
    std::fclose(file);
  }
  Process process({GUANXI_BINARY_DIR "/guanxi", "serve", "--config", config},
                  second.folder().file("taken.log"));
  CHECK(process.wait() == 1);
  std::FILE* file = std::fopen(second.folder().file("taken.log").c_str(), "r");
  REQUIRE(file != nullptr);
  char text[2048] = {};
  static_cast<void>(std::fread(text, 1, sizeof text - 1, file));
  std::fclose(file);
  CHECK(std::string(text).find("server.public") != std::string::npos);
  CHECK(std::string(text).find(std::to_string(first.public_port())) != std::string::npos);
}

TEST_CASE("a SQLite store that refuses writes is answered with 503, and never with 200") {
  GatewayProcess gateway({});
  gateway.start();
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(gateway.folder().file("guanxi.db").c_str(), &other) == SQLITE_OK);
  sqlite3_busy_timeout(other, 5000);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  const std::string request =
      gateway.callback_request(contact_event("del_follow_user", "wmBusy", "li", kDay), 1);
  CallbackConnection connection(gateway.public_port());
  CHECK(connection.post(request) == 503);
  REQUIRE(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(other);
  CallbackConnection again(gateway.public_port());
  CHECK(again.post(request) == 200);
}

TEST_CASE("a MariaDB that is gone is answered with 503, and used again when it is back") {
  MariadbServer server;
  GatewayProcess gateway({server.url("guanxi_gone"), {}, {}});
  gateway.start();
  const auto post = [&](int number) {
    CallbackConnection connection(gateway.public_port());
    return connection.post(gateway.callback_request(
        contact_event("del_follow_user", "wmGone" + std::to_string(number), "li", kDay), number));
  };
  CHECK(post(1) == 200);
  server.stop();
  CHECK(post(2) == 503);
  server.start();
  CHECK(post(2) == 200);
  gateway.await_worked();
  CHECK(gateway.get_all("/v1/customers").size() == 2);
}

TEST_CASE("a MariaDB that hangs is answered with 503, and keeps nobody from ending the gateway") {
  MariadbServer server;
  GatewayProcess gateway({server.url("guanxi_hangs"), {}, {}});
  gateway.start();
  const auto post = [&](int number) {
    CallbackConnection connection(gateway.public_port());
    return connection.post(gateway.callback_request(
        contact_event("del_follow_user", "wmHang" + std::to_string(number), "li", kDay), number));
  };
  CHECK(post(1) == 200);
  server.freeze();
  CHECK(post(2) == 503);
  gateway.reload();
  CHECK(gateway.stop() == 0);
  server.thaw();
  gateway.start();
  CHECK(post(2) == 200);
  gateway.await_worked();
  CHECK(gateway.get_all("/v1/customers").size() == 2);
}
