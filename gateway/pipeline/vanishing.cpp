#include "gateway/pipeline/vanishing.h"

#include <algorithm>

namespace guanxi::pipeline {
namespace {

using models::Drift;
using models::Event;
using models::Json;

constexpr Milliseconds kBetweenWrites{30'000};
constexpr std::string_view kElement = "/*";

std::string note_name(store::ChannelId channel) { return "fields " + std::to_string(channel); }

// Bits as hex digits, the newest four first; what is only older absences is left out.
template <std::size_t N>
std::string hex_of(const std::bitset<N>& bits) {
  std::string text;
  for (std::size_t i = 0; i < N; i += 4) {
    unsigned digit = 0;
    for (std::size_t j = i; j < std::min(i + 4, N); ++j) digit |= bits[j] ? 1U << (j - i) : 0U;
    text += "0123456789abcdef"[digit];
  }
  text.resize(text.find_last_not_of('0') + 1);
  return text;
}

template <std::size_t N>
std::bitset<N> bits_of(std::string_view hex) {
  std::bitset<N> bits;
  for (std::size_t i = 0; i < std::min(hex.size() * 4, N); ++i) {
    const std::size_t digit = std::string_view("0123456789abcdef").find(hex[i / 4]);
    bits[i] = digit != std::string_view::npos && (digit >> (i % 4) & 1U) != 0;
  }
  return bits;
}

// A part of an event's name that no rule knows makes it another event, of which is told already.
bool is_counted(const Event& event) {
  return event.status == Event::Status::mapped && !event.present.empty() &&
         std::ranges::none_of(
             event.drift, [](const Drift& drift) { return drift.kind == Drift::Kind::variant; });
}

}  // namespace

std::vector<std::string> FieldHistory::add(std::span<const std::string> present) {
  events_ = std::min(events_ + 1, kBefore + kNow);
  for (auto& [field, past] : fields_) past <<= 1;
  for (const std::string& field : present) {
    auto known = fields_.find(field);
    if (known == fields_.end()) {
      if (fields_.size() >= kMostFields) continue;
      known = fields_.emplace(field, Past{}).first;
    }
    known->second.set(0);
  }
  std::vector<std::string> vanished;
  for (const auto& [field, past] : fields_) {
    if (has_vanished(field, past)) vanished.push_back(field);
  }
  std::erase_if(fields_, [&](const auto& entry) {
    return entry.second.none() || std::ranges::any_of(vanished, [&](const std::string& field) {
             return entry.first == field || entry.first.starts_with(field + '/');
           });
  });
  std::ranges::sort(vanished);
  return vanished;
}

bool FieldHistory::has_vanished(const std::string& field, const Past& past) const {
  if (!is_gone(past) || events_ < kBefore + kNow) return false;
  if ((past >> kNow).count() < kNearlyAll || field.ends_with(kElement)) return false;
  const auto around = fields_.find(field.substr(0, field.rfind('/')));
  return around == fields_.end() || !is_gone(around->second);
}

bool FieldHistory::is_gone(const Past& past) {
  static const Past kLast = ~Past{} >> kBefore;
  return (past & kLast).none();
}

Json FieldHistory::state() const {
  Json fields = Json::object();
  for (const auto& [field, past] : fields_) fields[field] = hex_of(past);
  return {{"events", events_}, {"fields", std::move(fields)}};
}

FieldHistory FieldHistory::from(const Json& state) {
  FieldHistory history;
  if (!state.is_object()) return history;
  history.events_ = std::min(state.value("events", std::size_t{0}), kBefore + kNow);
  const Json fields = state.value("fields", Json::object());
  for (const auto& [field, past] : fields.items()) {
    if (!past.is_string() || history.fields_.size() >= kMostFields) continue;
    history.fields_[field] = bits_of<kBefore + kNow>(past.get_ref<const std::string&>());
  }
  return history;
}

std::vector<Drift> FieldBook::add(store::Store& store, const ReadRow& row) {
  std::vector<Drift> found;
  if (row.row.kind != store::RowKind::payload) return found;
  for (const Event& event : row.events) {
    if (!is_counted(event)) continue;
    Page* page = page_of(store, row.row.channel);
    if (page == nullptr) break;
    auto known = page->events.find(event.name);
    if (known == page->events.end()) {
      if (page->events.size() >= kMostEvents) continue;
      known = page->events.emplace(event.name, FieldHistory{}).first;
    }
    page->changed = true;
    for (std::string& field : known->second.add(event.present)) {
      // What the rules do not expect may go.
      if (row.reader == nullptr || !row.reader->knows(event.name, field)) continue;
      found.push_back({Drift::Kind::vanished, event.name, std::move(field), ""});
    }
  }
  return found;
}

FieldBook::Page* FieldBook::page_of(store::Store& store, store::ChannelId channel) {
  const auto known = pages_.find(channel);
  if (known != pages_.end()) return &known->second;
  const auto note = store.note(note_name(channel));
  if (!note) return nullptr;  // better not counted than what is stored overwritten
  Page& page = pages_[channel];
  const Json state = Json::parse(*note, nullptr, false);
  if (!state.is_object()) return &page;
  for (const auto& [event, history] : state.items()) {
    page.events.emplace(event, FieldHistory::from(history));
  }
  return &page;
}

Result<void> FieldBook::write(store::Store& store, Time now, bool now_or_never) {
  if (pages_.empty() || (!now_or_never && now < written_at_ + kBetweenWrites)) return {};
  written_at_ = now;
  for (auto& [channel, page] : pages_) {
    if (!page.changed) continue;
    Json state = Json::object();
    for (const auto& [event, history] : page.events) state[event] = history.state();
    if (auto done = store.set_note(note_name(channel), state.dump()); !done) return done;
    page.changed = false;
  }
  return {};
}

}  // namespace guanxi::pipeline
