#include "models/state.h"

#include <algorithm>

namespace guanxi::models::state {

std::size_t SourceTable::index_of(const Source& source) {
  const auto found = std::ranges::find(sources_, source);
  if (found != sources_.end()) return static_cast<std::size_t>(found - sources_.begin());
  sources_.push_back(source);
  return sources_.size() - 1;
}

Json SourceTable::place_of(const std::optional<Source>& source) {
  return source ? Json(index_of(*source)) : Json();
}

Json SourceTable::to_json() const {
  Json rows = Json::array();
  for (const Source& source : sources_) rows.push_back(source_to(source));
  return rows;
}

Json source_to(const Source& source) {
  return list_of(source.platform, source.channel, source.seq, source.pack, to_ms(source.at),
                 source.from_answer);
}

std::vector<Source> sources_from(const Json& json) {
  std::vector<Source> sources;
  sources.reserve(json.size());
  for (const Json& row : json) {
    sources.push_back({row.at(0).get<std::string>(),
                       row.at(1).get<std::string>(),
                       row.at(2).get<std::int64_t>(),
                       row.at(3).get<std::string>(),
                       {},
                       from_ms(row.at(4).get<std::int64_t>()),
                       row.at(5).get<bool>()});
  }
  return sources;
}

std::optional<Source> source_at(const std::vector<Source>& sources, const Json& place) {
  if (place.is_null()) return std::nullopt;
  return sources.at(place.get<std::size_t>());
}

Json fields_to(const Fields& fields, SourceTable& sources) {
  Json object = Json::object();
  for (const auto& [name, field] : fields) {
    Json rows = Json::array();
    for (const Candidate& candidate : field.candidates()) {
      Json row = list_of(candidate.value, sources.index_of(candidate.source));
      // Nearly always as usual, and then not worth writing.
      if (candidate.rank != SourceOrder::kPlatform || candidate.unproven) {
        row.push_back(candidate.rank);
      }
      if (candidate.unproven) row.push_back(1);
      rows.push_back(std::move(row));
    }
    object[name] = std::move(rows);
  }
  return object;
}

Fields fields_from(const Json& json, const std::vector<Source>& sources) {
  Fields fields;
  for (const auto& [name, rows] : json.items()) {
    std::vector<Candidate> candidates;
    candidates.reserve(rows.size());
    for (const Json& row : rows) {
      Candidate& candidate =
          candidates.emplace_back(Candidate{row.at(0), sources.at(row.at(1).get<std::size_t>())});
      if (row.size() > 2) candidate.rank = row.at(2).get<std::uint8_t>();
      candidate.unproven = row.size() > 3;
    }
    fields.emplace_hint(fields.end(), name, Field(std::move(candidates)));
  }
  return fields;
}

Json identity_to(const Identity& identity) {
  return list_of(identity.kind, identity.name_space, identity.scope, identity.value,
                 static_cast<int>(identity.side));
}

Identity identity_from(const Json& json) {
  return {json.at(0).get<std::string>(), json.at(1).get<std::string>(),
          json.at(2).get<std::string>(), json.at(3).get<std::string>(),
          static_cast<Side>(json.at(4).get<int>())};
}

Json time_to(const std::optional<Time>& time) { return time ? Json(to_ms(*time)) : Json(nullptr); }

std::optional<Time> time_from(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return from_ms(json.get<std::int64_t>());
}

}  // namespace guanxi::models::state
