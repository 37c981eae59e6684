// Rows appended and events written by the store alone, a second, durable.
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <thread>

#include "crypto/random.h"
#include "gateway/store/store.h"
#include "tests/support/mariadb_server.h"
#include "tests/support/temporary_folder.h"

using namespace guanxi;
using namespace guanxi::store;

namespace {

constexpr std::size_t kPayloadBytes = 800;

struct Place {
  TenantId tenant = 0;
  ChannelId channel = 0;
};

std::vector<NewPayload> payloads(const Place& place, std::size_t count) {
  std::vector<NewPayload> made;
  for (std::size_t i = 0; i < count; ++i) {
    NewPayload payload;
    payload.tenant = place.tenant;
    payload.channel = place.channel;
    payload.received_at = system_now();
    payload.recipe = "current";
    payload.format = "xml";
    payload.dedupe = crypto::random_bytes(32);
    payload.order = payload.dedupe;
    payload.bytes = crypto::random_bytes(kPayloadBytes);
    made.push_back(std::move(payload));
  }
  return made;
}

models::Field field(const models::Json& value, const models::Source& source) {
  return models::Field({{value, source}});
}

// What a new contact comes to: identity, facts, customer, entity-less, one interaction, two
// changes.
void add_event(Store& store, const Place& place, const InboxRow& row, Batch& batch) {
  const std::string name = std::to_string(row.seq);
  const models::Identity identity{"external_userid", "wecom.external_userid", "corp", "wm" + name};
  const models::Identity staff{"userid", "wecom.userid", "corp", "sales.li", models::Side::staff};
  const models::Source source{"wecom", "acme", row.seq, "2024-01-01", "hash", row.received_at};
  const Key key = store.key_of(place.tenant, identity);
  models::Customer customer;
  customer.id = make_uuid(row.received_at, crypto::fill_random);
  customer.version = 1;
  customer.updated_at = row.received_at;
  customer.fields["name"] = field("客户" + name, source);
  customer.fields["avatar_url"] = field("https://example.com/avatar/" + name, source);
  models::Relation relation;
  relation.customer = identity;
  relation.staff = staff;
  relation.platform = "wecom";
  relation.channel = "acme";
  relation.status = "active";
  customer.relations.push_back(std::move(relation));
  models::Fact fact;
  fact.kind = models::FactKind::relation;
  fact.rule = "added";
  fact.at = row.received_at;
  fact.names = {{models::Role::customer, identity}, {models::Role::staff, staff}};
  models::Fact added = fact;
  added.kind = models::FactKind::interaction;
  added.names.front().role = models::Role::party;
  added.fields = {{"type", "contact.added"}, {"id", "contact.added " + name}};
  const auto id = store.interaction_id(place.tenant, added);
  batch.interactions.push_back(
      {place.tenant, customer.id, key, id->first, row.seq, 1, row.received_at, id->second});
  batch.identities.push_back({place.tenant, key, identity, customer.id});
  batch.facts.push_back({place.tenant, key, source, {fact, added}});
  batch.named.emplace_back(row.seq, key);
  batch.customers.push_back({place.tenant,
                             customer,
                             0,
                             {{models::Facet::Kind::platform, "wecom"},
                              {models::Facet::Kind::channel, "acme"},
                              {models::Facet::Kind::staff, "sales.li"}},
                             {}});
  for (const char* type : {"customer.created", "relation.started"}) {
    batch.changes.push_back({place.tenant, type, "customer", format_uuid(customer.id), customer.id,
                             1, row.received_at});
  }
  RowMark mark;
  mark.seq = row.seq;
  mark.status = RowStatus::normalized;
  mark.event = "event/change_external_contact/add_external_contact";
  mark.pack = "2024-01-01";
  mark.worked_at = row.received_at;
  batch.marks.push_back(std::move(mark));
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Of this process, in microseconds.
double cpu() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

struct Rate {
  double per_second = 0;
  double cpu_each = 0;  // microseconds
};

Rate append_rate(Store& store, const Place& place, std::size_t rows, std::size_t batch,
                 std::size_t threads) {
  std::vector<std::vector<std::vector<NewPayload>>> work(threads);
  for (auto& mine : work) {
    for (std::size_t i = 0; i < rows / threads / batch; ++i) mine.push_back(payloads(place, batch));
  }
  std::atomic<std::size_t> stored = 0;
  const auto start = std::chrono::steady_clock::now();
  const double cpu_before = cpu();
  std::vector<std::thread> running;
  for (const auto& mine : work) {
    running.emplace_back([&] {
      for (const auto& one : mine) {
        if (store.append(one)) stored += one.size();
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  const auto count = static_cast<double>(stored);
  return {count / seconds_since(start), (cpu() - cpu_before) / count};
}

// Of everything that was appended.
Rate admit_rate(Store& store) {
  std::size_t admitted = 0;
  const auto start = std::chrono::steady_clock::now();
  const double cpu_before = cpu();
  while (const std::size_t stored = store.admit(1024).value().stored) admitted += stored;
  const auto count = static_cast<double>(admitted);
  return {count / seconds_since(start), (cpu() - cpu_before) / count};
}

Rate write_rate(Store& store, const Place& place, std::size_t batch_size, std::size_t count) {
  std::size_t written = 0;
  double seconds = 0;
  double cpu_spent = 0;
  for (;;) {
    const auto rows = store.pending(batch_size, 1 << 24).value();
    if (rows.empty() || written >= count) {
      return {static_cast<double>(written) / seconds, cpu_spent / static_cast<double>(written)};
    }
    Batch batch;
    for (const InboxRow& row : rows) add_event(store, place, row, batch);
    const auto start = std::chrono::steady_clock::now();
    const double cpu_before = cpu();
    if (auto done = store.write(batch); !done) throw std::runtime_error(done.error().detail);
    seconds += seconds_since(start);
    cpu_spent += cpu() - cpu_before;
    written += rows.size();
  }
}

long resident_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::atol(line.c_str() + 6) / 1024;
  }
  return 0;
}

void measure(const std::string& url, std::size_t rows, bool only_large) {
  const auto store = open_store({url, std::string(64, 'a'), 4});
  if (auto done = store->migrate(); !done) throw std::runtime_error(done.error().detail);
  const auto channel = store->register_channel("default", "acme", "wecom", system_now()).value();
  const Place place{channel.tenant, channel.id};
  std::printf("payload %zu bytes, %zu rows a figure\n", kPayloadBytes, rows);
  for (const std::size_t batch : {1u, 16u, 32u, 64u}) {
    if (only_large && batch < 64) continue;
    const std::size_t some = batch == 1 ? rows / 10 : rows;
    const Rate rate = append_rate(*store, place, some, batch, 1);
    std::printf("append, batches of %2zu, 1 thread:  %8.0f rows/s, %6.1f us of CPU each\n", batch,
                rate.per_second, rate.cpu_each);
  }
  if (only_large) return;
  const Rate two = append_rate(*store, place, rows, 64, 2);
  std::printf("append, batches of 64, 2 threads: %8.0f rows/s, %6.1f us of CPU each\n",
              two.per_second, two.cpu_each);
  std::printf("resident after appends: %ld MiB\n", resident_mib());
  const Rate admitted = admit_rate(*store);
  std::printf("admit: %8.0f rows/s, %6.1f us of CPU each\n", admitted.per_second,
              admitted.cpu_each);
  const Rate written = write_rate(*store, place, 64, rows);
  std::printf("write, batches of 64: %8.0f events/s, %6.1f us of CPU each\n", written.per_second,
              written.cpu_each);
  std::printf("resident after writes: %ld MiB\n", resident_mib());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::fputs("usage: store_bench sqlite|mariadb ROWS [append]\n", stderr);
    return 2;
  }
  const auto rows = static_cast<std::size_t>(std::atoll(argv[2]));
  try {
    if (std::strcmp(argv[1], "mariadb") == 0) {
      const tests::MariadbServer server;
      measure(server.url("bench"), rows, argc == 4);
    } else {
      const tests::TemporaryFolder folder;
      measure("sqlite:" + folder.file("bench.db"), rows, argc == 4);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
