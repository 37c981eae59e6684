// The write-ahead log of SQLite: written in one piece a commit, copied beside the writers.
#include <doctest/doctest.h>

#include <atomic>
#include <string>

#include "gateway/store/sql/connection.h"
#include "gateway/store/sql/value.h"
#include "gateway/store/sqlite/checkpointer.h"
#include "gateway/store/sqlite/gathering_vfs.h"
#include "gateway/store/sqlite/sqlite_connection.h"
#include "tests/support/temporary_folder.h"

using namespace guanxi::store;
using namespace guanxi::store::sqlite;
using guanxi::tests::TemporaryFolder;
using sql::Cells;

namespace {

struct LogWorld {
  LogWorld() { writer.run_script("CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB NOT NULL);"); }

  void put(int id, const std::string& body) {
    writer.execute("INSERT INTO t (id, body) VALUES (?, ?)",
                   Cells().number(id).bytes(body).values());
  }
  std::int64_t number(sql::Connection& connection, const std::string& sql) {
    std::int64_t found = -1;
    connection.query(sql, {}, [&](const sql::Row& row) { found = row.number(0); });
    return found;
  }
  bool is_whole() {
    std::string verdict;
    reader.query("PRAGMA integrity_check", {},
                 [&](const sql::Row& row) { verdict.append(row.text(0)); });
    return verdict == "ok";
  }

  TemporaryFolder folder;
  ConnectionOptions options{folder.file("log.db"), {}, {}, true};
  SqliteConnection writer{options};
  SqliteConnection reader{options};
};

}  // namespace

TEST_CASE("what is committed is seen by others at once, what is rolled back never") {
  LogWorld world;
  for (int i = 0; i < 300; ++i) {
    world.writer.begin();
    world.put(i, std::string(static_cast<std::size_t>(i) * 37 % 9000, 'x'));
    if (i % 3 == 0) {
      world.writer.rollback();
    } else {
      world.writer.commit();
    }
    CHECK(world.number(world.reader, "SELECT COUNT(*) FROM t") == i - i / 3);
  }
  CHECK(world.is_whole());
}

TEST_CASE("a transaction larger than the caches goes through the log, or back without a trace") {
  LogWorld world;
  const std::string body(16 * 1024, 'y');
  for (const bool stays : {false, true}) {
    world.writer.begin();
    for (int i = 0; i < 1500; ++i) world.put(i, body);
    // Pages that were written to the log already are read again, and changed.
    world.writer.execute("UPDATE t SET body = x'00' WHERE id % 2 = 0", {});
    CHECK(world.number(world.writer, "SELECT COUNT(*) FROM t WHERE LENGTH(body) = 1") == 750);
    CHECK(world.number(world.reader, "SELECT COUNT(*) FROM t") == 0);
    if (stays) {
      world.writer.commit();
    } else {
      world.writer.rollback();
    }
  }
  CHECK(world.number(world.reader, "SELECT COUNT(*) FROM t") == 1500);
  CHECK(world.is_whole());
}

TEST_CASE("the log starts anew while commits and readers go on") {
  LogWorld world;
  WriterGate gate{std::chrono::milliseconds(100)};
  Checkpointer checkpointer({world.options.path, {}, {}, false}, gate, 50);
  int pages = 0;
  int longest = 0;
  int restarts = 0;
  world.writer.watch_log([&](int now) {
    if (now < pages) ++restarts;
    pages = now;
    longest = std::max(longest, now);
    checkpointer.committed(now);
  });
  int rows = 0;
  while (restarts < 5) {
    gate.enter(sql::Urgency::ingest);
    world.writer.begin();
    world.put(rows++, std::string(3000, 'z'));
    world.writer.commit();
    gate.leave();
    if (rows % 10 == 0) CHECK(world.number(world.reader, "SELECT COUNT(*) FROM t") == rows);
    REQUIRE(rows < 200'000);
  }
  CHECK(longest >= 50);
  CHECK(world.number(world.reader, "SELECT COUNT(*) FROM t") == rows);
  CHECK(world.is_whole());
}

TEST_CASE("a file system that does not exist is refused by name") {
  CHECK_THROWS_WITH(gathering_vfs("nowhere"), "SQLite knows no file system \"nowhere\"");
  CHECK(gathering_vfs("") == gathering_vfs(""));
}
