#include "gateway/pipeline/shadow.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>

namespace guanxi::pipeline {
namespace {

using models::Event;
using models::Fact;
using models::Json;

// A report tells what changed, not all that changed: a pack that differs everywhere fills no store.
constexpr std::size_t kMostLines = 500;
constexpr Milliseconds kBetweenWrites{2'000};

// What makes two facts statements of one thing.
using Subject =
    std::tuple<models::FactKind, std::vector<std::tuple<int, std::string, std::string>>>;

Subject subject_of(const Fact& fact) {
  Subject subject{fact.kind, {}};
  for (const models::Named& named : fact.names) {
    std::get<1>(subject).emplace_back(static_cast<int>(named.role), named.identity.name_space,
                                      named.identity.value);
  }
  std::ranges::sort(std::get<1>(subject));
  return subject;
}

Json fields_of(const Fact& fact) {
  Json fields = fact.fields;
  fields.erase("event_id");
  fields["at"] = to_ms(fact.at);
  fields["trust"] = models::trust_text(fact.trust);
  fields["complete"] = fact.complete.has_value();
  return fields;
}

// A field's name as rules write it; what follows a label that somebody chose is left out.
std::string shown_name(const std::string& name) {
  constexpr std::size_t kLongest = 64;
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
  };
  const auto end = std::ranges::find_if_not(name, is_word);
  const auto size = std::min(static_cast<std::size_t>(end - name.begin()), kLongest);
  return size == name.size() ? name : name.substr(0, size) + "…";
}

class Comparison {
 public:
  void compare(const Event& active, const Event& candidate) {
    if (active.name != candidate.name) say("named otherwise");
    if (active.status != candidate.status) say("status");
    compare_facts(active.facts, candidate.facts);
    compare_calls(active, candidate);
    compare_drift(active, candidate);
  }

  void say(std::string line) { lines_.insert(std::move(line)); }

  std::vector<std::string> lines() && { return {lines_.begin(), lines_.end()}; }

 private:
  void compare_facts(const std::vector<Fact>& active, const std::vector<Fact>& candidate) {
    std::multimap<Subject, const Fact*> left;
    for (const Fact& fact : active) left.emplace(subject_of(fact), &fact);
    for (const Fact& fact : candidate) {
      const std::string kind(models::fact_kind_text(fact.kind));
      const auto [first, last] = left.equal_range(subject_of(fact));
      auto equal = std::find_if(first, last, [&](const auto& entry) {
        return fields_of(*entry.second) == fields_of(fact);
      });
      if (equal == last) equal = first;
      if (equal == last) {
        say(kind + ": only with the candidate");
        continue;
      }
      compare_fields(kind, fields_of(*equal->second), fields_of(fact), "");
      left.erase(equal);
    }
    for (const auto& [subject, fact] : left) {
      say(std::string(models::fact_kind_text(fact->kind)) + ": not with the candidate");
    }
  }

  void compare_fields(const std::string& kind, const Json& active, const Json& candidate,
                      const std::string& place) {
    if (active == candidate) return;
    if (!active.is_object() || !candidate.is_object()) {
      say(kind + ' ' + place + ": another value");
      return;
    }
    const auto place_of = [&](const std::string& name) { return place + '/' + shown_name(name); };
    for (const auto& [name, value] : active.items()) {
      const auto other = candidate.find(name);
      if (other == candidate.end()) {
        say(kind + ' ' + place_of(name) + ": not with the candidate");
      } else {
        compare_fields(kind, value, *other, place_of(name));
      }
    }
    for (const auto& [name, value] : candidate.items()) {
      if (active.contains(name)) continue;
      say(kind + ' ' + place_of(name) + ": only with the candidate");
    }
  }

  void compare_calls(const Event& active, const Event& candidate) {
    const auto wants = [](const Event& event, const models::WantedCall& call) {
      return std::ranges::find(event.calls, call) != event.calls.end();
    };
    for (const auto& call : active.calls) {
      if (!wants(candidate, call)) say("call " + call.call + ": not so with the candidate");
    }
    for (const auto& call : candidate.calls) {
      if (!wants(active, call)) say("call " + call.call + ": so only with the candidate");
    }
  }

