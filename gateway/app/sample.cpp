#include "gateway/app/sample.h"

#include <algorithm>
#include <map>
#include <optional>

#include "adapters/protocol/transport.h"
#include "crypto/random.h"
#include "gateway/app/config.h"

namespace guanxi::app {
namespace {

using models::Json;

// Reads the example the way a callback is read, so that the event is what the gateway will see.
std::optional<models::Event> read_event(const adapters::Adapter& adapter, const std::string& recipe,
                                        const std::string& payload, Time now) {
  const auto callback =
      adapter.make_callback(payload, {now, "1", crypto::random_bytes(64), recipe});
  if (!callback) return std::nullopt;
  const auto opened = adapter.open(*callback, now);
  if (!opened || opened->payloads.empty()) return std::nullopt;
  const adapters::Payload& first = opened->payloads.front();
  auto reading = adapter.read_payload(opened->recipe, first.format, first.bytes, now);
  if (!reading || reading->events.empty()) return std::nullopt;
  return std::move(reading->events.front());
}

// The first recipe by which a channel takes the payload as something it knows.
std::optional<std::pair<std::string, models::Event>> recognize(const adapters::Adapter& adapter,
                                                               const std::string& payload,
                                                               Time now) {
  std::optional<std::pair<std::string, models::Event>> variant;
  for (const std::string& recipe : adapter.recipes(now)) {
    auto event = read_event(adapter, recipe, payload, now);
    if (!event || event->status == models::Event::Status::unmapped) continue;
    if (event->drift.empty()) return std::pair(recipe, std::move(*event));
    // An example may show a variant; one that drifts otherwise comes by another recipe.
    const bool is_variant = std::ranges::all_of(event->drift, [](const models::Drift& drift) {
      return drift.kind == models::Drift::Kind::variant ||
             drift.kind == models::Drift::Kind::unknown_value;
    });
    if (is_variant && !variant) variant = std::pair(recipe, std::move(*event));
  }
  return variant;
}

void replace_time(Json& json, const std::map<std::string, std::string>& stamps) {
  if (json.is_structured()) {
    for (Json& child : json) replace_time(child, stamps);
    return;
  }
  const bool text = json.is_string();
  const auto stamp = stamps.find(text ? json.get<std::string>() : json.dump());
  if (stamp == stamps.end()) return;
  if (text) {
    json = stamp->second;
  } else {
    json = std::stoll(stamp->second);
  }
}

std::string with_index(std::string value, std::size_t index) {
  for (std::size_t at = value.find("{n}"); at != std::string::npos; at = value.find("{n}", at)) {
    value.replace(at, 3, std::to_string(index));
  }
  return value;
}

std::string pointer_of(const std::string& field) {
  return field.starts_with('/') ? field : '/' + field;
}

Result<void> set_field(Json& payload, const std::string& field, const std::string& value) {
  try {
    Json& target = payload[Json::json_pointer(pointer_of(field))];
    const Json parsed = Json::parse(value, nullptr, false);
    // A number or flag stays one; everything else is text.
    if ((target.is_number() && parsed.is_number()) ||
        (target.is_boolean() && parsed.is_boolean())) {
      target = parsed;
    } else {
      target = value;
    }
    return {};
  } catch (const Json::exception&) {
    return fail(ErrorCode::malformed, "--set " + field + ": the sample has no such place");
  }
}

std::string seconds_text(Time at) { return std::to_string(to_ms(at) / 1000); }

}  // namespace

std::vector<Sample> samples_of(const adapters::Adapter& adapter, Time now) {
  std::map<std::string, Sample> by_event;
  std::set<std::string> drifting;  // events of which only an example with something unknown is had
  const adapters::Pack& pack = adapter.pack_at(now);
  for (const std::string& name : pack.example_names()) {
    auto example = pack.example(name);
    if (!example || example->first.empty() || !example->second.is_object()) continue;
    const auto known = recognize(adapter, example->first, now);
    if (!known || known->second.name.empty()) continue;
    const auto& [recipe, event] = *known;
    const bool drifts = !event.drift.empty();
    if (by_event.contains(event.name) && (drifts || !drifting.contains(event.name))) continue;
    if (drifts) {
      drifting.insert(event.name);
    } else {
      drifting.erase(event.name);
    }
    by_event.insert_or_assign(
        event.name, Sample{event.name, name, recipe, example->first.front() == '<' ? "xml" : "json",
                           std::move(example->second), event.at});
  }
  std::vector<Sample> samples;
  for (auto& [event, sample] : by_event) samples.push_back(std::move(sample));
  return samples;
}

Result<Sample> find_sample(const std::vector<Sample>& samples, const std::string& name) {
  std::vector<const Sample*> ending;
  std::vector<std::string> known;
  for (const Sample& sample : samples) {
    if (sample.event == name) return sample;
    if (sample.event.ends_with('/' + name)) ending.push_back(&sample);
    known.push_back(sample.event.substr(sample.event.rfind('/') + 1));
  }
  if (ending.size() == 1) return *ending.front();
  if (ending.empty()) {
    return fail(ErrorCode::not_found, "no sample of an event '" + name + "'" +
                                          suggestion(name, known) + " (--list names all)");
  }
  std::string all;
  for (const Sample* sample : ending) all += (all.empty() ? "" : ", ") + sample->event;
  return fail(ErrorCode::conflict, "'" + name + "' may be any of " + all);
}

Result<std::string> make_payload(const Sample& sample, Time at, std::size_t index,
                                 const std::vector<std::pair<std::string, std::string>>& set) {
  Json payload = sample.payload;
  replace_time(payload, {{seconds_text(sample.at), seconds_text(at)},
                         {std::to_string(to_ms(sample.at)), std::to_string(to_ms(at))}});
  for (const auto& [field, value] : set) {
    const auto done = set_field(payload, field, with_index(value, index));
    if (!done) return tl::unexpected(done.error());
  }
  return adapters::protocol::render_tree(sample.format, payload);
}

std::vector<std::string> new_fields(const Sample& sample,
                                    const std::vector<std::pair<std::string, std::string>>& set) {
  std::vector<std::string> known;
  const Json fields = sample.payload.flatten();
  for (const auto& [pointer, value] : fields.items()) known.push_back(pointer);
  std::vector<std::string> fresh;
  for (const auto& [field, value] : set) {
    const std::string pointer = pointer_of(field);
    const auto holds = [&](const std::string& place) {
      return place == pointer || place.starts_with(pointer + '/');
    };
    if (std::ranges::any_of(known, holds)) continue;
    fresh.push_back("the sample has no " + pointer + suggestion(pointer, known) + "; it is added");
  }
  return fresh;
}

}  // namespace guanxi::app
