// Opening, keys, migrations, and what stands in the files.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/gateway/store/test_store.h"
#include "tests/support/timeline.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

std::string why_not(const StoreOptions& options) {
  try {
    open_store(options);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// A batch with a word for the secret in every place that is to be sealed.
template <typename Driver>
Batch batch_with(const World<Driver>& world, const std::string& secret) {
  Batch batch;
  const Identity phone{"phone", "phone", "", secret, models::Side::customer};
  batch.identities.push_back({world.tenant, world.key(phone), phone, uuid(1)});
  const Identity email{"email", "email", "", secret + "@example.com", models::Side::customer};
  batch.identities.push_back({world.tenant, world.key(email), email, uuid(1)});
  models::Fact fact;
  fact.names.push_back({models::Role::customer, phone});
  fact.fields = {{"remark", secret}};
  batch.facts.push_back({world.tenant, world.key(phone), {}, {fact}});
  Customer lei = customer(1, "李雷");
  lei.fields["phones"] = field(secret);
  batch.customers.push_back(world.write_of(lei, 0, {{Facet::Kind::phone, secret}}));
  Entity lead;
  lead.identity = phone;
  lead.fields["phone"] = field(secret);
  lead.version = 1;
  batch.entities.push_back({world.tenant, world.key(phone), lead, 0});
  say(*world.store, world.tenant, batch, person("wmA"), uuid(1), {"m", at(0), 1, secret});
  batch.tasks.push_back({world.tenant, world.acme, 1, "lookup", {{"phone", secret}}, at(0)});
  return batch;
}

}  // namespace

EVERY_STORE("what was written is there after closing and opening") {
  World<Driver> world;
  world.row("one");
  world.add(customer(1, "李雷"));
  world.store.reset();
  world.store = world.open();
  REQUIRE(world->migrate());
  CHECK(world->pending(10, 100).value().at(0).bytes == "one");
  CHECK(world->customers(world.all()).value().customers.at(0) == customer(1, "李雷"));
  CHECK(world->register_channel("default", "acme", "wecom", kNow).value().id == world.acme);
}

EVERY_STORE("migrating brings an empty database up, and does nothing the second time") {
  const World<Driver> world;
  const auto before = world->schema_versions().value();
  CHECK(before.first == before.second);
  CHECK(before.first > 0);
  CHECK(world->migrate());
  CHECK(world->schema_versions().value() == before);
  CHECK(world->ping());
}

TEST_CASE("a database without tables says so and is unavailable until it is migrated") {
  const auto check = [](const std::string& url) {
    const auto store = open_store({url, kDataKey, 2});
    CHECK(store->schema_versions().value().first == 0);
    CHECK(code_of(store->pending(1, 1)) == ErrorCode::unavailable);
    CHECK(store->ping());
  };
  const TemporaryFolder folder;
  check("sqlite:" + folder.file("new.db"));
  check(OnMariadb::server().url("never_migrated"));
}

TEST_CASE("two processes that migrate at once both succeed") {
  const auto check = [](const std::string& url) {
    const auto one = open_store({url, kDataKey, 2});
    const auto two = open_store({url, kDataKey, 2});
    bool is_done = false;
    std::thread other([&] { is_done = one->migrate().has_value(); });
    CHECK(two->migrate());
    other.join();
    CHECK(is_done);
    const auto versions = two->schema_versions().value();
    CHECK(versions.first == versions.second);
  };
  const TemporaryFolder folder;
  check("sqlite:" + folder.file("new.db"));
  check(OnMariadb::server().url("migrated_by_two"));
}

TEST_CASE("a schema of the same number with another text is refused") {
  const std::string name = "made_by_another";
  const auto store = open_store({OnMariadb::server().url(name), kDataKey, 2});
  REQUIRE(store->migrate());
  CHECK(store->migrate());
  OnMariadb::server().run_sql("UPDATE " + name + ".meta SET content = 'x' WHERE name = 'schema 1'");
  const auto refused = store->migrate();
  CHECK(code_of(refused) == ErrorCode::unsupported);
  CHECK(says(refused.error().detail, "begin with a new database"));
}

EVERY_STORE("another data key is refused when the store is opened") {
  const World<Driver> world;
  const std::string why = why_not({world.driver.url(), std::string(64, 'b'), 1});
  CHECK(says(why, "store.data_key is not the key"));
  CHECK(!says(why, "p@ss"));
}

TEST_CASE("a key is made beside a new SQLite database, for its owner only") {
  const TemporaryFolder folder;
  const std::string url = "sqlite:" + folder.file("guanxi.db");
  const std::string key = folder.file("guanxi.db.key");
  REQUIRE(open_store({url, "", 1})->migrate());
  struct stat about {};
  REQUIRE(::stat(key.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  REQUIRE(::stat(folder.file("guanxi.db").c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  CHECK(open_store({url, "", 1})->migrate());
  CHECK(open_store({url, read(key), 1})->migrate());
  SUBCASE("without it, the database cannot be opened, and no other key is made") {
    std::filesystem::remove(key);
    CHECK(says(why_not({url, "", 1}), "restore"));
    CHECK(!std::filesystem::exists(key));
  }
  SUBCASE("when it is damaged, the database cannot be opened") {
    std::ofstream(key) << "nonsense";
    CHECK(says(why_not({url, "", 1}), "restore"));
  }
}

TEST_CASE("what cannot be opened is refused with the setting and the cure") {
  const TemporaryFolder folder;
  CHECK(says(why_not({"redis://x", kDataKey, 1}), "store.url"));
  CHECK(says(why_not({"sqlite:" + folder.file("none/guanxi.db"), kDataKey, 1}), "store.url"));
  CHECK(says(why_not({"sqlite:" + folder.file("guanxi.db"), "short", 1}), "store.data_key"));
  const std::string reachable = OnMariadb::server().url("reachable");
  CHECK(says(why_not({reachable, "", 1}), "store.data_key is missing"));
  const std::string refused = why_not({"mysql://nobody:hunter2@127.0.0.1:1/x", kDataKey, 1});
  CHECK(says(refused, "store.url: cannot"));
  CHECK(!says(refused, "hunter2"));
  std::string wrong = reachable;
  wrong.replace(wrong.find("guanxi:"), 8, "guanxi:wrong");
  CHECK(says(why_not({wrong, kDataKey, 1}), "Access denied"));
  std::ofstream(folder.file("text.db")) << std::string(5000, 'x');
  CHECK(says(why_not({"sqlite:" + folder.file("text.db"), kDataKey, 1}), "not a database"));
}

TEST_CASE("a database of a newer program is left alone") {
  const World<OnMariadb> world;
  OnMariadb::server().run_sql("INSERT INTO " + world.driver.name + ".schema_version VALUES (9999)");
  CHECK(code_of(world->migrate()) == ErrorCode::unsupported);
  OnMariadb::server().run_sql("DELETE FROM " + world.driver.name +
                              ".schema_version WHERE version = 9999");
  CHECK(world->migrate());
}

TEST_CASE("a migration that was killed half-way on MariaDB, which commits each step, is finished") {
  const World<OnMariadb> world;
  OnMariadb::server().run_sql("USE " + world.driver.name +
                              "; DELETE FROM schema_version; DROP TABLE arrival, drift, api_key;"
                              " DROP INDEX task_by_due ON task; DELETE FROM meta;");
  REQUIRE(world->migrate());
  const auto versions = world->schema_versions().value();
  CHECK(versions.first == versions.second);
  CHECK(world->drift(world.tenant));
  CHECK(world->keys());
}

TEST_CASE("no phone, message or remark stands in the files in plain text") {
  const std::string secret = "13800001234-very-secret";
  World<OnSqlite> world;
  REQUIRE(world->write(batch_with(world, secret)));
  world.row(secret);
  REQUIRE(world->append(std::vector{world.payload(secret + ", just arrived")}));
  REQUIRE(world->store_token(world.acme, "access", {secret, at(1), 1}, 0));
  const auto task = world->claim_tasks(at(0), at(1), 1).value().at(0);
  TaskOutcome done;
  done.answer = secret;
  REQUIRE(world->settle(task, done));
  int files = 0;
  const auto check_files = [&] {
    for (const auto& entry : std::filesystem::directory_iterator(world.driver.folder.path())) {
      CAPTURE(entry.path());
      CHECK(!says(read(entry.path()), secret));
      ++files;
    }
  };
  check_files();
  world.store.reset();
  check_files();
  CHECK(files >= 4);  // database, log and shared memory; database
}
