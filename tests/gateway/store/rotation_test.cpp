// Changing the data key: what is sealed, who may go on meanwhile, and what a crash leaves.
#include "gateway/store/rotation.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <thread>

#include "models/embedded_file.h"
#include "tests/gateway/store/sealed_world.h"

namespace guanxi_store {
std::span<const guanxi::models::EmbeddedFile> embedded_files();
}

using namespace guanxi;
using namespace guanxi::tests;

// NOLINTNEXTLINE: doctest needs a macro here
#define EVERY_SEALED_STORE(sentence) TEST_CASE_TEMPLATE(sentence, Driver, OnSqlite, OnFreshMariadb)

namespace {

StoreOptions with_keys(const std::string& url, const std::string& key,
                       const std::string& previous = {}) {
  return {url, key, 2, previous};
}

// Ends what was begun; how many values could not be read.
std::int64_t go_through(Rotation& rotation) {
  std::int64_t unreadable = 0;
  for (;;) {
    const auto step = rotation.step();
    if (!step) throw std::runtime_error(step.error().detail);
    if (step->walk > 1) unreadable += step->unreadable;
    if (step->is_done) return unreadable;
  }
}

RotationEnded rotate(const StoreOptions& options) {
  const auto rotation = open_rotation(options);
  const auto begun = rotation->begin(at(100));
  if (!begun) FAIL(begun.error().detail);
  go_through(*rotation);
  const auto ended = rotation->end();
  if (!ended) FAIL(ended.error().detail);
  return *ended;
}

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

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The columns without length of the whole schema, as "table.column": only they can be sealed.
std::set<std::string> blob_columns() {
  std::set<std::string> columns;
  const std::regex statement(R"((CREATE TABLE IF NOT EXISTS|ALTER TABLE) (\w+)([^;]*);)");
  const std::regex column(R"((\w+) \{blob\})");
  for (const auto& file : guanxi_store::embedded_files()) {
    const std::string text(file.text);
    for (std::sregex_iterator made(text.begin(), text.end(), statement), end; made != end; ++made) {
      const std::string body = (*made)[3];
      for (std::sregex_iterator found(body.begin(), body.end(), column); found != end; ++found) {
        columns.insert((*made)[2].str() + '.' + (*found)[1].str());
      }
    }
  }
  return columns;
}

// A SQLite database whose key is in a file.
struct InFiles {
  InFiles() { REQUIRE(open_store({url, "", 2})->migrate()); }
  std::string key() const { return folder.file("guanxi.db.key"); }
  std::string waiting() const { return key() + ".next"; }
  std::string kept(const std::string& id) const { return key() + '.' + id; }
  bool opens() const { return why_not({url, "", 2}).empty(); }

  TemporaryFolder folder;
  std::string url = "sqlite:" + folder.file("guanxi.db");
};

}  // namespace

TEST_CASE("every column that could be sealed is in the list, or is known not to be sealed") {
  // Keys of identities and customers, which are keyed hashes and random numbers.
  std::set<std::string> known{"feed_change.details", "decision.sides", "lineage.identities"};
  known.insert("meta.content");  // the records of the keys themselves, and notes
  for (const sql::SealedTable& table : sql::kSealedTables) {
    for (const sql::SealedColumn& column : table.columns) {
      if (!column.name.empty()) {
        known.insert(std::string(table.name) + '.' + std::string(column.name));
      }
    }
  }
  CHECK(known == blob_columns());
}

