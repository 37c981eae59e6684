#include "gateway/pipeline/eraser.h"

#include <algorithm>
#include <set>
#include <utility>

#include "gateway/pipeline/redaction.h"
#include "gateway/pipeline/working_set.h"

namespace guanxi::pipeline {
namespace {

using models::Fact;
using models::Identity;
using models::Json;
using store::Key;

constexpr int kAttempts = 100;
constexpr std::size_t kPage = 256;

// What a row stated, as if it were read again.
ReadRow row_from(const store::InboxRow& row, const std::vector<store::SubjectFacts>& facts) {
  ReadRow read;
  read.row = row;
  read.pack = row.pack;
  models::Event event;
  event.name = row.event;
  if (row.status == store::RowStatus::unmapped) event.status = models::Event::Status::unmapped;
  if (row.status == store::RowStatus::none) event.status = models::Event::Status::none;
  event.at = row.event_at.value_or(row.received_at);
  for (const store::SubjectFacts& subject : facts) {
    if (subject.source.seq != row.seq) continue;
    read.channel = subject.source.channel;
    read.platform = subject.source.platform;
    read.pack_hash = subject.source.pack_hash;
    event.at = subject.source.at;
    for (const Fact& fact : subject.facts) {
      // A fact of a thing and of a person is filed under both.
      if (std::ranges::find(event.facts, fact) == event.facts.end()) event.facts.push_back(fact);
    }
  }
  read.events.push_back(std::move(event));
  return read;
}

void add_texts_of(const models::Customer& customer, std::set<std::string>& texts) {
  const auto add = [&](const models::Fields& fields) {
    for (const auto& [name, field] : fields) {
      for (const models::Candidate& candidate : field.candidates()) {
        add_texts(candidate.value, texts);
      }
    }
  };
  add(customer.fields);
}

}  // namespace

struct Eraser::Plan {
  store::TenantId tenant = 0;
  models::Customer customer;
  Erasing erasing;
  std::vector<store::InboxRow> rows;
  std::vector<store::SubjectFacts> facts;
  std::int64_t scanned = 0;  // rows that no pack could read, looked through by value
};

Eraser::Eraser(store::Store& store, Clock clock, Randomness randomness, std::string holder,
               identity::Policy policy, models::Survivorship survivorship)
    : store_(store),
      clock_(std::move(clock)),
      randomness_(std::move(randomness)),
      holder_(std::move(holder)),
      policy_(std::move(policy)),
      survivorship_(std::move(survivorship)) {}

Result<void> Eraser::find_rows(Plan& plan) {
  const std::vector<Key> keys(plan.erasing.identities.begin(), plan.erasing.identities.end());
  const auto naming = store_.rows_naming(plan.tenant, keys);
  if (!naming) return tl::unexpected(naming.error());
  std::vector<std::int64_t> seqs;
  for (const auto& [seq, named] : *naming) {
    auto row = store_.event(plan.tenant, seq);
    if (!row) return tl::unexpected(std::move(row.error()));
    if (!*row) continue;
    seqs.push_back(seq);
    plan.rows.push_back(*std::move(*row));
  }
  auto facts = store_.facts_of_rows(plan.tenant, seqs);
  if (!facts) return tl::unexpected(std::move(facts.error()));
  plan.facts = *std::move(facts);
  for (const store::SubjectFacts& subject : plan.facts) {
    for (const Fact& fact : subject.facts) {
      const bool is_hers = std::ranges::any_of(identities_of(fact), [&](const Identity& named) {
        return plan.erasing.identities.contains(store_.key_of(plan.tenant, named));
      });
      if (is_hers) add_texts(fact, plan.erasing.texts);
    }
  }
  return {};
}

// Rows that no pack could read may name her where nobody knows it.
Result<void> Eraser::find_unmapped(Plan& plan) {
  std::vector<std::string> ids;
  for (const models::CustomerIdentity& held : plan.customer.identities) {
    ids.push_back(held.identity.value);
  }
  std::set<std::int64_t> known;
  for (const store::InboxRow& row : plan.rows) known.insert(row.seq);
  store::StoredQuery query;
  query.tenant = plan.tenant;
  query.statuses = {store::RowStatus::unmapped, store::RowStatus::dead, store::RowStatus::none};
  query.limit = kPage;
  while (true) {
    auto page = store_.stored(query);
    if (!page) return tl::unexpected(std::move(page.error()));
    if (page->empty()) return {};
    query.after = page->back().seq;
    for (store::InboxRow& row : *page) {
      ++plan.scanned;
      const bool names_her = std::ranges::any_of(
          ids, [&](const std::string& id) { return row.bytes.find(id) != std::string::npos; });
      if (names_her && known.insert(row.seq).second) plan.rows.push_back(std::move(row));
    }
  }
}

// Phones and e-mails that only she has are emptied too; those that others have stay theirs.
Result<void> Eraser::find_values(Plan& plan) {
  std::set<Identity> contacts;
  for (const store::SubjectFacts& subject : plan.facts) {
    for (const Fact& fact : subject.facts) {
      const auto named = identities_of(fact);
      const bool is_hers = std::ranges::any_of(named, [&](const Identity& identity) {
        return plan.erasing.identities.contains(store_.key_of(plan.tenant, identity));
      });
      if (!is_hers) continue;
      for (const Identity& identity : named) {
        if (models::is_contact(identity)) contacts.insert(identity);
        const bool is_her_lead = identity.side == models::Side::lead && identity == *fact.subject();
        if (is_her_lead)
          plan.erasing.erasure.identities.push_back(store_.key_of(plan.tenant, identity));
      }
    }
  }
  for (const models::CustomerIdentity& held : plan.customer.identities) {
    if (models::is_contact(held.identity)) {
      contacts.insert(held.identity);
    } else {
      plan.erasing.erasure.identities.push_back(store_.key_of(plan.tenant, held.identity));
    }
  }
  for (const Identity& contact : contacts) {
    const Key key = store_.key_of(plan.tenant, contact);
    const auto evidence = store_.evidence_of(plan.tenant, std::span(&key, 1), {});
    if (!evidence) return tl::unexpected(evidence.error());
    const auto row = store_.identities(std::span(&key, 1));
    if (!row) return tl::unexpected(row.error());
    const bool is_held_by_others =
        std::ranges::any_of(*row, [&](const store::KnownIdentity& known) {
          return !known.customer.is_nil() && known.customer != plan.customer.id;
        });
    const bool is_stated_by_others =
        std::ranges::any_of(*evidence, [&](const store::EvidenceSum& sum) {
          return !plan.erasing.identities.contains(sum.a == key ? sum.b : sum.a);
        });
    if (!is_held_by_others && !is_stated_by_others) {
      plan.erasing.erasure.identities.push_back(key);
    }
  }
  auto& keys = plan.erasing.erasure.identities;
  std::ranges::sort(keys);
  const auto repeated = std::ranges::unique(keys);
  keys.erase(repeated.begin(), repeated.end());
  return {};
}

Result<Eraser::Plan> Eraser::plan(store::TenantId tenant, const Uuid& id) {
  Plan plan;
  plan.tenant = tenant;
  auto found = store_.customers(tenant, std::span(&id, 1));
  if (!found) return tl::unexpected(std::move(found.error()));
  if (found->empty()) return fail(ErrorCode::not_found, "no customer has this id");
  plan.customer = std::move(found->front());
  for (const models::CustomerIdentity& held : plan.customer.identities) {
    const Key key = store_.key_of(tenant, held.identity);
    add_texts(Json(held.identity.value), plan.erasing.texts);
    if (!models::is_contact(held.identity)) plan.erasing.identities.insert(key);
  }
  // Of somebody who is known by a phone alone, that is all there is.
  if (plan.erasing.identities.empty()) {
    for (const models::CustomerIdentity& held : plan.customer.identities) {
      plan.erasing.identities.insert(store_.key_of(tenant, held.identity));
    }
  }
  add_texts_of(plan.customer, plan.erasing.texts);
  if (auto done = find_rows(plan); !done) return tl::unexpected(std::move(done.error()));
  if (auto done = find_unmapped(plan); !done) return tl::unexpected(std::move(done.error()));
  if (auto done = find_values(plan); !done) return tl::unexpected(std::move(done.error()));
  return plan;
}

Result<Json> Eraser::erase(store::TenantId tenant, const Uuid& customer, bool dry_run) {
  const std::lock_guard lock(turn_);
  WorkTurn turn(store_, holder_, clock_);
  if (auto taken = turn.take(); !taken) return tl::unexpected(std::move(taken.error()));
  for (int attempt = 1;; ++attempt) {
    auto planned = plan(tenant, customer);
    if (!planned) return tl::unexpected(std::move(planned.error()));
    const Time now = clock_();
    store::Erasure& erasure = planned->erasing.erasure;
    erasure.id = make_uuid(now, randomness_);
    erasure.tenant = tenant;
    erasure.customer = customer;
    erasure.at = now;
    std::vector<ReadRow> rows;
    for (const store::InboxRow& row : planned->rows) {
      rows.push_back(row_from(row, planned->facts));
    }
    Json receipt{{"id", format_uuid(erasure.id)},
                 {"customer", format_uuid(customer)},
                 {"at", format_time(now)},
                 {"dry_run", dry_run},
                 {"erased",
                  {{"identities", erasure.identities.size()},
                   {"events", planned->rows.size()},
                   {"fields", planned->customer.fields.size()},
                   {"relations", planned->customer.relations.size()}}},
                 {"looked_through", planned->scanned},
                 {"kept",
                  {"keyed hashes of the identities with the time of the erasure",
                   "backups of the database made before, until they are deleted",
                   "binary logs of a database server, until they expire",
                   "what subscribers have read; customer.erased tells them"}}};
    erasure.receipt = receipt.dump();
    ComposeContext context{store_,
                           [&] { return make_uuid(now, randomness_); },
                           now,
                           Replaying{},
                           &policy_,
                           &survivorship_,
                           &planned->erasing};
    auto composed = compose(rows, context);
    if (!composed) return tl::unexpected(std::move(composed.error()));
    if (dry_run) return receipt;
    const auto written = store_.write(composed->batch);
    if (written) return receipt;
    const bool again = written.error().code == ErrorCode::conflict && attempt < kAttempts;
    if (!again) return tl::unexpected(written.error());
  }
}

}  // namespace guanxi::pipeline
