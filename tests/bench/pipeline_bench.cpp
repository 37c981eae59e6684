// Events worked end to end (normalize, resolve, write, change) on SQLite at two sizes, against bare
// inserts of the same rows; and pages of 200 customers, the first against the last.
//
//   pipeline_bench FOLDER SMALL LARGE EVENTS        prints one JSON object
#include <sqlite3.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <thread>

#include "adapters/bound_channel.h"
#include "adapters/protocol/moment.h"
#include "adapters/registry.h"
#include "gateway/observe/metrics.h"
#include "gateway/pipeline/pipeline.h"
#include "gateway/store/store.h"
#include "models/json.h"

namespace {

using namespace guanxi;
using Seconds = std::chrono::duration<double>;
using SteadyClock = std::chrono::steady_clock;
using models::Json;

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().detail);
  return std::move(*result);
}

constexpr std::size_t kStaff = 50;
constexpr int kRounds = 5;

// A member joins, and may be seen by name.
std::string joins(std::size_t staff, std::int64_t time) {
  return "<xml><ToUserName><![CDATA[ww00scrmdemo000001]]></ToUserName><FromUserName><![CDATA[sys]]>"
         "</FromUserName><CreateTime>" +
         std::to_string(time) +
         "</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[change_contact]]></"
         "Event>"
         "<ChangeType><![CDATA[create_user]]></ChangeType><UserID><![CDATA[sales." +
         std::to_string(staff) + "]]></UserID><Name><![CDATA[销售" + std::to_string(staff) +
         "]]></Name><Department><![CDATA[1]]></Department></xml>";
}

// Each customer is followed by one of the staff.
std::string event(const std::string& change, std::size_t customer, std::int64_t time) {
  const std::string id = std::to_string(customer);
  return "<xml><ToUserName><![CDATA[ww00scrmdemo000001]]></ToUserName><FromUserName><![CDATA[sys]]>"
         "</FromUserName><CreateTime>" +
         std::to_string(time) +
         "</CreateTime><MsgType><![CDATA[event]]></"
         "MsgType><Event><![CDATA[change_external_contact]]>"
         "</Event><ChangeType><![CDATA[" +
         change + "]]></ChangeType><UserID><![CDATA[sales." + std::to_string(customer % kStaff) +
         "]]></UserID><ExternalUserID><![CDATA[wmBench" +
         std::string(26 - std::min<std::size_t>(id.size(), 25), '0') + id +
         "]]></ExternalUserID></xml>";
}

