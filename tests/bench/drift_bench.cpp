// How much of what a platform may change is noticed: every example of every pack, every payload of
// the vectors and golden files, changed in one place after another and read; and how often samples
// that fit raise an alarm.
//
//   drift_bench ROOT [-v]        ROOT: of the sources; -v names what went unnoticed
//
// Left alone are maps whose keys are not the platform's (`/**`, `pairs`), events of which the rules
// say that they state nothing (`none`), and those that are unknown as they are.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>

#include "adapters/protocol/transport.h"
#include "adapters/registry.h"
#include "adapters/rules/compile.h"
#include "adapters/rules/library.h"
#include "models/json.h"
#include "tests/support/described_channels.h"

namespace {

using namespace guanxi;
using models::Drift;
using models::Event;
using models::Json;

// What is read, and how.
struct Sample {
  std::string name;
  Json payload;
  std::string recipe;
  std::optional<std::string> call;
  Json arguments = Json::object();
  Time received{};
  bool drifts = false;  // it is an example of drift
};

// A pack as JSON, and a channel that reads by it alone.
struct Rules {
  Json pack;
  std::shared_ptr<const adapters::Adapter> adapter;
};

Result<adapters::Reading> read(const adapters::Adapter& adapter, const Sample& sample,
                               const Json& payload) {
  if (sample.call) {
    return adapter.read_answer({*sample.call, sample.arguments, sample.received}, payload.dump());
  }
  return adapter.read_payload(sample.recipe, "json", payload.dump(), sample.received);
}

using Noticed = std::set<std::pair<int, std::string>>;

Noticed noticed_in(const std::vector<Event>& events) {
  Noticed noticed;
  for (const Event& event : events) {
    for (const Drift& drift : event.drift) {
      noticed.emplace(static_cast<int>(drift.kind),
                      event.name + ' ' + drift.pointer + ' ' + drift.sample);
    }
  }
  return noticed;
}

// ---- what the rules say of a place ----

using Steps = std::vector<std::string>;

// A pointer's keys in one spelling, without what stands for elements of lists.
Steps steps_of(std::string_view pointer) {
  Steps steps;
  const auto path = adapters::rules::parse_path(pointer);
  if (!path) return steps;
  for (const auto& step : path->steps) {
    if (step.kind == adapters::rules::Step::Kind::any || step.index) continue;
    std::string key;
    for (const char c : step.key) {
      if (c != '_') key += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    steps.push_back(std::move(key));
  }
  return steps;
}

bool ends_with(const Steps& place, const Steps& end) {
  return place.size() >= end.size() && std::equal(end.rbegin(), end.rend(), place.rbegin());
}

// Where something stands: from some place on, or of any element of a list.
struct Where {
  Steps steps;
  bool of_element = false;
};

struct Words {
  Where at;
  std::set<std::string> words;
};

// Of the events of one sample: maps with keys of their own, places of enums, parts of names.
struct Places {
  std::vector<Steps> bodies;  // where events begin; none: anywhere
  std::vector<Where> free;
  std::vector<Words> words;
  std::vector<Steps> names;
  std::set<Steps> ignored;
};

bool is_at(const Places& places, const Steps& place, const Where& where) {
  if (where.of_element || places.bodies.empty()) {
    return !where.steps.empty() && ends_with(place, where.steps);
  }
  return std::ranges::any_of(places.bodies, [&](Steps whole) {
    whole.insert(whole.end(), where.steps.begin(), where.steps.end());
    return whole == place;
  });
}

std::vector<Where> pointers(const Json& at) {
  std::vector<Where> found;
  for (const Json& one : at.is_array() ? at : Json::array({at})) {
    if (!one.is_string()) continue;
    const std::string text = one.get<std::string>();
    const std::size_t start = std::min(text.find('/'), text.size());
    if (text.starts_with('=') || text.starts_with('$') || start == text.size()) continue;
    found.push_back({steps_of(text.substr(start)), start > 0});
  }
  return found;
}

void add_ignored(const Json& rule, Places& places) {
  const Json ignored = rule.value("ignored", Json::object());
  for (const auto& [pointer, one] : ignored.items()) {
    if (pointer.ends_with("/**")) {
      places.free.push_back({steps_of(pointer.substr(0, pointer.size() - 3))});
    } else {
      places.ignored.insert(steps_of(pointer));
    }
  }
}

void add_values(const Json& rule, const Json& enums, Places& places) {
  if (rule.is_object() && rule.contains("at")) {
    const auto at = pointers(rule.at("at"));
    if (rule.contains("pairs")) places.free.insert(places.free.end(), at.begin(), at.end());
    std::set<std::string> words;
    if (rule.contains("enum") && rule.at("enum").is_string()) {
      const Json table = enums.value(rule.at("enum").get<std::string>(), Json::object());
      if (!table.contains("*")) {
        for (const auto& [word, meaning] : table.items()) words.insert(word);
      }
    }
    // Of alternatives only the first that is there is looked at.
    if (!words.empty() && at.size() == 1) places.words.push_back({at.front(), std::move(words)});
  }
  if (!rule.is_structured()) return;
  for (const Json& member : rule) add_values(member, enums, places);
}

Places places_of(const Json& pack, const Sample& sample, const std::vector<Event>& events) {
  Places places;
  const Json inlets = pack.value("inlets", Json::object());
  for (const auto& [name, inlet] : inlets.items()) {
    add_ignored(inlet, places);
    for (const Where& part : pointers(inlet.value("name", Json::array()))) {
      places.names.push_back(part.steps);
    }
    if (sample.call) continue;
    places.bodies.emplace_back();
    for (const Where& body : pointers(inlet.value("body", Json()))) {
      places.bodies.push_back(body.steps);
    }
  }
  std::vector<Json> entries;
  if (sample.call) entries.push_back(pack.at("api").at("calls").at(*sample.call));
  for (const Event& event : events) {
    const auto known = pack.at("events").find(event.name);
    if (known != pack.at("events").end()) {
      entries.push_back(adapters::rules::resolved_event(pack.at("events"), *known));
    }
  }
  for (const Json& entry : entries) {
    add_ignored(entry, places);
    add_values(entry, pack.value("enums", Json::object()), places);
  }
  // What one of several events reads and another does not.
  std::erase_if(places.words,
                [&](const Words& words) { return places.ignored.contains(words.at.steps); });
  return places;
}

bool is_free(const Places& places, const Json::json_pointer& place) {
  for (Json::json_pointer at = place;; at = at.parent_pointer()) {
    const Steps steps = steps_of(at.to_string());
    for (const Where& free : places.free) {
      if (is_at(places, steps, free)) return true;
    }
    if (at.empty()) return false;
  }
}

// ---- changes ----

struct Change {
  const char* kind;
  Json::json_pointer place;
  Json value;
};

constexpr const char* kNewField = "new field";
constexpr const char* kRetyped = "retyped field";
constexpr const char* kNewEvent = "unknown event";
constexpr const char* kNewWord = "unknown enum value";
constexpr const char* kProbe = "brand_new_probe";

std::string text_of(const Json& scalar) {
  return scalar.is_string() ? scalar.get<std::string>() : scalar.dump();
}

class Changes {
 public:
  Changes(const Places& places, const std::vector<Event>& events) : places_(places) {
    for (const Event& event : events) {
      for (std::size_t at = 0; at <= event.name.size();) {
        const std::size_t end = std::min(event.name.find('/', at), event.name.size());
        parts_.insert(event.name.substr(at, end - at));
        at = end + 1;
      }
    }
  }

  std::vector<Change> of(const Json& payload) {
    visit(payload, Json::json_pointer());
    return std::move(changes_);
  }

 private:
  void visit(const Json& value, const Json::json_pointer& place) {
    if (is_free(places_, place)) return;
    if (value.is_object()) {
      add(kNewField, place / kProbe, "x");
      if (!value.empty() && !place.empty()) add(kRetyped, place, kProbe);
      for (const auto& [key, member] : value.items()) visit(member, place / key);
    } else if (value.is_array()) {
      if (!value.empty() && value.front().is_object()) add(kRetyped, place, kProbe);
      for (std::size_t i = 0; i < value.size(); ++i) visit(value[i], place / i);
    } else if (!adapters::rules::is_empty(value)) {
      visit_scalar(value, place);
    }
  }

  void visit_scalar(const Json& value, const Json::json_pointer& place) {
    add(kRetyped, place, {{kProbe, {{"x", 1}}}});
    add(kRetyped, place, Json::array({{{kProbe, 1}}}));
    const Steps steps = steps_of(place.to_string());
    const std::string text = text_of(value);
    const Json probe = value.is_number() ? Json(98'765'432) : Json(kProbe);
    const bool names = std::ranges::any_of(
        places_.names, [&](const Steps& at) { return !at.empty() && ends_with(steps, at); });
    if (names && parts_.contains(text)) {
      add(kNewEvent, place, probe);
      return;
    }
    const bool chooses = std::ranges::any_of(places_.words, [&](const Words& words) {
      return is_at(places_, steps, words.at) && words.words.contains(text);
    });
    if (chooses) add(kNewWord, place, probe);
  }

  void add(const char* kind, Json::json_pointer place, Json value) {
    changes_.push_back({kind, std::move(place), std::move(value)});
  }

  const Places& places_;
  std::set<std::string> parts_;
  std::vector<Change> changes_;
};

// ---- samples ----

std::vector<Sample> examples_of(const Json& pack, const Json& stated, const std::string& version) {
  std::vector<Sample> samples;
  for (const auto& [title, patch] : stated.items()) {
    const Json example = pack.at("examples").value(title, Json::object());
    if (!example.contains("payload")) continue;  // or the pack takes it away
    Sample sample;
    sample.name = version + " " + title;
    sample.payload = example.at("payload");
    sample.recipe = example.value("recipe", "");
    sample.arguments = example.value("with", Json::object());
    sample.received = parse_time(example.value("received_at", version + "T04:00:00Z")).value();
    if (example.contains("answer_to")) sample.call = example.at("answer_to").get<std::string>();
    sample.drifts = example.dump().find("\"drift\"") != std::string::npos;
    samples.push_back(std::move(sample));
  }
  return samples;
}

std::optional<Sample> sample_of(std::string name, const std::string& format,
                                const std::string& bytes) {
  auto tree = adapters::protocol::parse_tree(format, bytes);
  if (!tree || !tree->is_object()) return std::nullopt;
  Sample sample;
  sample.name = std::move(name);
  sample.payload = std::move(*tree);
  sample.received = system_now();
  return sample;
}

// What is no pack's example: payloads of the vectors, and what golden facts are written for.
std::vector<Sample> recorded(const std::filesystem::path& root, const std::string& platform) {
  std::vector<Sample> samples;
  const auto vectors = root / "adapters" / platform / "vectors/callbacks.json";
  for (const Json& one : tests::read_description(vectors).at("cases")) {
    for (const Json& payload : one.value("payloads", Json::array())) {
      if (!payload.is_string()) continue;
      const std::string bytes = payload.get<std::string>();
      auto sample = sample_of("vector " + one.at("id").get<std::string>(),
                              bytes.starts_with('<') ? "xml" : "json", bytes);
      if (!sample) continue;
      sample->recipe = one.value("recipe", "");
      samples.push_back(std::move(*sample));
    }
  }
  const auto golden = root / "tests/adapters" / platform / "golden";
  if (!std::filesystem::exists(golden)) return samples;
  for (const auto& file : tests::description_files(golden)) {
    const Json one = tests::read_description(file);
    if (!one.contains("payload") || !one.at("payload").is_string()) continue;
    auto sample = sample_of("golden " + file.stem().string(), one.value("format", "json"),
                            one.at("payload").get<std::string>());
    if (sample) samples.push_back(std::move(*sample));
  }
  return samples;
}

// ---- the count ----

struct Count {
  std::size_t made = 0;
  std::size_t noticed = 0;
};

struct Totals {
  std::map<std::string, Count> kinds;
  std::size_t samples = 0;
  std::size_t alarms = 0;
  std::size_t silent = 0;  // of events that state nothing
  bool verbose = false;
};

void count(const Rules& rules, const Sample& sample, Totals& totals) {
  const auto plain = read(*rules.adapter, sample, sample.payload);
  if (!plain) throw std::runtime_error(sample.name + ": " + plain.error().detail);
  const Noticed before = noticed_in(plain->events);
  if (!sample.drifts) {
    ++totals.samples;
    if (!before.empty()) {
      ++totals.alarms;
      std::fprintf(stderr, "  alarm: %s: %s\n", sample.name.c_str(),
                   before.begin()->second.c_str());
    }
  }
  const bool says_nothing = std::ranges::none_of(
      plain->events, [](const Event& event) { return event.status == Event::Status::mapped; });
  if (says_nothing) {
    ++totals.silent;
    return;
  }
  const Places places = places_of(rules.pack, sample, plain->events);
  for (const Change& change : Changes(places, plain->events).of(sample.payload)) {
    Json payload = sample.payload;
    payload[change.place] = change.value;
    const auto reading = read(*rules.adapter, sample, payload);
    const Noticed after = reading ? noticed_in(reading->events) : Noticed{};
    const bool is_noticed = !std::ranges::includes(before, after);
    Count& of_kind = totals.kinds[change.kind];
    ++of_kind.made;
    of_kind.noticed += is_noticed ? 1 : 0;
    if (!is_noticed && totals.verbose) {
      std::fprintf(stderr, "  unnoticed: %s at %s of %s %s\n", change.kind,
                   change.place.to_string().c_str(), rules.adapter->channel().platform.c_str(),
                   sample.name.c_str());
    }
  }
}

void count_platform(const adapters::Registry& registry, const std::filesystem::path& root,
                    const std::string& platform, Totals& totals) {
  adapters::ChannelSettings channel =
      tests::described_channels(root / "tests/simulator" / (platform + ".json")).front();
  std::vector<adapters::Finding> findings;
  const auto files =
      adapters::rules::pack_files(adapters::rules::built_in_files(), platform, findings);
  Rules rules;
  for (const auto& [version, file] : files) {
    std::vector<adapters::rules::Complaint> complaints;
    rules.pack = adapters::rules::resolve_pack(files, version, complaints);
    channel.rules = version;
    rules.adapter = registry.bind(channel).value();
    const Json stated = file.json.value("examples", Json::object());
    for (const Sample& sample : examples_of(rules.pack, stated, version)) {
      count(rules, sample, totals);
    }
  }
  // By the newest, which is the last.
  for (const Sample& sample : recorded(root, platform)) count(rules, sample, totals);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: drift_bench ROOT [-v]\n", stderr);
    return 2;
  }
  const std::filesystem::path root = argv[1];
  Totals totals;
  totals.verbose = argc > 2;
  try {
    const adapters::Registry registry;
    for (const auto& platform : registry.platforms()) {
      count_platform(registry, root, platform.name, totals);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "drift_bench: %s\n", error.what());
    return 1;
  }
  Json result{{"samples", totals.samples}, {"alarms", totals.alarms}, {"silent", totals.silent}};
  for (const auto& [kind, of_kind] : totals.kinds) {
    result["kinds"][kind] = {{"made", of_kind.made}, {"noticed", of_kind.noticed}};
  }
  std::puts(result.dump().c_str());
  return 0;
}
