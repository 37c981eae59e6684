#include "gateway/pipeline/replay.h"

#include <algorithm>
#include <charconv>
#include <ostream>
#include <utility>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "gateway/app/commands.h"
#include "gateway/app/difference.h"
#include "gateway/app/progress.h"
#include "gateway/app/store_access.h"

namespace guanxi::app {
namespace {

using models::Json;

// Written in one transaction, for which callbacks wait on SQLite.
constexpr std::size_t kPortion = 256;
constexpr std::size_t kPortionBytes = 4 * 1024 * 1024;
// What a dry run holds in memory at once, since nothing of it is written.
constexpr std::int64_t kMostDry = 20'000;
constexpr std::size_t kMostDryBytes = 256 * 1024 * 1024;

std::vector<store::RowStatus> statuses_of(const std::string& word) {
  if (word == "unmapped") return {store::RowStatus::unmapped};
  if (word == "dead") return {store::RowStatus::dead};
  return {store::RowStatus::normalized, store::RowStatus::unmapped, store::RowStatus::dead,
          store::RowStatus::none};
}

// The channels to be replayed, under the rules to be replayed by.
Config narrowed(Config config, const ReplayOptions& options) {
  if (!options.channel.empty()) {
    const ChannelConfig channel = *need(find_channel(config, options.channel));
    config.channels = {channel};
  }
  for (ChannelConfig& channel : config.channels) {
    if (!options.rules.empty()) channel.settings.rules = options.rules;
  }
  return config;
}

// Where the same replay, by the same packs, has come to.
std::string note_name(const ReplayOptions& options, const adapters::ChannelMap& channels) {
  std::string what = options.channel + '\n' + options.status + '\n' + options.rules + '\n' +
                     std::to_string(options.since) + (options.calls ? "\ncalls" : "\n");
  for (const auto& [name, bound] : channels) {
    what += '\n' + name;
    for (const std::string& hash : bound.adapter->pack_hashes()) what += ' ' + hash;
  }
  return "replay " +
         crypto::to_hex(crypto::digest(crypto::HashAlgorithm::sha256, what)).substr(0, 32);
}

void print(const pipeline::ReplayReport& report, bool dry, std::ostream& out) {
  out << (dry ? "would read " : "read ") << report.rows << " rows again\n";
  for (const auto& [change, rows] : report.statuses) {
    out << "  " << store::row_status_text(change.first) << " -> "
        << store::row_status_text(change.second) << ": " << rows << '\n';
  }
  if (report.unreadable > 0) out << "  left as they are, unreadable: " << report.unreadable << '\n';
  out << "customers: " << report.created << " created, " << report.changed << " changed, "
      << report.withdrawn << " withdrawn\n";
  if (report.calls > 0) out << "platform calls wanted: " << report.calls << '\n';
}

void print(const pipeline::CustomerDifference& difference, std::ostream& out) {
  const char* what = difference.before.is_null()  ? "created"
                     : difference.after.is_null() ? "withdrawn"
                                                  : "changed";
  out << "customer " << format_uuid(difference.id) << ' ' << what << '\n';
  if (difference.before.is_null() || difference.after.is_null()) {
    out << "  " << shown_value(difference.before.is_null() ? difference.after : difference.before)
        << '\n';
    return;
  }
  print_difference(difference.before, difference.after, out, {"/version", "/updated_at"});
}

int run_dry(store::Store& store, pipeline::Replayer& replayer, store::StoredQuery query,
            Console& console) {
  const std::int64_t rows = need(store.count_stored(query));
  if (rows > kMostDry) {
    throw CommandFailed("a dry run compares at most " + std::to_string(kMostDry) + " rows and " +
                        std::to_string(rows) + " fit; narrow it with --channel or --since");
  }
  query.limit = static_cast<std::size_t>(kMostDry);
  query.bytes = kMostDryBytes;
  const auto [report, differences] = need(replayer.difference(need(store.stored(query))));
  if (console.json) {
    Json json = pipeline::report_json(report);
    json["differences"] = Json::array();
    for (const pipeline::CustomerDifference& difference : differences) {
      json["differences"].push_back({{"id", format_uuid(difference.id)},
                                     {"before", difference.before},
                                     {"after", difference.after}});
    }
    console.out << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    return 0;
  }
  print(report, true, console.out);
  for (const pipeline::CustomerDifference& difference : differences) {
    print(difference, console.out);
  }
  return 0;
}

}  // namespace

int replay(const Config& whole, const ReplayOptions& options, Console& console) {
  const Config config = narrowed(whole, options);
  const auto store = open_ready_store(config);
  const adapters::Registry registry(config.rules_dir);
  const adapters::ChannelMap channels = need(bind_channels(config, registry, *store, system_now()));
  if (channels.empty()) throw CommandFailed(config.file + " has no [[channel]]; add one");
  pipeline::Replayer replayer(*store, channels, system_now, crypto::fill_random,
                              format_uuid(make_uuid(system_now(), crypto::fill_random)),
                              config.identity, config.survivorship.policy);
  store::StoredQuery query;
  query.statuses = statuses_of(options.status);
  query.after = options.since > 0 ? options.since - 1 : 0;
  if (!options.channel.empty()) query.channel = channels.begin()->second.id;
  query.limit = kPortion;
  query.bytes = kPortionBytes;
  if (options.dry_run) return run_dry(*store, replayer, query, console);

  const std::string note = note_name(options, channels);
  const std::string reached = need(store->note(note));
  if (!reached.empty()) {
    std::from_chars(reached.data(), reached.data() + reached.size(), query.after);
    console.err << "goes on behind row " << reached << ", where it was interrupted\n";
  }
  Progress progress(console.err, "replayed", "rows", need(store->count_stored(query)));
  pipeline::ReplayReport report;
  for (;;) {
    const auto rows = need(store->stored(query));
    if (rows.empty()) break;
    report.add(need(replayer.replay(rows, {options.calls})));
    query.after = rows.back().seq;
    need(store->set_note(note, std::to_string(query.after)));
    progress.advance(static_cast<std::int64_t>(rows.size()));
  }
  need(store->set_note(note, ""));
  progress.finish();
  if (console.json) {
    console.out << pipeline::report_json(report).dump() << '\n';
  } else {
    print(report, false, console.out);
  }
  return 0;
}

}  // namespace guanxi::app