struct World {
  explicit World(const std::string& path)
      : database(path), store(store::open_store({"sqlite:" + path, {}, 2})) {
    if (const auto migrated = store->migrate(); !migrated) {
      throw std::runtime_error(migrated.error().detail);
    }
    const Time now = system_now();
    const auto record = must(store->register_channel("default", "acme", "wecom", now));
    adapters::ChannelSettings settings;
    settings.id = "acme";
    settings.platform = "wecom";
    settings.tenant = "default";
    settings.settings = {{"corp_id", "ww00scrmdemo000001"},
                         {"token", "QDG6eK"},
                         {"encoding_aes_key", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"},
                         {"unionid_scope", "default"},
                         {"public_url", "https://scrm.example.com"}};
    adapters::BoundChannel bound;
    bound.id = record.id;
    bound.tenant = record.tenant;
    bound.tenant_name = "default";
    bound.adapter = must(registry.bind(settings));
    channel = record;
    adapters::ChannelMap map;
    map.emplace("acme", std::move(bound));
    channels.replace(std::move(map));
    pipeline::PipelineOptions options;
    options.holder = "bench";
    pipeline = std::make_unique<pipeline::Pipeline>(
        *store, channels, metrics, system_now,
        [this](std::uint8_t* bytes, std::size_t size) {
          for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(random());
        },
        options);
  }

  void append(const std::vector<std::string>& payloads) {
    std::vector<store::NewPayload> rows;
    for (const std::string& payload : payloads) {
      rows.push_back({channel.tenant,
                      channel.id,
                      system_now(),
                      "app.xml",
                      "xml",
                      "bench" + std::to_string(++appended),
                      {},
                      payload,
                      adapters::protocol::moment_in(payload)});
    }
    if (auto done = store->append(rows); !done) throw std::runtime_error(done.error().detail);
  }

  // Seconds to work everything that waits.
  double work() {
    const auto start = SteadyClock::now();
    while (must(pipeline->work_once()) > 0) {
    }
    return Seconds(SteadyClock::now() - start).count();
  }

  std::string database;
  std::unique_ptr<store::Store> store;
  adapters::Registry registry;
  adapters::Channels channels;
  observe::Metrics metrics;
  store::ChannelRecord channel;
  std::mt19937 random{7};
  std::unique_ptr<pipeline::Pipeline> pipeline;
  std::size_t appended = 0;
};

void fill(World& world, std::size_t customers) {
  constexpr std::size_t kChunk = 20'000;
  std::vector<std::string> staff;
  for (std::size_t i = 0; i < kStaff; ++i) staff.push_back(joins(i, 1'735'600'000));
  world.append(staff);
  for (std::size_t done = 0; done < customers; done += kChunk) {
    std::vector<std::string> payloads;
    for (std::size_t i = done; i < std::min(customers, done + kChunk); ++i) {
      payloads.push_back(event("add_half_external_contact", i, 1'735'689'600));
      if (payloads.size() == 1000) {
        world.append(payloads);
        payloads.clear();
      }
    }
    if (!payloads.empty()) world.append(payloads);
    world.work();
    std::fprintf(stderr, "\r  %zu of %zu customers", std::min(customers, done + kChunk), customers);
  }
  std::fputc('\n', stderr);
}

// All customers in an order of chance.
std::vector<std::size_t> shuffled(World& world, std::size_t customers) {
  std::vector<std::size_t> order(customers);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::shuffle(order, world.random);
  return order;
}

// Works one event of each customer; seconds.
double work_events(World& world, const char* change, std::span<const std::size_t> customers,
                   std::int64_t time) {
  std::vector<std::string> payloads;
  for (std::size_t i = 0; i < customers.size(); ++i) {
    payloads.push_back(event(change, customers[i], time + static_cast<std::int64_t>(i / 100)));
    if (payloads.size() == 500) {
      world.append(payloads);
      payloads.clear();
    }
  }
  if (!payloads.empty()) world.append(payloads);
  return world.work();
}

// Waits until nothing is done in the background, which would count for the other side.
void settle() {
  const auto used = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_usec + usage.ru_stime.tv_usec +
           1'000'000 * (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
  };
  for (auto before = used();; before = used()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (used() - before < 1000) return;
  }
}

// Brings the file into memory, where a database in use is: what the disk takes is not our figure,
// and a small one is never on the disk.
void warm(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes(1u << 20);
  while (file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
  }
}

// One side of the comparison.
struct Side {
  Side(const std::string& path, std::size_t customers) : world(path) {
    fill(world, customers);
    order = shuffled(world, customers);
  }

  // Events a second, each of another customer, spread over all of them: a staff member who is known
  // by name lets go of her, which changes all that an event can change and needs no platform call.
  // As far as there are customers, they are others each time.
  double measure(std::size_t events) {
    if (first + events > order.size()) first = 0;
    chosen = std::span(order).subspan(first, events);
    first += events;
    warm(world.database);
    settle();
    const double seconds = work_events(world, "del_external_contact", chosen, time);
    time += 100'000;
    rates.push_back(static_cast<double>(events) / seconds);
    return rates.back();
  }

  // Has the customers followed again, so that there is somebody to let go of. Not measured.
  void restore() {
    work_events(world, "add_half_external_contact", chosen, time);
    time += 100'000;
  }

  World world;
  std::vector<std::size_t> order;
  std::span<const std::size_t> chosen;
  std::size_t first = 0;
  std::int64_t time = 1'735'800'000;
  std::vector<double> rates;
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

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
