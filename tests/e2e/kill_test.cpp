// kill -9 at any moment of a load: what was answered with 200 is in the inbox, and its effect
// happens exactly once.
#include <doctest/doctest.h>
#include <signal.h>

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "tests/support/gateway_process.h"
#include "tests/support/mariadb_server.h"
#include "tests/support/pipeline_world.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

constexpr int kRounds = 20;
constexpr int kThreads = 8;
constexpr int kPerThread = 60;

std::string customer_name(int round, int thread, int number) {
  return "wmKill" + std::to_string(round) + '-' + std::to_string(thread) + '-' +
         std::to_string(number);
}

// Fires the round's callbacks from all threads; the process is killed when `kill_after` were
// answered.
std::set<std::string> load_and_kill(GatewayProcess& gateway, int round, int kill_after) {
  std::atomic<int> answered{0};
  std::mutex mutex;
  std::set<std::string> acknowledged;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      CallbackConnection connection(gateway.public_port());
      for (int number = 0; number < kPerThread; ++number) {
        const std::string name = customer_name(round, thread, number);
        const int status = connection.post(gateway.callback_request(
            contact_event("del_follow_user", name, "li", 1'735'689'600 + round), number));
        if (status == 0) return;
        if (status == 200) {
          const std::lock_guard lock(mutex);
          acknowledged.insert(name);
        }
        if (++answered == kill_after) gateway.kill();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (answered < kill_after) gateway.kill();
  return acknowledged;
}

void check_kills(GatewaySetup setup) {
  GatewayProcess gateway(std::move(setup));
  std::mt19937 random(20261122);
  std::set<std::string> acknowledged;
  for (int round = 0; round < kRounds; ++round) {
    gateway.start();
    const int kill_after = 1 + static_cast<int>(random() % (kThreads * kPerThread - 40));
    acknowledged.merge(load_and_kill(gateway, round, kill_after));
  }
  gateway.start();
  // The platform repeats what it got no answer to, and sometimes what it did.
  CallbackConnection connection(gateway.public_port());
  for (int number = 0; number < kPerThread; ++number) {
    const std::string name = customer_name(0, 0, number);
    REQUIRE(connection.post(gateway.callback_request(
                contact_event("del_follow_user", name, "li", 1'735'689'600), number)) == 200);
    acknowledged.insert(name);
  }
  gateway.await_worked();
  std::map<std::string, int> customers;
  for (const Json& customer : gateway.get_all("/v1/customers?limit=500")) {
    for (const Json& identity : customer.at("identities")) {
      ++customers[identity.at("value").get<std::string>()];
    }
    const Json timeline =
        gateway.get("/v1/customers/" + customer.at("id").get<std::string>() + "/timeline");
    CHECK(timeline.at("data").size() == 1);
  }
  for (const std::string& name : acknowledged) {
    CAPTURE(name);
    CHECK(customers[name] == 1);
  }
  MESSAGE(acknowledged.size(), " callbacks acknowledged over ", kRounds, " kills, ",
          customers.size(), " customers, each once");
  CHECK(acknowledged.size() > 500);
  CHECK(gateway.stop() == 0);
}

}  // namespace

TEST_CASE("twenty times killed under load, SQLite has every acknowledged callback once") {
  check_kills({});
}

TEST_CASE("twenty times killed under load, MariaDB has every acknowledged callback once") {
  const MariadbServer server;
  check_kills({server.url("guanxi_kill"), {}, {}});
}