EVERY_SEALED_STORE("after a change of the data key nothing is sealed by the former one") {
  SealedWorld<Driver> world;
  const Json before = world.seen(*world.store);
  const std::string url = world.driver.url();
  world.store.reset();
  const auto former = sealed_by(url, id_of_key(kDataKey));
  for (const auto& [column, count] : former) {
    CAPTURE(column);
    CHECK(count > 0);  // else this test says nothing of it
  }

  CHECK(rotate(with_keys(url, kNewKey, kDataKey)).values == total(former));
  CHECK(total(sealed_by(url, id_of_key(kDataKey))) == 0);
  CHECK(sealed_by(url, id_of_key(kNewKey)) == former);

  const auto store = open_store(with_keys(url, kNewKey));
  CHECK(store->migrate());
  CHECK(world.seen(*store) == before);

  SUBCASE("and the same once more, with a third key") {
    CHECK(rotate(with_keys(url, kThirdKey, kNewKey)).values == total(former));
    CHECK(world.seen(*open_store(with_keys(url, kThirdKey))) == before);
  }
  SUBCASE("and there is nothing to change to, as long as no other key is given") {
    const auto rotation = open_rotation(with_keys(url, kNewKey, kDataKey));
    CHECK(code_of(rotation->begin(at(0))) == ErrorCode::not_found);
    CHECK(rotation->state()->is_wanted);
    CHECK(!rotation->state()->another.empty());
    CHECK(code_of(open_rotation(with_keys(url, kNewKey))->begin(at(0))) == ErrorCode::not_found);
  }
}

EVERY_SEALED_STORE("whoever has only the former key is told that it was replaced") {
  World<Driver> world;
  const std::string url = world.driver.url();
  const std::string other = why_not(with_keys(url, kNewKey));
  CHECK(says(other, "store.data_key is not the key by which"));
  rotate(with_keys(url, kNewKey, kDataKey));
  const std::string why = why_not(with_keys(url, kDataKey));
  CHECK(says(why, "store.data_key is a former key"));
  CHECK(says(why, "2026-01-01T00:01:40"));
  CHECK(says(why, shown_key(id_of_key(kNewKey))));
  CHECK(says(why_not(with_keys(url, kThirdKey)), "is not the key by which"));
}

EVERY_SEALED_STORE("until the change begins, both keys are at hand and the former one seals") {
  World<Driver> world;
  const std::string url = world.driver.url();
  const auto store = open_store(with_keys(url, kNewKey, kDataKey));
  REQUIRE(store->store_token(world.acme, "access", {"secret", at(1), 1}, 0).value());
  CHECK(world->token(world.acme, "access").value()->value == "secret");  // who has only the former
  const auto state = open_rotation(with_keys(url, kNewKey, kDataKey))->state();
  CHECK(state->in_force == shown_key(id_of_key(kDataKey)));
  CHECK(!state->is_wanted);
  CHECK(state->from.empty());
}

EVERY_SEALED_STORE("who has both keys goes on during the change, and seals by the new one") {
  SealedWorld<Driver> world;
  const std::string url = world.driver.url();
  const auto running = open_store(with_keys(url, kNewKey, kDataKey));
  const Json before = world.seen(*running);
  const auto rotation = open_rotation(with_keys(url, kNewKey, kDataKey));
  REQUIRE(rotation->begin(at(100)));
  const auto left = total(sealed_by(url, id_of_key(kDataKey)));

  CHECK(world.seen(*running) == before);
  REQUIRE(running->append(std::vector{world.payload("during the change")}));
  REQUIRE(running->admit(100));
  REQUIRE(running->store_token(world.acme, "another", {"secret", at(1), 1}, 0).value());
  REQUIRE(
      running->quarantine(std::vector{Quarantined{0, world.tenant, world.acme, at(3), "a third"}}));
  // Two parcels were sealed by the former key and are rows of the new one now.
  CHECK(total(sealed_by(url, id_of_key(kDataKey))) == left - 1);
  CHECK(total(sealed_by(url, id_of_key(kNewKey))) == 5);
  go_through(*rotation);
  REQUIRE(rotation->end());
  CHECK(total(sealed_by(url, id_of_key(kDataKey))) == 0);
  CHECK(running->token(world.acme, "another").value()->value == "secret");
  CHECK(running->pending(100, 1 << 20).value().back().bytes == "during the change");
}

