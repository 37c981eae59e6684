#include <algorithm>
#include <compare>
#include <map>

#include "crypto/digest.h"
#include "gateway/store/sql/known.h"
#include "gateway/store/sql/pages.h"
#include "gateway/store/sql/rows.h"
#include "gateway/store/sql/sql_store.h"

namespace guanxi::store::sql {
namespace {

// Where an interaction stands: a fact of a row, in the order of the timeline.
struct Place {
  std::int64_t at = INT64_MAX;
  std::int64_t seq = INT64_MAX;
  std::int64_t part = INT64_MAX;
  Key subject{};

  auto operator<=>(const Place&) const = default;
};

std::string text_of(const Place& place) {
  const auto& subject = place.subject;
  return std::to_string(place.at) + "." + std::to_string(place.seq) + "." +
         std::to_string(place.part) + "." +
         crypto::to_hex({reinterpret_cast<const char*>(subject.data()), subject.size()});
}

// The start for an empty text; nothing for what text_of() did not write.
std::optional<Place> place_from(std::string_view text) {
  if (text.empty()) return Place{};
  Place place;
  for (std::int64_t* number : {&place.at, &place.seq, &place.part}) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto read = whole_number(text.substr(0, dot));
    if (!read) return std::nullopt;
    *number = *read;
    text.remove_prefix(dot + 1);
  }
  const auto bytes = crypto::from_hex(text);
  if (!bytes || bytes->size() != place.subject.size()) return std::nullopt;
  std::ranges::copy(*bytes, place.subject.begin());
  return place;
}

// The newest `limit` interactions of one subject that stand before a place.
void add_places(Connection& connection, const Key& subject, const Place& before, std::size_t limit,
                std::vector<Place>& places) {
  // Of two subjects at one place the greater comes first.
  const std::int64_t part =
      subject < before.subject && before.part < INT64_MAX ? before.part + 1 : before.part;
  Cells values;
  values.id(subject).number(kShown).number(before.at).number(before.at).number(before.seq);
  values.number(before.seq).number(part).number(static_cast<std::int64_t>(limit));
  connection.query(
      "SELECT at, seq, part FROM history WHERE subject = ? AND mark = ? AND at <= ? AND (at < ? OR"
      " seq < ? OR (seq = ? AND part < ?)) ORDER BY at DESC, seq DESC, part DESC LIMIT ?",
      values, [&](const Row& row) {
        places.push_back({row.number(0), row.number(1), row.number(2), subject});
      });
}

// Of all identities of the customer, newest first.
std::vector<Place> places_of(Connection& connection, TenantId tenant, const Uuid& customer,
                             const Place& before, std::size_t limit) {
  std::vector<Key> subjects;
  connection.query("SELECT id FROM identity WHERE customer_id = ? AND tenant_id = ?",
                   Cells().id(customer.bytes).number(tenant).values(),
                   [&](const Row& row) { subjects.push_back(key_at(row, 0)); });
  std::vector<Place> places;
  for (const Key& subject : subjects) add_places(connection, subject, before, limit, places);
  std::ranges::sort(places, std::greater{});
  if (places.size() > limit) places.resize(limit);
  return places;
}

using FactsByPlace = std::map<std::pair<std::int64_t, Key>, SubjectFacts>;

FactsByPlace facts_at_places(Connection& connection, const Vault& vault, TenantId tenant,
                             const std::vector<Place>& places) {
  Cells pairs;
  for (const Place& place : places) pairs.id(place.subject).number(place.seq);
  FactsByPlace facts;
  query_pairs(connection, "fact", "t.subject, t.body, t.tenant_id", {"subject", "seq"}, pairs,
              [&](const Row& row) {
                if (row.number(2) != tenant) return;
                SubjectFacts found = facts_at(vault, tenant, row);
                const std::pair key(found.source.seq, found.subject);
                facts.emplace(key, std::move(found));
              });
  return facts;
}

}  // namespace

Result<TimelinePage> SqlStore::timeline(TenantId tenant, const Uuid& customer, std::size_t limit,
                                        std::string_view after) {
  limit = std::clamp<std::size_t>(limit, 1, kPageMax);
  const auto before = place_from(after);
  if (!before) return bad_position();
  return reading([&](Connection& connection) -> Result<TimelinePage> {
    auto places = places_of(connection, tenant, customer, *before, limit + 1);
    TimelinePage page;
    if (places.size() > limit) {
      places.pop_back();
      page.next = text_of(places.back());
    }
    const auto facts = facts_at_places(connection, vault_, tenant, places);
    for (const Place& place : places) {
      const auto found = facts.find({place.seq, place.subject});
      const auto part = static_cast<std::size_t>(place.part);
      if (found == facts.end() || part >= found->second.facts.size()) fail_reading("history");
      const models::Fact& fact = found->second.facts[part];
      auto id = interaction_id(tenant, fact);
      if (!id) fail_reading("history");
      page.interactions.push_back(models::interaction_of(fact, found->second.source));
      page.interactions.back().id = std::move(id->second);
    }
    return page;
  });
}

}  // namespace guanxi::store::sql
