// Events worked end to end (normalize, resolve, write, change) on SQLite at two sizes, against bare
// inserts of the same rows; and pages of 200 customers, the first against the last.
//
//   pipeline_bench FOLDER SMALL LARGE EVENTS        prints one JSON object
#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "tests/bench/pipeline_side.h"

namespace {

using namespace guanxi;
using namespace guanxi::bench;
using models::Json;

constexpr int kRounds = 5;

std::vector<std::int64_t> counts(const std::string& path, const std::vector<std::string>& tables) {
  sqlite3* db = nullptr;
  sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READONLY, nullptr);
  std::vector<std::int64_t> result;
  for (const std::string& table : tables) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(db, ("SELECT count(*) FROM " + table).c_str(), -1, &statement, nullptr);
    sqlite3_step(statement);
    result.push_back(sqlite3_column_int64(statement, 0));
    sqlite3_finalize(statement);
  }
  sqlite3_close(db);
  return result;
}

// Seconds for nothing but inserting as many rows as the pipeline wrote, the same rows, into empty
// tables of the same schema, in transactions of as many events.
double bare_inserts(const std::string& from, const std::string& to,
                    const std::vector<std::string>& tables,
                    const std::vector<std::int64_t>& written, std::size_t events) {
  sqlite3* db = nullptr;
  sqlite3_open(to.c_str(), &db);
  const auto run = [&](const std::string& sql) {
    char* error = nullptr;
    if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &error) != SQLITE_OK) {
      throw std::runtime_error(sql + ": " + error);
    }
  };
  run("PRAGMA journal_mode=WAL");
  run("PRAGMA synchronous=FULL");
  run("ATTACH '" + from + "' AS source");
  std::vector<std::vector<std::vector<sqlite3_value*>>> rows;
  std::vector<sqlite3_stmt*> inserts;
  for (std::size_t t = 0; t < tables.size(); ++t) {
    run("DELETE FROM " + tables[t]);
    // The newest rows, which are the measured ones, in the order in which they were written.
    const std::string order = tables[t] == "feed_change"                                ? "position"
                              : tables[t] == "inbox_identity" || tables[t] == "history" ? "seq"
                                                                                        : "rowid";
    const std::string sql = "SELECT * FROM (SELECT * FROM source." + tables[t] + " ORDER BY " +
                            order + " DESC LIMIT " + std::to_string(written[t]) + ")";
    sqlite3_stmt* select = nullptr;
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &select, nullptr) != SQLITE_OK) {
      throw std::runtime_error(sqlite3_errmsg(db));
    }
    auto& held = rows.emplace_back();
    const int columns = sqlite3_column_count(select);
    while (sqlite3_step(select) == SQLITE_ROW) {
      auto& row = held.emplace_back();
      for (int i = 0; i < columns; ++i) {
        row.push_back(sqlite3_value_dup(sqlite3_column_value(select, i)));
      }
    }
    sqlite3_finalize(select);
    std::ranges::reverse(held);
    std::string marks = "?";
    for (int i = 1; i < columns; ++i) marks += ",?";
    sqlite3_stmt* insert = nullptr;
    const std::string statement = "INSERT INTO main." + tables[t] + " VALUES(" + marks + ")";
    if (sqlite3_prepare_v2(db, statement.c_str(), -1, &insert, nullptr) != SQLITE_OK) {
      throw std::runtime_error(sqlite3_errmsg(db));
    }
    inserts.push_back(insert);
  }
  run("DETACH source");
  constexpr std::size_t kBatch = 256;
  const auto start = SteadyClock::now();
  for (std::size_t done = 0; done < events; done += kBatch) {
    run("BEGIN IMMEDIATE");
    for (std::size_t t = 0; t < tables.size(); ++t) {
      const std::size_t first = rows[t].size() * done / events;
      const std::size_t last = rows[t].size() * std::min(events, done + kBatch) / events;
      for (std::size_t i = first; i < last; ++i) {
        for (std::size_t c = 0; c < rows[t][i].size(); ++c) {
          sqlite3_bind_value(inserts[t], static_cast<int>(c + 1), rows[t][i][c]);
        }
        if (sqlite3_step(inserts[t]) != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(db));
        sqlite3_reset(inserts[t]);
      }
    }
    run("COMMIT");
  }
  const double seconds = Seconds(SteadyClock::now() - start).count();
  for (sqlite3_stmt* insert : inserts) sqlite3_finalize(insert);
  for (auto& table : rows) {
    for (auto& row : table) {
      for (sqlite3_value* value : row) sqlite3_value_free(value);
    }
  }
  sqlite3_close(db);
  return seconds;
}