EVERY_SEALED_STORE("who has only the former key writes nothing from the change on") {
  SealedWorld<Driver> world;
  const std::string url = world.driver.url();
  REQUIRE(open_rotation(with_keys(url, kNewKey, kDataKey))->begin(at(100)));
  const auto left = sealed_by(url, id_of_key(kDataKey));
  CHECK(code_of(world->append(std::vector{world.payload("too late")})) == ErrorCode::unavailable);
  CHECK(code_of(world->admit(100)) == ErrorCode::unavailable);
  const auto token = world->store_token(world.acme, "access", {"secret", at(1), 2}, 1);
  CHECK(code_of(token) == ErrorCode::unavailable);
  CHECK(says(token.error().detail, "new store.data_key"));
  Batch batch;
  const Identity phone{"phone", "phone", "", "+8613900000000", models::Side::customer};
  batch.identities.push_back({world.tenant, world.key(phone), phone, {}});
  CHECK(code_of(world->write(batch)) == ErrorCode::unavailable);
  CHECK(sealed_by(url, id_of_key(kDataKey)) == left);
}

EVERY_SEALED_STORE("until the change has ended the former key is needed, and said to be") {
  World<Driver> world;
  const std::string url = world.driver.url();
  REQUIRE(open_rotation(with_keys(url, kNewKey, kDataKey))->begin(at(100)));
  CHECK(says(why_not(with_keys(url, kNewKey)), "store.previous_data_key: "));
  CHECK(says(why_not(with_keys(url, kThirdKey, kNewKey)), "store.previous_data_key: "));
  CHECK(why_not(with_keys(url, kNewKey, kDataKey)).empty());
  const auto state = open_rotation(with_keys(url, kNewKey, kDataKey))->state();
  CHECK(state->from == shown_key(id_of_key(kDataKey)));
  CHECK(state->in_force == shown_key(id_of_key(kNewKey)));
}

EVERY_SEALED_STORE("interrupted after any step, the change goes on where it was") {
  SealedWorld<Driver> world;
  const std::string url = world.driver.url();
  const Json before = world.seen(*world.store);
  world.store.reset();
  const auto all = total(sealed_by(url, id_of_key(kDataKey)));
  const auto options = with_keys(url, kNewKey, kDataKey);
  std::int64_t left = all;
  bool is_done = false;
  for (int round = 0; !is_done; ++round) {
    REQUIRE(round < 200);
    const auto rotation = open_rotation(options);
    const auto begun = rotation->begin(at(100 + round));
    REQUIRE(begun);
    CHECK(begun->goes_on == (round > 0));
    CHECK(begun->from == shown_key(id_of_key(kDataKey)));
    // One step a round: as far as its last walk, which has to be whole.
    auto step = rotation->step();
    while (step && step->walk > 1 && !step->is_done) step = rotation->step();
    REQUIRE(step);
    is_done = step->is_done;
    CHECK(world.seen(*open_store(options)) == before);
    const auto now_left = total(sealed_by(url, id_of_key(kDataKey)));
    CHECK(now_left <= left);
    left = now_left;
    if (is_done) CHECK(rotation->end()->values == all);
  }
  CHECK(left == 0);
  CHECK(world.seen(*open_store(with_keys(url, kNewKey))) == before);
}

