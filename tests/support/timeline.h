// Interactions in the store, without the pipeline.
#pragma once

#include <string>
#include <utility>

#include "gateway/store/store.h"

namespace guanxi::tests {

struct Said {
  std::string id;
  Time at{};
  std::int64_t seq = 0;  // the row that says it; another one each time
  models::Json content;
};

// Has a row state one interaction of a party, whom the customer holds. Answers the interaction as
// the timeline shows it.
inline models::Interaction say(const store::Store& store, store::TenantId tenant,
                               store::Batch& batch, const models::Identity& party,
                               const Uuid& customer, const Said& said) {
  const store::Key subject = store.key_of(tenant, party);
  batch.identities.push_back({tenant, subject, party, customer});
  models::Fact fact;
  fact.kind = models::FactKind::interaction;
  fact.rule = "said";
  fact.at = said.at;
  fact.names = {{models::Role::party, party}};
  fact.fields = {
      {"type", "message"}, {"id", said.id}, {"direction", "inbound"}, {"content", said.content}};
  const models::Source source{"wecom", "acme", said.seq, "2024-01-01", "hash", said.at, false};
  const auto id = store.interaction_id(tenant, fact);
  batch.interactions.push_back(
      {tenant, customer, subject, id->first, said.seq, 0, said.at, id->second});
  models::Interaction shown = models::interaction_of(fact, source);
  batch.facts.push_back({tenant, subject, source, {std::move(fact)}});
  return shown;
}

}  // namespace guanxi::tests
