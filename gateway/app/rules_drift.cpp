#include <algorithm>
#include <map>
#include <ostream>

#include "gateway/api/current_drift.h"
#include "gateway/app/commands.h"
#include "gateway/app/store_access.h"
#include "gateway/app/table.h"

namespace guanxi::app {
namespace {

using models::Json;

// A drift with what an operator wants beside it.
struct Seen {
  store::DriftRow row;
  std::string platform;
  std::string extend;  // the version that knows most: what a new pack would extend
};

// Without `whole` only what the versions in force have noticed.
std::vector<Seen> all_drift(const Config& config, store::Store& store, bool whole) {
  const adapters::Registry registry(config.rules_dir);
  const Time now = system_now();
  const auto channels = need(bind_channels(config, registry, store, now));
  std::map<std::string, std::string> newest;
  for (const auto& platform : registry.platforms()) {
    newest[platform.name] = platform.pack_versions.back();
  }
  std::map<std::string, std::string> platforms;
  std::map<store::TenantId, bool> tenants;
  for (const store::ChannelRecord& channel : need(store.channels())) {
    platforms[channel.name] = channel.platform;
    tenants[channel.tenant] = true;
  }
  std::vector<Seen> all;
  for (const auto& [tenant, known] : tenants) {
    for (store::DriftRow& row : need(store.drift(tenant))) {
      if (!whole && !api::is_current(row, channels, now)) continue;
      const std::string platform = platforms[row.channel];
      all.push_back({std::move(row), platform, newest[platform]});
    }
  }
  std::ranges::stable_sort(all, std::greater<>{},
                           [](const Seen& seen) { return seen.row.last_at; });
  return all;
}

Json json_of(const Seen& seen) {
  return {{"platform", seen.platform},
          {"channel", seen.row.channel},
          {"pack", seen.row.pack},
          {"kind", models::drift_kind_text(seen.row.drift.kind)},
          {"event", seen.row.drift.event},
          {"pointer", seen.row.drift.pointer},
          {"sample", seen.row.drift.sample},
          {"count", seen.row.count},
          {"first_at", format_time(seen.row.first_at)},
          {"last_at", format_time(seen.row.last_at)},
          {"extend", seen.platform + '/' + seen.extend}};
}

}  // namespace

int show_drift(const Config& config, bool whole, Console& console) {
  const auto store = open_ready_store(config);
  const auto all = all_drift(config, *store, whole);
  if (console.json) {
    Json rows = Json::array();
    for (const Seen& seen : all) rows.push_back(json_of(seen));
    console.out << rows.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    return 0;
  }
  if (all.empty()) {
    console.out << (whole ? "no drift: the packs knew all that came\n"
                          : "no drift: the versions in force know all that came\n");
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"LAST", "FIRST", "COUNT", "CHANNEL", "KIND", "EVENT",
                                              "POINTER", "SAMPLE", "READ BY", "EXTEND"}};
  for (const Seen& seen : all) {
    rows.push_back({format_time(seen.row.last_at), format_time(seen.row.first_at),
                    std::to_string(seen.row.count), seen.row.channel,
                    std::string(models::drift_kind_text(seen.row.drift.kind)), seen.row.drift.event,
                    seen.row.drift.pointer, seen.row.drift.sample, seen.row.pack,
                    seen.platform + '/' + seen.extend});
  }
  print_table(rows, console.out);
  return 0;
}

}  // namespace guanxi::app
