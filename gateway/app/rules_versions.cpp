#include <algorithm>
#include <map>
#include <ostream>

#include "adapters/registry.h"
#include "gateway/app/activation.h"
#include "gateway/app/commands.h"
#include "gateway/app/difference.h"
#include "gateway/app/rules_choice.h"
#include "gateway/app/store_access.h"
#include "gateway/app/table.h"

namespace guanxi::app {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : " ") + word;
  return all;
}

// The configured channels that read by each version now, by platform and version.
using InForce = std::map<std::pair<std::string, std::string>, std::vector<std::string>>;

// Why a channel reads by the version it does.
std::string cause_of(const adapters::ChannelSettings& channel) {
  if (channel.rules != kByDay && !channel.rules.empty()) return " (pinned)";
  return channel.activated.empty() ? "" : " (activated)";
}

InForce in_force(const adapters::ChannelMap& channels, Time now) {
  InForce result;
  for (const auto& [name, bound] : channels) {
    const adapters::Pack& pack = bound.adapter->pack_at(now);
    result[{pack.platform(), pack.version()}].push_back(name + cause_of(bound.adapter->channel()));
  }
  return result;
}

// "name/2024-12-19" is platform and version.
std::pair<std::string, std::string> pack_named(const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) {
    throw WrongUsage("\"" + text +
                     "\" names no pack; write platform/version, as guanxi rules "
                     "list shows them");
  }
  return {text.substr(0, slash), text.substr(slash + 1)};
}

// The newest entry for exactly these channels that stands.
std::optional<store::Activation> last_entry(const std::vector<store::Activation>& log,
                                            const std::string& platform,
                                            const std::string& channel) {
  std::vector<store::Activation> own;
  for (const store::Activation& entry : log) {
    if (entry.takes_back != 0 ||
        (!entry.shadow && entry.platform == platform && entry.channel == channel)) {
      own.push_back(entry);
    }
  }
  return activation_in_force(own, platform, channel);
}

}  // namespace

int list_rules(const std::string& config_path, Console& console) {
  const auto path = find_config(config_path);
  if (!path && !config_path.empty()) throw CommandFailed(path.error().detail);
  InForce used;
  std::string rules_dir;
  if (path) {
    const Config config = need(load_config(*path));
    rules_dir = config.rules_dir;
    const adapters::Registry registry(rules_dir);
    const auto store = open_ready_store(config);
    used = in_force(need(bind_channels(config, registry, *store, system_now())), system_now());
  }
  const adapters::Registry registry(rules_dir);
  std::vector<std::vector<std::string>> rows{{"PLATFORM", "VERSION", "FROM", "IN FORCE FOR"}};
  Json json = Json::array();
  for (const auto& platform : registry.platforms()) {
    for (const std::string& version : platform.pack_versions) {
      const bool added =
          std::ranges::find(platform.added_versions, version) != platform.added_versions.end();
      const auto channels = used.find({platform.name, version});
      const auto names = channels == used.end() ? std::vector<std::string>{} : channels->second;
      const std::string from = added ? "rules.dir" : "built in";
      rows.push_back({platform.name, version, from, joined(names)});
      json.push_back({{"platform", platform.name},
                      {"version", version},
                      {"origin", added ? "rules.dir" : "built_in"},
                      {"in_force_for", names}});
    }
  }
  if (console.json) {
    console.out << json.dump() << '\n';
  } else {
    print_table(rows, console.out);
  }
  return 0;
}

int diff_rules(const std::string& config_path, const std::string& a, const std::string& b,
               Console& console) {
  const auto path = find_config(config_path);
  if (!path && !config_path.empty()) throw CommandFailed(path.error().detail);
  const std::string dir = path ? need(load_config(*path)).rules_dir : std::string();
  const auto resolved = [&](const std::string& text) {
    const auto [platform, version] = pack_named(text);
    return need(adapters::resolved_pack(dir, platform, version));
  };
  const Json before = resolved(a);
  const Json after = resolved(b);
  if (console.json) {
    console.out << Json::diff(before, after).dump() << '\n';
  } else if (!print_difference(before, after, console.out)) {
    console.out << "no difference\n";
  }
  return 0;
}

int activate_rules(const Config& config, const ActivateOptions& options, Console& console) {
  if (options.version.empty() != options.undo) {
    throw WrongUsage("give a VERSION to activate, or --undo");
  }
  const adapters::Registry registry(config.rules_dir);
  const auto platforms = registry.platforms();
  const auto& platform = find_platform(platforms, options.platform);
  check_channel_of(config, options.channel, options.platform);
  const auto store = open_ready_store(config);
  store::Activation entry;
  entry.platform = options.platform;
  entry.channel = options.channel;
  entry.version = options.version;
  entry.at = system_now();
  if (options.undo) {
    const auto last = last_entry(need(store->activations()), options.platform, options.channel);
    if (!last) throw CommandFailed("nothing is activated there that could be taken back");
    entry.version = last->version;
    entry.takes_back = last->id;
  } else {
    check_version(platform, options.version);
  }
  need(store->add_activation(entry));
  const std::string where =
      options.platform + (options.channel.empty() ? "" : "/" + options.channel);
  if (console.json) {
    console.out << Json{{"platform", options.platform},
                        {"channel", options.channel.empty() ? Json() : Json(options.channel)},
                        {"version", entry.version},
                        {"undone", options.undo},
                        {"at", format_time(entry.at)}}
                       .dump()
                << '\n';
    return 0;
  }
  console.out << (options.undo ? "taken back: " : "activated: ") << where << ' ' << entry.version
              << '\n';
  console.err << "A running gateway follows within some seconds. Rows worked before keep what they "
                 "stated; guanxi replay reads them again.\n";
  for (const ChannelConfig& channel : config.channels) {
    const adapters::ChannelSettings& settings = channel.settings;
    const bool concerns = settings.platform == options.platform &&
                          (options.channel.empty() || settings.id == options.channel);
    if (concerns && settings.rules != kByDay) {
      console.err << "Channel '" << settings.id << "' is pinned to " << settings.rules
                  << " by the configuration, which wins.\n";
    }
  }
  return 0;
}

}  // namespace guanxi::app
