#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "gateway/store/sql/batch_write.h"
#include "gateway/store/sql/known.h"
#include "gateway/store/sql/rows.h"
#include "gateway/store/sql/sql_store.h"

namespace guanxi::store::sql {
namespace {

constexpr Insert kInsertHistory{"INSERT INTO history (subject, mark, at, seq, part)", 5,
                                "{keep:mark}"};
constexpr std::string_view kInteractionCreated = "interaction.created";

using Marked = std::pair<Key, std::int64_t>;  // a subject and a mark

// Equal for what has the same key; neither kShown nor kNotShown.
std::int64_t mark_of(const Key& key) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof bits; ++i) bits = bits << 8 | key[i];
  return static_cast<std::int64_t>(std::max<std::uint64_t>(bits >> 1, kNotShown + 1));
}

// In the order of the index, whose pages then come one after another.
struct Entry {
  Key subject{};
  std::int64_t mark = 0;
  std::int64_t at = 0;
  std::int64_t seq = 0;
  std::int64_t part = 0;

  auto operator<=>(const Entry&) const = default;
};

std::set<Marked> marks_in_store(Connection& connection,
                                std::span<const NewInteraction> interactions,
                                std::span<const std::int64_t> except) {
  std::set<Marked> wanted;
  for (const NewInteraction& entry : interactions) {
    wanted.emplace(entry.subject, mark_of(entry.key));
  }
  Cells pairs;
  for (const auto& [subject, mark] : wanted) pairs.id(subject).number(mark);
  std::set<Marked> known;
  query_pairs(connection, "history", "t.subject, t.mark, t.seq", {"subject", "mark"}, pairs,
              [&](const Row& row) {
                if (std::ranges::find(except, row.number(2)) != except.end()) return;
                known.emplace(key_at(row, 0), row.number(1));
              });
  return known;
}

}  // namespace

Result<std::vector<bool>> SqlStore::known_interactions(std::span<const NewInteraction> interactions,
                                                       std::span<const std::int64_t> except) {
  if (interactions.empty()) return std::vector<bool>{};
  return reading([&](Connection& connection) -> Result<std::vector<bool>> {
    const std::set<Marked> known = marks_in_store(connection, interactions, except);
    std::vector<bool> answers;
    for (const NewInteraction& entry : interactions) {
      answers.push_back(known.contains({entry.subject, mark_of(entry.key)}));
    }
    return answers;
  });
}

std::vector<const NewChange*> BatchWrite::put_history(Connection& connection) const {
  std::set<Marked> known = marks_in_store(connection, batch_.interactions, {});
  // How often each interaction of the batch is to be announced.
  std::map<std::tuple<TenantId, Uuid, std::string_view>, int> news;
  std::set<std::pair<Key, std::int64_t>> shown;  // facts by subject and row
  std::set<Entry> entries;
  for (const NewInteraction& entry : batch_.interactions) {
    int& count = news[{entry.tenant, entry.customer, entry.id}];
    const std::int64_t mark = mark_of(entry.key);
    if (!known.emplace(entry.subject, mark).second) continue;
    ++count;
    shown.emplace(entry.subject, entry.seq);
    const auto part = static_cast<std::int64_t>(entry.part);
    entries.insert({entry.subject, kShown, to_ms(entry.at), entry.seq, part});
    entries.insert({entry.subject, mark, to_ms(entry.at), entry.seq, part});
  }
  for (const SubjectFacts& entry : batch_.facts) {
    const std::int64_t seq = entry.source.seq;
    if (shown.contains({entry.subject, seq})) continue;
    entries.insert({entry.subject, kNotShown, to_ms(entry.source.at), seq, 0});
  }
  Cells rows;
  for (const Entry& entry : entries) {
    rows.id(entry.subject).number(entry.mark).number(entry.at).number(entry.seq).number(entry.part);
  }
  connection.insert(kInsertHistory, rows);
  std::vector<const NewChange*> changes;
  for (const NewChange& change : batch_.changes) {
    const auto found = change.type == kInteractionCreated
                           ? news.find({change.tenant, change.customer, change.object_id})
                           : news.end();
    if (found == news.end() || found->second-- > 0) changes.push_back(&change);
  }
  return changes;
}

void BatchWrite::retract(Connection& connection) const {
  std::vector<Value> seqs;
  for (const SubjectFacts& entry : batch_.retracted) {
    seqs.emplace_back(entry.source.seq);
    connection.execute("DELETE FROM history WHERE subject = ? AND seq = ?",
                       Cells().id(entry.subject).number(entry.source.seq).values());
  }
  for (const Evidence& entry : batch_.withdrawn) {
    connection.execute("DELETE FROM evidence WHERE a = ? AND b = ? AND seq = ?",
                       Cells().id(entry.a).id(entry.b).number(entry.seq).values());
  }
  execute_in(connection, "DELETE FROM fact WHERE seq IN", {}, seqs, "");
  execute_in(connection, "DELETE FROM inbox_identity WHERE seq IN", {}, seqs, "");
}

}  // namespace guanxi::store::sql
