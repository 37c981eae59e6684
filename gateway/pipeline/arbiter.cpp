#include "gateway/pipeline/arbiter.h"

#include <algorithm>
#include <utility>

namespace guanxi::pipeline {
namespace {

using models::Customer;
using models::Identity;
using store::DecisionRecord;
using store::Key;

constexpr int kAttempts = 100;

bool holds(const Customer& customer, const Identity& identity) {
  return std::ranges::find(customer.identities, identity, &models::CustomerIdentity::identity) !=
         customer.identities.end();
}

// Who stands for the customer in a decision: ids by which platforms know her; phones and e-mails
// only if there is nothing else, since they may be shared.
std::vector<Identity> names_of(const Customer& customer) {
  std::vector<Identity> strong;
  std::vector<Identity> all;
  for (const models::CustomerIdentity& held : customer.identities) {
    all.push_back(held.identity);
    if (!models::is_contact(held.identity)) strong.push_back(held.identity);
  }
  return strong.empty() ? all : strong;
}

bool are_one_after(const store::Batch& batch, const Uuid& a, const Uuid& b) {
  return std::ranges::any_of(batch.customers, [&](const store::CustomerWrite& write) {
    return (write.customer.id == a && write.merged_into == b) ||
           (write.customer.id == b && write.merged_into == a);
  });
}

}  // namespace

Arbiter::Arbiter(store::Store& store, Clock clock, Randomness randomness, std::string holder,
                 identity::Policy policy, models::Survivorship survivorship)
    : store_(store),
      clock_(std::move(clock)),
      randomness_(std::move(randomness)),
      holder_(std::move(holder)),
      policy_(std::move(policy)),
      survivorship_(std::move(survivorship)) {}

Result<Customer> Arbiter::find(store::TenantId tenant, const Uuid& id) {
  auto found = store_.customers(tenant, std::span(&id, 1));
  if (!found) return tl::unexpected(std::move(found.error()));
  if (!found->empty()) return std::move(found->front());
  const auto merged = store_.merged(tenant, std::span(&id, 1));
  if (!merged) return tl::unexpected(merged.error());
  if (const auto into = merged->find(id); into != merged->end()) {
    return fail(ErrorCode::conflict, "customer " + format_uuid(id) + " was merged into " +
                                         format_uuid(into->second.first));
  }
  return fail(ErrorCode::not_found, "no customer has the id " + format_uuid(id));
}

DecisionRecord Arbiter::decision(const Judge& judge, DecisionRecord::Kind kind) const {
  DecisionRecord record;
  record.tenant = judge.tenant;
  record.kind = kind;
  record.at = clock_();
  record.by = judge.name;
  return record;
}

std::vector<Key> Arbiter::keys_of(store::TenantId tenant, const Customer& customer) const {
  std::vector<Key> keys;
  for (const models::CustomerIdentity& held : customer.identities) {
    keys.push_back(store_.key_of(tenant, held.identity));
  }
  return keys;
}

Result<RulingReport> Arbiter::merge(const Judge& judge, const Uuid& from, const Uuid& into,
                                    bool overrides) {
  if (from == into) {
    return fail(ErrorCode::conflict, "a customer cannot be merged into herself");
  }
  return join(judge, from, into, overrides);
}

Result<RulingReport> Arbiter::join(const Judge& judge, const Uuid& from, const Uuid& into,
                                   bool overrides) {
  const auto one = find(judge.tenant, from);
  if (!one) return tl::unexpected(one.error());
  const auto other = find(judge.tenant, into);
  if (!other) return tl::unexpected(other.error());
  Ruling ruling{judge.tenant, decision(judge, DecisionRecord::Kind::join), {}, {}, {}};
  for (const Identity& name : names_of(*one)) {
    ruling.decision.one.push_back(store_.key_of(judge.tenant, name));
  }
  for (const Identity& name : names_of(*other)) {
    ruling.decision.other.push_back(store_.key_of(judge.tenant, name));
  }
  ruling.decision.overrides = overrides;
  ruling.decision.customer = from;
  ruling.decision.into = into;
  ruling.concerned = keys_of(judge.tenant, *one);
  for (const Key& key : keys_of(judge.tenant, *other)) ruling.concerned.push_back(key);
  return rule(judge, std::move(ruling));
}

Result<RulingReport> Arbiter::split(const Judge& judge, const Uuid& customer,
                                    const std::vector<Identity>& identities) {
  const auto found = find(judge.tenant, customer);
  if (!found) return tl::unexpected(found.error());
  Ruling ruling{judge.tenant, decision(judge, DecisionRecord::Kind::apart), {}, {}, {}};
  for (const Identity& identity : identities) {
    if (!holds(*found, identity)) {
      return fail(ErrorCode::not_found, "an identity is not one of this customer's");
    }
    ruling.decision.one.push_back(store_.key_of(judge.tenant, identity));
  }
  for (const models::CustomerIdentity& held : found->identities) {
    if (std::ranges::find(identities, held.identity) != identities.end()) continue;
    ruling.decision.other.push_back(store_.key_of(judge.tenant, held.identity));
    // She keeps her id with what is left of her, ids of platforms before phones.
    const auto [stays, first] = ruling.stays.try_emplace(customer, held.identity);
    if (!first && models::is_contact(stays->second)) stays->second = held.identity;
  }
  if (ruling.decision.one.empty() || ruling.decision.other.empty()) {
    return fail(ErrorCode::conflict, "a split leaves at least one identity on either side");
  }
  ruling.decision.customer = customer;
  ruling.concerned = keys_of(judge.tenant, *found);
  return rule(judge, std::move(ruling));
}

Result<RulingReport> Arbiter::accept(const Judge& judge, const Key& suggestion) {
  const auto found = store_.suggestion(judge.tenant, suggestion);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return fail(ErrorCode::not_found, "no suggestion has this id");
  const Uuid a = (*found)->customer_a;
  const Uuid b = (*found)->customer_b;
  if (a.is_nil() || b.is_nil() || a == b) {
    return fail(ErrorCode::conflict, "there are no two customers to join any more");
  }
  const auto one = find(judge.tenant, a);
  if (!one) return tl::unexpected(one.error());
  const auto other = find(judge.tenant, b);
  if (!other) return tl::unexpected(other.error());
  const bool one_is_older = std::tie(one->created_at, a) < std::tie(other->created_at, b);
  // Accepting lifts nothing that was decided.
  return one_is_older ? join(judge, b, a, false) : join(judge, a, b, false);
}

Result<RulingReport> Arbiter::reject(const Judge& judge, const Key& suggestion) {
  const auto found = store_.suggestion(judge.tenant, suggestion);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return fail(ErrorCode::not_found, "no suggestion has this id");
  if ((*found)->rejected) return fail(ErrorCode::conflict, "it is rejected already");
  Ruling ruling{judge.tenant, decision(judge, DecisionRecord::Kind::reject), {}, {}, {}};
  ruling.decision.one = {suggestion};
  ruling.decision.customer = (*found)->customer_a;
  ruling.decision.into = (*found)->customer_b;
  return rule(judge, std::move(ruling));
}

Result<RulingReport> Arbiter::block(const Judge& judge, const Identity& value) {
  Ruling ruling{judge.tenant, decision(judge, DecisionRecord::Kind::block), {}, {}, {value}};
  ruling.concerned = ruling.decision.one = {store_.key_of(judge.tenant, value)};
  return rule(judge, std::move(ruling));
}

Result<RulingReport> Arbiter::allow(const Judge& judge, const Identity& value) {
  Ruling ruling{judge.tenant, decision(judge, DecisionRecord::Kind::allow), {}, {}, {value}};
  ruling.concerned = ruling.decision.one = {store_.key_of(judge.tenant, value)};
  return rule(judge, std::move(ruling));
}

Result<RulingReport> Arbiter::undo(const Judge& judge, std::int64_t number) {
  auto found = store_.decision(judge.tenant, number);
  if (!found) return tl::unexpected(std::move(found.error()));
  if (!*found) return fail(ErrorCode::not_found, "no decision has this number");
  const bool is_taking_back = (*found)->kind == DecisionRecord::Kind::take_back;
  if (is_taking_back) {
    found = store_.decision(judge.tenant, (*found)->takes_back);
    if (!found) return tl::unexpected(std::move(found.error()));
    if (!*found) return fail(ErrorCode::not_found, "no decision has this number");
  }
  const DecisionRecord& undone = **found;
  if (undone.taken_back_by != 0 && undone.taken_back_by != number) {
    return fail(ErrorCode::conflict, "decision " + std::to_string(undone.id) +
                                         " was taken back already, by decision " +
                                         std::to_string(undone.taken_back_by));
  }
  if (is_taking_back && undone.taken_back_by == 0) {
    return fail(ErrorCode::conflict,
                "decision " + std::to_string(undone.id) + " is in force already");
  }
  Ruling ruling{judge.tenant, decision(judge, DecisionRecord::Kind::take_back), {}, {}, {}};
  ruling.decision.takes_back = undone.id;
  ruling.decision.overrides = is_taking_back;  // puts it back
  ruling.decision.customer = undone.customer;
  ruling.decision.into = undone.into;
  if (undone.kind == DecisionRecord::Kind::reject) {
    ruling.decision.one = undone.one;
  } else {
    ruling.concerned = undone.one;
    ruling.concerned.insert(ruling.concerned.end(), undone.other.begin(), undone.other.end());
    ruling.restored = is_taking_back ? std::optional(undone) : std::nullopt;
  }
  return rule(judge, std::move(ruling));
}

Result<RulingReport> Arbiter::rule(const Judge& judge, Ruling ruling) {
  const std::lock_guard lock(turn_);
  WorkTurn turn(store_, holder_, clock_);
  if (auto taken = turn.take(); !taken) return tl::unexpected(std::move(taken.error()));
  for (int attempt = 1;; ++attempt) {
    const Time now = clock_();
    ComposeContext context{
        store_, [&] { return make_uuid(now, randomness_); }, now, {}, &policy_, &survivorship_};
    auto composed = compose(ruling, context);
    if (!composed) return tl::unexpected(std::move(composed.error()));
    const DecisionRecord& made = ruling.decision;
    if (made.kind == DecisionRecord::Kind::join &&
        !are_one_after(composed->batch, made.customer, made.into)) {
      return fail(ErrorCode::conflict,
                  "it was decided that they are not one person; take that back, or override it");
    }
    auto changes = report(judge.tenant, composed->batch);
    if (!changes || judge.dry_run) return changes;
    const auto written = store_.write(composed->batch);
    if (!written) {
      const bool again = written.error().code == ErrorCode::conflict && attempt < kAttempts;
      if (again) continue;
      return tl::unexpected(written.error());
    }
    const auto last = store_.decisions(judge.tenant, 0, 1);
    if (last && !last->empty()) changes->decision = last->front().id;
    return changes;
  }
}

Result<RulingReport> Arbiter::report(store::TenantId tenant, const store::Batch& batch) {
  std::vector<Uuid> known;
  for (const store::CustomerWrite& write : batch.customers) {
    if (write.expected_version > 0) known.push_back(write.customer.id);
  }
  std::map<Uuid, Customer> before;
  if (!known.empty()) {
    auto customers = store_.customers(tenant, known);
    if (!customers) return tl::unexpected(std::move(customers.error()));
    for (Customer& customer : *customers) before.emplace(customer.id, std::move(customer));
  }
  RulingReport report;
  for (const store::CustomerWrite& write : batch.customers) {
    if (!write.withdrawn && write.customer.version == write.expected_version) continue;
    CustomerChange change{write.customer.id, {}, {}, write.merged_into};
    if (const auto old = before.find(change.id); old != before.end()) change.before = old->second;
    if (!write.withdrawn) change.after = write.customer;
    report.customers.push_back(std::move(change));
  }
  return report;
}

Result<Explanation> Arbiter::explain(store::TenantId tenant, const Uuid& id) {
  auto customer = find(tenant, id);
  if (!customer) return tl::unexpected(std::move(customer.error()));
  WorkingSet set;
  std::set<Identity> seeds;
  for (const models::CustomerIdentity& held : customer->identities) seeds.insert(held.identity);
  const Time now = clock_();
  auto found = survey(set, seeds, {},
                      {store_, policy_, tenant, now, [&] { return make_uuid(now, randomness_); }});
  if (!found) return tl::unexpected(std::move(found.error()));
  return Explanation{std::move(*customer), std::move(*found)};
}

}  // namespace guanxi::pipeline
