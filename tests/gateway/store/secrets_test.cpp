#include <atomic>
#include <thread>

#include "tests/gateway/store/test_store.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

ApiKey api_key(TenantId tenant, int number) {
  ApiKey key;
  key.id = uuid(number);
  key.tenant = tenant;
  key.name = "crm";
  key.scopes = {"customers:read", "pii:read"};
  key.created_at = at(1);
  return key;
}

}  // namespace

EVERY_STORE("a lease has one holder until it ends or is released") {
  const World<Driver> world;
  CHECK(world->acquire_lease("token acme", "a", at(0), at(10)).value());
  CHECK(!world->acquire_lease("token acme", "b", at(9), at(20)).value());
  CHECK(world->acquire_lease("token acme", "a", at(5), at(15)).value());
  CHECK(!world->acquire_lease("token acme", "b", at(10), at(20)).value());
  CHECK(world->acquire_lease("token acme", "b", at(15), at(30)).value());
  CHECK(world->acquire_lease("another", "a", at(15), at(30)).value());
  REQUIRE(world->release_lease("token acme", "a"));  // not his any more
  CHECK(!world->acquire_lease("token acme", "a", at(16), at(30)).value());
  REQUIRE(world->release_lease("token acme", "b"));
  CHECK(world->acquire_lease("token acme", "a", at(16), at(30)).value());
}

EVERY_STORE("of many who want a lease at once one gets it") {
  const World<Driver> world(4);
  std::atomic<int> granted = 0;
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const auto mine = world->acquire_lease("one", std::to_string(t), at(0), at(10));
      if (!mine) ++failures;
      if (mine && *mine) ++granted;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  CHECK(granted == 1);
}

EVERY_STORE("a token is replaced only by one who saw the stored one") {
  const World<Driver> world;
  CHECK(!world->token(world.acme, "access").value());
  CHECK(!world->store_token(world.acme, "access", {"x", at(1), 6}, 5).value());
  CHECK(world->store_token(world.acme, "access", {"first", at(7200), 1}, 0).value());
  CHECK(!world->store_token(world.acme, "access", {"other", at(7200), 1}, 0).value());
  CHECK(world->store_token(world.acme, "access", {"second 😀", at(9999), 2}, 1).value());
  CHECK(!world->store_token(world.acme, "access", {"late", at(9999), 2}, 1).value());
  const auto token = world->token(world.acme, "access").value();
  REQUIRE(token);
  CHECK(token->value == "second 😀");
  CHECK(token->expires_at == at(9999));
  CHECK(token->generation == 2);
  CHECK(!world->token(world.acme, "Access").value());
  CHECK(!world->token(world.acme + 1, "access").value());
}

EVERY_STORE("an API key is found by the hash of its secret until for ever, revoked or not") {
  const World<Driver> world;
  const std::string hash("\x01\xff\x00 '", 5);
  REQUIRE(world->add_key(api_key(world.tenant, 1), hash));
  REQUIRE(world->add_key(api_key(world.tenant, 2), "another"));
  const auto found = world->find_key(hash).value();
  REQUIRE(found);
  CHECK(found->id == uuid(1));
  CHECK(found->tenant == world.tenant);
  CHECK(found->tenant_name == "default");
  CHECK(found->name == "crm");
  CHECK(found->scopes == std::vector<std::string>{"customers:read", "pii:read"});
  CHECK(found->created_at == at(1));
  CHECK(!found->revoked_at);
  CHECK(!world->find_key("unknown").value());
  CHECK(world->revoke_key(uuid(1), at(5)).value());
  CHECK(world->revoke_key(uuid(1), at(6)).value());
  CHECK(world->find_key(hash).value()->revoked_at == at(5));
  CHECK(!world->revoke_key(uuid(9), at(5)).value());
  CHECK(world->keys().value().size() == 2);
  CHECK(code_of(world->add_key(api_key(world.tenant, 3), hash)) == ErrorCode::conflict);
}

EVERY_STORE("a channel keeps the tenant and platform of its first use") {
  const World<Driver> world;
  const auto again = world->register_channel("default", "acme", "wecom", at(5)).value();
  CHECK(again.id == world.acme);
  CHECK(again.tenant == world.tenant);
  CHECK(again.tenant_name == "default");
  CHECK(again.platform == "wecom");
  CHECK(code_of(world->register_channel("other", "acme", "wecom", kNow)) == ErrorCode::unsupported);
  CHECK(code_of(world->register_channel("default", "acme", "feishu", kNow)) ==
        ErrorCode::unsupported);
  const auto upper = world->register_channel("default", "ACME", "wecom", kNow).value();
  CHECK(upper.id != world.acme);
  CHECK(world->channels().value().size() == 2);
  CHECK(world->tenant("default", kNow).value() == world.tenant);
}