  void compare_drift(const Event& active, const Event& candidate) {
    const auto notices = [](const Event& event, const models::Drift& drift) {
      return std::ranges::any_of(event.drift, [&](const models::Drift& other) {
        return other.kind == drift.kind && other.pointer == drift.pointer;
      });
    };
    const auto text = [](const models::Drift& drift) {
      return "drift " + std::string(models::drift_kind_text(drift.kind)) + ' ' + drift.pointer;
    };
    for (const auto& drift : active.drift) {
      if (!notices(candidate, drift)) say(text(drift) + ": not with the candidate");
    }
    for (const auto& drift : candidate.drift) {
      if (!notices(active, drift)) say(text(drift) + ": only with the candidate");
    }
  }

  std::set<std::string> lines_;
};

}  // namespace

std::vector<std::string> differences(const std::vector<Event>& active,
                                     const std::vector<Event>& candidate) {
  if (active == candidate) return {};
  Comparison comparison;
  for (std::size_t i = 0; i < std::min(active.size(), candidate.size()); ++i) {
    comparison.compare(active[i], candidate[i]);
  }
  if (active.size() != candidate.size()) comparison.say("another number of events");
  return std::move(comparison).lines();
}

void ShadowReport::add(const ShadowReading& reading, std::int64_t seq) {
  ++rows;
  if (reading.unreadable) ++unreadable;
  if (reading.differences.empty()) return;
  ++differing;
  for (const std::string& difference : reading.differences) {
    const std::pair key{reading.event, difference};
    const auto known = lines.find(key);
    if (known == lines.end() && lines.size() >= kMostLines) continue;
    Line& line = known == lines.end() ? lines[key] : known->second;
    if (line.count++ == 0) line.first_seq = seq;
    line.last_seq = seq;
  }
}

Json report_json(const ShadowReport& report) {
  Json lines = Json::array();
  for (const auto& [key, line] : report.lines) {
    lines.push_back({{"event", key.first},
                     {"difference", key.second},
                     {"count", line.count},
                     {"first_seq", line.first_seq},
                     {"last_seq", line.last_seq}});
  }
  return {{"rows", report.rows},
          {"differing", report.differing},
          {"unreadable", report.unreadable},
          {"differences", std::move(lines)}};
}

ShadowReport shadow_report_from(const Json& json) {
  ShadowReport report;
  if (!json.is_object()) return report;
  report.rows = json.value("rows", std::int64_t{0});
  report.differing = json.value("differing", std::int64_t{0});
  report.unreadable = json.value("unreadable", std::int64_t{0});
  for (const Json& line : json.value("differences", Json::array())) {
    report.lines[{line.value("event", ""), line.value("difference", "")}] = {
        line.value("count", std::int64_t{0}), line.value("first_seq", std::int64_t{0}),
        line.value("last_seq", std::int64_t{0})};
  }
  return report;
}

std::string shadow_note(store::ChannelId channel, std::string_view version) {
  return "shadow " + std::to_string(channel) + ' ' + std::string(version);
}

void ShadowBook::add(store::ChannelId channel, const ShadowReading& reading, std::int64_t seq) {
  Page& page = pages_[{channel, reading.version}];
  page.changed = true;
  page.report.add(reading, seq);
}

Result<void> ShadowBook::write(store::Store& store, Time now, bool now_or_never) {
  if (pages_.empty() || (!now_or_never && now < written_at_ + kBetweenWrites)) return {};
  written_at_ = now;
  for (auto& [key, page] : pages_) {
    if (!page.changed) continue;
    const std::string name = shadow_note(key.first, key.second);
    // What an earlier process counted, and what was cleared meanwhile.
    const auto stored = store.note(name);
    if (!stored) return tl::unexpected(stored.error());
    ShadowReport report = shadow_report_from(Json::parse(*stored, nullptr, false));
    report.rows += page.report.rows;
    report.differing += page.report.differing;
    report.unreadable += page.report.unreadable;
    for (const auto& [line_key, line] : page.report.lines) {
      const auto known = report.lines.find(line_key);
      if (known == report.lines.end() && report.lines.size() >= kMostLines) continue;
      ShadowReport::Line& sum = report.lines[line_key];
      if (sum.count == 0) sum.first_seq = line.first_seq;
      sum.count += line.count;
      sum.last_seq = line.last_seq;
    }
    if (auto written = store.set_note(name, report_json(report).dump()); !written) return written;
    page = {};
  }
  return {};
}

}  // namespace guanxi::pipeline