EVERY_SEALED_STORE("many rows are taken in portions, whatever is written between them") {
  SealedWorld<Driver> world;
  const std::string url = world.driver.url();
  const auto running = open_store(with_keys(url, kNewKey, kDataKey));
  Batch batch;
  for (int number = 100; number < 800; ++number) {
    const Identity phone{"phone", "phone", "", "+86139" + std::to_string(10'000'000 + number),
                         models::Side::customer};
    const Identity plain = person("wm" + std::to_string(number));
    batch.identities.push_back({world.tenant, world.key(phone), phone, {}});
    batch.identities.push_back({world.tenant, world.key(plain), plain, {}});
    models::Fact fact;
    fact.names = {{models::Role::customer, phone}};
    fact.fields = {{"remark", "备注"}};
    batch.facts.push_back({world.tenant,
                           world.key(phone),
                           {"wecom", "acme", 5, "2024-01-01", "hash", at(1), false},
                           {fact}});
  }
  REQUIRE(running->write(batch));
  // More than one portion holds, whatever the number of rows.
  for (int i = 0; i < 5; ++i) {
    REQUIRE(
        running->append(std::vector{world.payload(std::to_string(i) + std::string(1 << 20, 'x'))}));
  }
  REQUIRE(running->admit(100));
  std::atomic<bool> is_over = false;
  std::atomic<int> failures = 0;
  std::thread writer([&] {
    for (int number = 1000; !is_over; ++number) {
      const auto text = "written meanwhile " + std::to_string(number);
      if (!running->append(std::vector{world.payload(text)})) ++failures;
      if (number % 3 == 0 && !running->admit(100)) ++failures;
    }
  });
  const auto rotation = open_rotation(with_keys(url, kNewKey, kDataKey));
  std::string why;
  try {
    if (const auto begun = rotation->begin(at(100)); !begun) why = begun.error().detail;
    if (why.empty()) go_through(*rotation);
  } catch (const std::runtime_error& error) {
    why = error.what();
  }
  is_over = true;
  writer.join();
  CHECK(why == "");
  REQUIRE(rotation->end());
  CHECK(failures == 0);
  CHECK(total(sealed_by(url, id_of_key(kDataKey))) == 0);
  const auto store = open_store(with_keys(url, kNewKey));
  const Identity last{"phone", "phone", "", "+8613910000799", models::Side::customer};
  CHECK(store->identities(std::vector{world.key(last)}).value().at(0).identity == last);
  CHECK(store->facts_of(world.tenant, std::vector{world.key(last)}).value().size() == 1);
}

EVERY_SEALED_STORE("a damaged value is left as it is, and does not keep the change from ending") {
  SealedWorld<Driver> world;
  const std::string url = world.driver.url();
  world.store.reset();
  {
    const auto database = database_of(url);
    const sql::Lease lease = database->writer(sql::Urgency::other);
    const std::string damaged = id_of_key(kDataKey) + "damaged";
    CHECK((*lease).execute("UPDATE quarantine SET request = ? WHERE id = 1",
                           sql::Cells().bytes(damaged)) == 1);
  }
  const auto rotation = open_rotation(with_keys(url, kNewKey, kDataKey));
  REQUIRE(rotation->begin(at(100)));
  CHECK(go_through(*rotation) == 1);
  CHECK(rotation->end());
  CHECK(total(sealed_by(url, id_of_key(kDataKey))) == 1);
  CHECK(open_store(with_keys(url, kNewKey))->token(world.acme, "access"));
}

TEST_CASE("beside a SQLite database the key in the file is replaced, and the former one kept") {
  SealedWorld<OnSqlite> world;
  const std::string key = world.driver.folder.file("guanxi.db.key");
  std::ofstream(key) << kDataKey;
  const std::string url = world.driver.url();
  const auto running = open_store({url, "", 2});
  const Json before = world.seen(*running);
  const std::string former = shown_key(id_of_key(kDataKey));

  const RotationEnded ended = rotate({url, "", 2});
  CHECK(ended.former_file == key + '.' + former);
  CHECK(read(ended.former_file) == kDataKey);
  const std::string fresh = read(key);
  CHECK(fresh != kDataKey);
  CHECK(!std::filesystem::exists(key + ".next"));
  CHECK(total(sealed_by(url, id_of_key(kDataKey))) == 0);
  CHECK(total(sealed_by(url, id_of_key(fresh))) == ended.values);
  // Somebody who was there before finds the new key by himself.
  CHECK(world.seen(*running) == before);
  CHECK(running->append(std::vector{world.payload("afterwards")}));
  CHECK(world.seen(*open_store({url, "", 2})) == before);

  SUBCASE("who puts the former file back is told where the key in force is") {
    std::filesystem::copy_file(key, key + '.' + shown_key(id_of_key(fresh)));
    std::ofstream(key) << kDataKey;
    CHECK(says(why_not({url, "", 2}), "holds a former key"));
    std::ofstream(key) << kThirdKey;
    CHECK(says(why_not({url, "", 2}), "copy " + key + '.' + shown_key(id_of_key(fresh))));
  }
  SUBCASE("and the next time another one is made") {
    rotate({url, "", 2});
    CHECK(read(key) != fresh);
    CHECK(read(key + '.' + shown_key(id_of_key(fresh))) == fresh);
    CHECK(world.seen(*open_store({url, "", 2})) == before);
  }
}

