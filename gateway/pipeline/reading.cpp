#include "gateway/pipeline/reading.h"

#include <algorithm>
#include <exception>

namespace guanxi::pipeline {
namespace {

using models::Event;
using models::Fact;
using models::Json;
using models::Role;

const std::pair<const std::string, adapters::BoundChannel>* channel_of(
    const store::InboxRow& row, const adapters::ChannelMap& channels) {
  const auto found = std::ranges::find_if(
      channels, [&](const auto& entry) { return entry.second.id == row.channel; });
  return found == channels.end() ? nullptr : &*found;
}

Result<adapters::Reading> read(const store::InboxRow& row, const adapters::Adapter& adapter) {
  // Adapters are total by contract; should one throw all the same, one row is lost to view, not
  // all.
  try {
    if (row.kind == store::RowKind::answer) {
      return adapter.read_answer({row.call, row.arguments, row.received_at}, row.bytes);
    }
    return adapter.read_payload(row.recipe, row.format, row.bytes, row.received_at);
  } catch (const std::exception& error) {
    return fail(ErrorCode::malformed, std::string("the adapter failed: ") + error.what());
  }
}

ShadowReading read_along(const ReadRow& row, const adapters::Adapter& candidate) {
  ShadowReading along{candidate.pack_at(row.row.received_at).version(), {}};
  if (!row.events.empty()) along.event = row.events.front().name;
  const auto reading = read(row.row, candidate);
  if (reading) {
    along.differences = differences(row.events, reading->events);
  } else {
    along.unreadable = true;
    along.differences = {"cannot be read by the candidate"};
  }
  return along;
}

// An interaction without the platform's id is known by its event, however often that is delivered.
void name_interactions(Event& event) {
  for (Fact& fact : event.facts) {
    if (fact.kind != models::FactKind::interaction || fact.fields.contains("id")) continue;
    fact.fields["event_id"] = event.id + '/' + fact.rule + '/' + std::to_string(fact.index);
  }
}

// Nothing has happened before it was told of, but for what clocks differ by: a time far ahead would
// for ever be the latest.
void bound_times(Event& event, Time received_at) {
  constexpr Milliseconds kAhead = std::chrono::hours(24);
  const auto bound = [&](Time& at) {
    if (at > received_at + kAhead) at = received_at;
  };
  bound(event.at);
  for (Fact& fact : event.facts) bound(fact.at);
}

// A notice is about something: that of another is another notice.
void name_notices(Event& event) {
  for (Fact& fact : event.facts) {
    const auto subject = fact.fields.find("subject");
    if (fact.kind != models::FactKind::notice || subject == fact.fields.end()) continue;
    for (models::Named& named : fact.names) {
      if (named.role != Role::self || !subject->is_string()) continue;
      fact.fields["code"] = named.identity.value;
      named.identity.value += ' ' + subject->get<std::string>();
    }
  }
}

template <typename Visit>
void each_listed(std::vector<Event>& events, Visit visit) {
  for (Event& event : events) {
    for (Fact& fact : event.facts) {
      if (fact.complete) visit(fact);
    }
  }
}

}  // namespace

ReadRow read_row(store::InboxRow row, const adapters::ChannelMap& channels) {
  ReadRow result;
  result.row = std::move(row);
  const auto* channel = channel_of(result.row, channels);
  if (channel == nullptr) {
    result.error = "its channel is not in the configuration; it waits until it is";
    result.held = true;
    return result;
  }
  const adapters::Adapter& adapter = *channel->second.adapter;
  const adapters::Pack& pack = adapter.pack_at(result.row.received_at);
  result.channel = channel->first;
  result.platform = pack.platform();
  result.pack = pack.version();
  result.pack_hash = pack.hash();
  auto reading = read(result.row, adapter);
  if (!reading) {
    result.error = reading.error().detail;
    return result;
  }
  if (reading->pack != nullptr) {
    result.pack = reading->pack->version();
    result.pack_hash = reading->pack->hash();
    // A pack lives as long as its adapter.
    result.reader = {channel->second.adapter, reading->pack};
  }
  result.events = std::move(reading->events);
  result.next_page = std::move(reading->next_page);
  if (const auto& shadow = channel->second.shadow) {
    result.shadow = read_along(result, *shadow);
  }
  for (Event& event : result.events) {
    name_interactions(event);
    name_notices(event);
    bound_times(event, result.row.received_at);
  }
  return result;
}

Result<void> complete_lists(ReadRow& row, const adapters::ChannelMap& channels,
                            store::Store& store) {
  if (row.row.kind != store::RowKind::answer) return {};
  if (!row.next_page.empty()) {
    each_listed(row.events, [](Fact& fact) { fact.complete.reset(); });
    return {};
  }
  if (row.row.page.empty()) return {};
  auto earlier = store.answers_of_run(row.row.channel, row.row.run);
  if (!earlier) return fail(earlier.error().code, earlier.error().detail);
  Json listed = Json::array();
  for (store::InboxRow& page : *earlier) {
    if (page.seq >= row.row.seq) continue;
    ReadRow read_page = read_row(std::move(page), channels);
    each_listed(read_page.events, [&](const Fact& fact) {
      const Role other = fact.kind == models::FactKind::member ? Role::party : Role::staff;
      if (const models::Identity* named = fact.primary(other)) listed.push_back(named->value);
    });
  }
  bool told = false;
  each_listed(row.events, [&](Fact& fact) {
    if (!std::exchange(told, true)) fact.fields["also_listed"] = listed;
  });
  return {};
}

store::RowMark mark_of(const ReadRow& row, Time now) {
  store::RowMark mark;
  mark.seq = row.row.seq;
  mark.pack = row.pack;
  mark.worked_at = now;
  mark.expected = row.row.status;
  if (!row.error.empty()) {
    mark.status = row.held ? store::RowStatus::held : store::RowStatus::dead;
    mark.error = row.error;
    return mark;
  }
  const auto has = [&](Event::Status status) {
    return std::ranges::any_of(row.events,
                               [&](const Event& event) { return event.status == status; });
  };
  mark.status = store::RowStatus::normalized;
  if (!row.events.empty() && !has(Event::Status::mapped)) mark.status = store::RowStatus::none;
  // What is known of it is stated; the rest waits for a pack that knows it.
  const bool is_partly_known = std::ranges::any_of(row.events, [](const Event& event) {
    return std::ranges::any_of(event.drift, [](const models::Drift& drift) {
      return drift.kind == models::Drift::Kind::unknown_value ||
             drift.kind == models::Drift::Kind::variant ||
             drift.kind == models::Drift::Kind::silent ||
             drift.kind == models::Drift::Kind::retyped;
    });
  });
  if (has(Event::Status::unmapped) || is_partly_known) mark.status = store::RowStatus::unmapped;
  if (!row.events.empty()) {
    mark.event = row.events.front().name;
    mark.event_at = row.events.front().at;
  }
  return mark;
}

}  // namespace guanxi::pipeline