// Milliseconds for a page of 200 with its JSON, the median of many.
double page_time(World& world, const std::string& after) {
  std::vector<double> times;
  for (int round = 0; round < 41; ++round) {
    const auto start = SteadyClock::now();
    store::CustomerQuery query;
    query.tenant = world.channel.tenant;
    query.limit = 200;
    query.after = after;
    const auto page = must(world.store->customers(query));
    Json data = Json::array();
    for (const models::Customer& customer : page.customers) {
      data.push_back(models::customer_json(customer, {"default", true, nullptr}));
    }
    if (page.customers.size() != 200 || data.dump().empty()) throw std::runtime_error("short page");
    times.push_back(Seconds(SteadyClock::now() - start).count() * 1000);
  }
  return median(std::move(times));
}

std::string last_page(World& world, std::size_t customers) {
  store::CustomerQuery query;
  query.tenant = world.channel.tenant;
  query.limit = 500;
  std::string before_last;
  std::size_t seen = 0;
  while (seen + 500 < customers) {
    const auto page = must(world.store->customers(query));
    seen += page.customers.size();
    query.after = page.next;
    if (seen + 200 <= customers) before_last = page.next;
    if (page.next.empty()) break;
  }
  query.limit = customers - seen > 200 ? customers - seen - 200 : 1;
  const auto rest = must(world.store->customers(query));
  return rest.next.empty() ? before_last : rest.next;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: pipeline_bench FOLDER SMALL LARGE EVENTS\n", stderr);
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const auto small = static_cast<std::size_t>(std::atoll(argv[2]));
  const auto large = static_cast<std::size_t>(std::atoll(argv[3]));
  const auto events = static_cast<std::size_t>(std::atoll(argv[4]));
  if (events > std::min(small, large)) {
    std::fputs("pipeline_bench: there is one event a customer\n", stderr);
    return 2;
  }
  const std::vector<std::string> tables = {"inbox",          "fact",        "history", "reading",
                                           "inbox_identity", "feed_change", "customer"};
  try {
    Json result;
    Side few((folder / "small.db").string(), small);
    Side many((folder / "large.db").string(), large);
    const auto before = counts(few.world.database, tables);
    const auto tasks = counts(few.world.database, {"task"});
    // In turns, so that what else the machine does meets both.
    for (int round = 0; round < kRounds; ++round) {
      few.measure(events);
      if (round == 0) {
        if (counts(few.world.database, {"task"}) != tasks)
          throw std::runtime_error("calls were wanted");
        auto written = counts(few.world.database, tables);
        for (std::size_t i = 0; i < written.size(); ++i) written[i] -= before[i];
        // Customers were written anew, not added: a document an event.
        written.back() = static_cast<std::int64_t>(events);
        { World empty((folder / "bare.db").string()); }
        settle();
        const double seconds = bare_inserts(few.world.database, (folder / "bare.db").string(),
                                            tables, written, events);
        result["bare_inserts_per_second"] = static_cast<double>(events) / seconds;
        for (std::size_t i = 0; i < tables.size(); ++i) {
          result["rows_written"][tables[i]] = written[i];
        }
      }
      many.measure(events);
      std::fprintf(stderr, "  %zu events: %.0f/s and %.0f/s\n", events, few.rates.back(),
                   many.rates.back());
      few.restore();
      many.restore();
    }
    result["events_per_second_small"] = median(few.rates);
    result["events_per_second_large"] = median(many.rates);
    const std::string last = last_page(many.world, large);
    result["page_first_ms"] = page_time(many.world, {});
    result["page_last_ms"] = page_time(many.world, last);
    result["customers_small"] = small;
    result["customers_large"] = large;
    result["events"] = events;
    std::puts(result.dump().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pipeline_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