TEST_CASE("a change of the key in a file may be cut short anywhere") {
  const InFiles at_rest;
  const std::string url = at_rest.url;
  const std::string first = read(at_rest.key());
  const std::string first_id = shown_key(id_of_key(first));
  const DataKeys keys({url, "", 2}, read_store_url(url));
  SUBCASE("when the new key was made and nothing else done") {
    keys.next();
    REQUIRE(at_rest.opens());
    const std::string waits = read(at_rest.waiting());
    rotate({url, "", 2});
    CHECK(read(at_rest.key()) == waits);
  }
  SUBCASE("when the new key was put in force") {
    REQUIRE(open_rotation({url, "", 2})->begin(at(1)));
    REQUIRE(at_rest.opens());
    CHECK(read(at_rest.key()) == first);
    const std::string waits = read(at_rest.waiting());
    rotate({url, "", 2});
    CHECK(read(at_rest.key()) == waits);
  }
  SUBCASE("when everything was sealed anew, and the new file not in its place") {
    rotate({url, "", 2});
    const std::string second = read(at_rest.key());
    std::filesystem::rename(at_rest.key(), at_rest.waiting());
    std::filesystem::rename(at_rest.kept(first_id), at_rest.key());
    REQUIRE(at_rest.opens());
    SUBCASE("nor the former one kept") {}
    SUBCASE("and the former one kept") {
      std::filesystem::create_hard_link(at_rest.key(), at_rest.kept(first_id));
    }
    const auto rotation = open_rotation({url, "", 2});
    const auto begun = rotation->begin(at(1));
    REQUIRE(begun);
    CHECK(begun->goes_on);
    CHECK(begun->from == first_id);
    go_through(*rotation);
    CHECK(rotation->end()->former_file == at_rest.kept(first_id));
    CHECK(read(at_rest.key()) == second);
  }
  CHECK(read(at_rest.kept(first_id)) == first);
  CHECK(!std::filesystem::exists(at_rest.waiting()));
  CHECK(at_rest.opens());
}

TEST_CASE("one process at a time changes the key in a file") {
  const InFiles at_rest;
  const auto one = open_rotation({at_rest.url, "", 2});
  REQUIRE(one->begin(at(1)));
  const auto other = open_rotation({at_rest.url, "", 2});
  const auto refused = other->begin(at(1));
  CHECK(code_of(refused) == ErrorCode::unavailable);
  CHECK(says(refused.error().detail, "another process"));
}

EVERY_SEALED_STORE("two processes that change the key at once end with the same") {
  SealedWorld<Driver> world;
  const std::string url = world.driver.url();
  const Json before = world.seen(*world.store);
  const auto options = with_keys(url, kNewKey, kDataKey);
  const auto one = open_rotation(options);
  const auto other = open_rotation(options);
  REQUIRE(one->begin(at(1)));
  REQUIRE(other->begin(at(1)));
  REQUIRE(one->step());
  REQUIRE(other->step());
  go_through(*one);
  REQUIRE(one->end());
  go_through(*other);
  REQUIRE(other->end());
  CHECK(total(sealed_by(url, id_of_key(kDataKey))) == 0);
  CHECK(world.seen(*open_store(with_keys(url, kNewKey))) == before);
}

TEST_CASE("a key before the one given makes no sense without the latter") {
  const TemporaryFolder folder;
  const std::string url = "sqlite:" + folder.file("guanxi.db");
  CHECK(says(why_not(with_keys(url, "", kDataKey)), "store.previous_data_key is set"));
  CHECK(says(why_not(with_keys(url, kDataKey, "short")), "store.previous_data_key does not hold"));
  CHECK(open_rotation(with_keys(url, kDataKey))->state()->in_force.empty());
}
