#include <ostream>

#include "gateway/app/activation.h"
#include "gateway/app/commands.h"
#include "gateway/app/rules_choice.h"
#include "gateway/app/store_access.h"
#include "gateway/app/table.h"
#include "gateway/pipeline/shadow.h"

namespace guanxi::app {
namespace {

using models::Json;

struct Shown {
  std::string channel;
  std::string version;
  pipeline::ShadowReport report;
};

std::vector<Shown> reports_of(const ShadowOptions& options, store::Store& store) {
  const auto log = need(store.activations());
  std::vector<Shown> all;
  for (const store::ChannelRecord& channel : need(store.channels())) {
    const bool asked = channel.platform == options.platform &&
                       (options.channel.empty() || channel.name == options.channel);
    const std::string version = shadow_version(log, channel.platform, channel.name);
    if (!asked || version.empty()) continue;
    const std::string note = need(store.note(pipeline::shadow_note(channel.id, version)));
    all.push_back(
        {channel.name, version, pipeline::shadow_report_from(Json::parse(note, nullptr, false))});
  }
  return all;
}

int show_reports(const std::vector<Shown>& all, const std::string& platform, Console& console) {
  if (console.json) {
    Json rows = Json::array();
    for (const Shown& shown : all) {
      Json row = pipeline::report_json(shown.report);
      row["platform"] = platform;
      row["channel"] = shown.channel;
      row["version"] = shown.version;
      rows.push_back(std::move(row));
    }
    console.out << rows.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    return 0;
  }
  if (all.empty()) console.out << "no version of " << platform << " reads along\n";
  for (const Shown& shown : all) {
    const pipeline::ShadowReport& report = shown.report;
    console.out << shown.channel << ": " << shown.version << " read " << report.rows
                << " rows along, " << report.differing << " of them otherwise";
    if (report.unreadable > 0) console.out << ", " << report.unreadable << " not at all";
    console.out << '\n';
    if (report.lines.empty()) continue;
    std::vector<std::vector<std::string>> rows{{"COUNT", "EVENT", "DIFFERENCE", "FIRST", "LAST"}};
    for (const auto& [key, line] : report.lines) {
      rows.push_back({std::to_string(line.count), key.first, key.second,
                      std::to_string(line.first_seq), std::to_string(line.last_seq)});
    }
    print_table(rows, console.out);
  }
  return 0;
}

}  // namespace

int shadow_rules(const Config& config, const ShadowOptions& options, Console& console) {
  if (options.stop && !options.version.empty()) {
    throw WrongUsage("give a VERSION that reads along, or --stop");
  }
  const adapters::Registry registry(config.rules_dir);
  const auto platforms = registry.platforms();
  const auto& platform = find_platform(platforms, options.platform);
  check_channel_of(config, options.channel, options.platform);
  const auto store = open_ready_store(config);
  if (options.version.empty() && !options.stop) {
    return show_reports(reports_of(options, *store), options.platform, console);
  }
  if (!options.stop) check_version(platform, options.version);
  store::Activation entry;
  entry.platform = options.platform;
  entry.channel = options.channel;
  entry.version = options.stop ? std::string(kByDay) : options.version;
  entry.shadow = true;
  entry.at = system_now();
  // Another trial counts from nothing.
  for (const store::ChannelRecord& channel : need(store->channels())) {
    const bool concerns = channel.platform == options.platform &&
                          (options.channel.empty() || channel.name == options.channel);
    if (concerns && !options.stop) {
      need(store->set_note(pipeline::shadow_note(channel.id, options.version), ""));
    }
  }
  need(store->add_activation(entry));
  if (console.json) {
    console.out << Json{{"platform", options.platform},
                        {"channel", options.channel.empty() ? Json() : Json(options.channel)},
                        {"version", options.stop ? Json() : Json(options.version)}}
                       .dump()
                << '\n';
  } else {
    console.out << (options.stop ? "no version of " + options.platform + " reads along any more"
                                 : options.platform + ' ' + options.version + " reads along")
                << '\n';
    console.err << "A running gateway follows within some seconds.\n";
  }
  return 0;
}

}  // namespace guanxi::app
