#include <algorithm>
#include <ostream>
#include <set>

#include "adapters/protocol/transport.h"
#include "gateway/app/commands.h"
#include "gateway/app/rules_choice.h"
#include "gateway/app/store_access.h"

namespace guanxi::app {
namespace {

using models::Drift;
using models::Json;

constexpr std::size_t kLookedThrough = 500;

struct Seen {
  store::TenantId tenant = 0;
  store::ChannelId channel = 0;
  store::DriftRow row;
};

std::vector<Seen> drift_of(store::Store& store, const std::string& platform) {
  std::vector<Seen> all;
  std::set<store::TenantId> read;
  const auto channels = need(store.channels());
  for (const store::ChannelRecord& channel : channels) {
    if (!read.insert(channel.tenant).second) continue;
    for (store::DriftRow& row : need(store.drift(channel.tenant))) {
      const auto of = std::ranges::find(channels, row.channel, &store::ChannelRecord::name);
      if (of == channels.end() || of->platform != platform) continue;
      all.push_back({channel.tenant, of->id, std::move(row)});
    }
  }
  return all;
}

std::set<std::string> parts_of(const std::string& name) {
  std::set<std::string> parts;
  std::size_t at = 0;
  while (at <= name.size()) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    parts.insert(name.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

// The shape of a payload with nobody's data in it: words of the event's name stay, numbers stay
// numbers, times become one time.
Json shape_of(const Json& payload, const std::set<std::string>& words) {
  if (payload.is_structured()) {
    Json shape = payload;
    for (Json& member : shape) member = shape_of(member, words);
    return shape;
  }
  const auto time_of = [](std::size_t digits) -> std::string {
    return digits == 10 ? "1735689600" : digits == 13 ? "1735689600000" : "";
  };
  if (payload.is_number()) {
    const std::string time = time_of(payload.dump().size());
    return time.empty() ? Json(1) : Json(std::stoll(time));
  }
  if (!payload.is_string()) return payload;
  const std::string text = payload.get<std::string>();
  if (words.contains(text) || text.empty()) return text;
  const bool digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (digits) return time_of(text.size()).empty() ? "1" : time_of(text.size());
  return "x";
}

// An example of an event, made of the newest stored row of that name; nothing if none is found.
Json example_of(store::Store& store, const Seen& seen) {
  const std::string& event = seen.row.drift.event;
  const auto page =
      need(store.events(seen.tenant, store::RowStatus::unmapped, seen.channel, 0, kLookedThrough));
  for (const store::InboxRow& row : page.rows) {
    if (row.event != event || row.kind != store::RowKind::payload) continue;
    const auto whole = need(store.event(seen.tenant, row.seq));
    if (!whole) continue;
    const auto tree = adapters::protocol::parse_tree(whole->format, whole->bytes);
    if (!tree) continue;
    Json example{
        {"payload", shape_of(*tree, parts_of(event))}, {"event", event}, {"facts", Json::array()}};
    if (whole->format == "xml") example["format"] = "xml";
    return example;
  }
  return nullptr;
}

std::string described(const store::DriftRow& row) {
  std::string text = std::string(models::drift_kind_text(row.drift.kind));
  for (const std::string& part : {row.drift.event, row.drift.pointer, row.drift.sample}) {
    if (!part.empty()) text += ' ' + part;
  }
  return text + ", " + std::to_string(row.count) + " times, " + format_time(row.first_at) + " to " +
         format_time(row.last_at) + ", read by " + row.pack;
}

// What a kind of drift asks of a pack, as far as nobody need know what it means.
void add_to(Json& pack, store::Store& store, const Seen& seen) {
  const Drift& drift = seen.row.drift;
  switch (drift.kind) {
    case Drift::Kind::unknown_event: {
      pack["events"][drift.event] = {{"none", "Say what it states instead, or why nothing."}};
      Json example = example_of(store, seen);
      if (!example.is_null()) pack["examples"]["new: " + drift.event] = std::move(example);
      break;
    }
    case Drift::Kind::unknown_field:
      pack["events"][drift.event]["ignored"][drift.pointer] = 1;
      break;
    case Drift::Kind::unknown_value:
      if (!drift.pointer.starts_with('/')) pack["enums"][drift.pointer][drift.sample] = "none!";
      break;
    case Drift::Kind::unknown_error:
      pack["api"]["errors"]["codes"][drift.sample] = "retry";
      break;
    default:
      break;  // told in `source`: what to do about it is the author's to say
  }
}

}  // namespace

int new_rules(const Config& config, const std::string& platform_name, const std::string& day,
              Console& console) {
  const adapters::Registry registry(config.rules_dir);
  const auto platforms = registry.platforms();
  const auto& platform = find_platform(platforms, platform_name);
  if (day.size() != 10 || !parse_time(day + "T00:00:00Z")) {
    throw WrongUsage("\"" + day + "\" is no day such as 2026-03-01");
  }
  const auto& versions = platform.pack_versions;
  const auto later = std::ranges::lower_bound(versions, day);
  if (later == versions.begin()) {
    throw CommandFailed("the oldest pack of " + platform_name + " is " + versions.front() +
                        "; a new one extends an earlier one");
  }
  if (later != versions.end() && *later == day) {
    throw CommandFailed(platform_name + " has a pack " + day + " already");
  }
  const auto store = open_ready_store(config);
  Json pack{{"interface", 1},
            {"extends", *std::prev(later)},
            {"source", {{"changed", ""}}},
            {"examples", Json::object()}};
  int number = 0;
  for (const Seen& seen : drift_of(*store, platform_name)) {
    pack["source"]["seen " + std::to_string(++number)] = described(seen.row);
    add_to(pack, *store, seen);
  }
  console.out << pack.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  console.err
      << "Complete it: `source` says nothing yet, which the linter refuses; then put it into "
         "rules.dir as "
      << platform_name << "/rules/" << day << ".json.\n";
  return 0;
}

}  // namespace guanxi::app
