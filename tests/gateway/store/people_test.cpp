#include <algorithm>

#include "tests/gateway/store/test_store.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

template <typename Driver>
NewIdentity fresh(const World<Driver>& world, const Identity& identity, const Uuid& customer = {}) {
  return {world.tenant, world.key(identity), identity, customer};
}

template <typename Driver>
Batch batch_of(const World<Driver>& world, const Identity& identity, const Uuid& customer = {}) {
  Batch batch;
  batch.identities.push_back(fresh(world, identity, customer));
  return batch;
}

models::Fact fact(const std::string& rule, Time when) {
  models::Fact fact;
  fact.kind = models::FactKind::person;
  fact.rule = rule;
  fact.at = when;
  fact.names.push_back({models::Role::customer, person("wmA")});
  fact.fields = {{"set", {{"name", "李雷😀"}, {"remark", nullptr}}}};
  return fact;
}

template <typename Driver>
SubjectFacts facts(const World<Driver>& world, std::int64_t seq, Time when,
                   std::vector<models::Fact> stated) {
  return {world.tenant,
          world.key(person("wmA")),
          {"wecom", "acme", seq, "2024-01-01", "hash", when, true},
          std::move(stated)};
}

template <typename Driver>
EntityWrite group(const World<Driver>& world, std::int64_t version, std::int64_t expected) {
  Entity entity;
  entity.identity = {"chat_id", "wecom.chat_id", "corp", "wrG", models::Side::group};
  entity.kind = models::FactKind::group;
  entity.version = version;
  entity.status = "active";
  entity.updated_at = at(version);
  return {world.tenant, world.key(entity.identity), entity, expected};
}

}  // namespace

EVERY_STORE("an identity is found by its key, byte for byte") {
  const World<Driver> world;
  const std::vector<Identity> all{person("wmA"),
                                  person("wma"),
                                  person("wmA "),
                                  person("𠮷"),
                                  {"phone", "phone", "", "+8613800001234", models::Side::customer}};
  Batch batch;
  std::vector<Key> keys;
  for (const Identity& identity : all) {
    batch.identities.push_back(fresh(world, identity));
    keys.push_back(world.key(identity));
  }
  REQUIRE(world->write(batch));
  auto known = world->identities(keys).value();
  REQUIRE(known.size() == all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto found = std::ranges::find(known, keys[i], &KnownIdentity::key);
    REQUIRE(found != known.end());
    CHECK(found->identity == all[i]);
    CHECK(found->customer.is_nil());
  }
}

EVERY_STORE("the same identity in two tenants is two identities") {
  const World<Driver> world;
  const TenantId other = world->tenant("other", kNow).value();
  const Key mine = world.key(person("wmA"));
  const Key theirs = world->key_of(other, person("wmA"));
  CHECK(mine != theirs);
  Batch batch = batch_of(world, person("wmA"), uuid(1));
  batch.identities.push_back({other, theirs, person("wmA"), uuid(2)});
  REQUIRE(world->write(batch));
  const std::vector keys{mine, theirs};
  CHECK(world->identities(keys).value().size() == 2);
  CHECK(world->identities_of(world.tenant, uuid(1)).value().size() == 1);
  CHECK(world->identities_of(other, uuid(1)).value().empty());
}

EVERY_STORE("an identity is inserted once; another customer for it is a conflict") {
  const World<Driver> world;
  REQUIRE(world->write(batch_of(world, person("wmA"), uuid(1))));
  CHECK(world->write(batch_of(world, person("wmA"), uuid(1))));
  CHECK(code_of(world->write(batch_of(world, person("wmA"), uuid(2)))) == ErrorCode::conflict);
  CHECK(code_of(world->write(batch_of(world, person("wmA")))) == ErrorCode::conflict);
}

EVERY_STORE("an identity goes from where it was to somebody else, and from nowhere else") {
  const World<Driver> world;
  REQUIRE(world->write(batch_of(world, person("wmA"))));
  Batch batch;
  batch.moves.push_back({world.key(person("wmA")), {}, uuid(1), Contest::some});
  CHECK(world->write(batch));
  CHECK(world->write(batch));
  const auto held = world->identities_of(world.tenant, uuid(1)).value();
  REQUIRE(held.size() == 1);
  CHECK(held[0].contest == Contest::some);
  batch.moves[0].after = uuid(2);
  CHECK(code_of(world->write(batch)) == ErrorCode::conflict);
  batch.moves[0].before = uuid(1);
  CHECK(world->write(batch));
  CHECK(world->identities_of(world.tenant, uuid(1)).value().empty());
  batch.moves[0].key = world.key(person("nobody"));
  CHECK(code_of(world->write(batch)) == ErrorCode::conflict);
}

EVERY_STORE("one batch may make an identity and attach it") {
  const World<Driver> world;
  Batch batch = batch_of(world, person("wmA"));
  batch.moves.push_back({world.key(person("wmA")), {}, uuid(1), {}});
  REQUIRE(world->write(batch));
  CHECK(world->identities_of(world.tenant, uuid(1)).value().size() == 1);
}

EVERY_STORE("facts come back whole, in the order in which they are folded") {
  const World<Driver> world;
  Batch batch;
  batch.facts.push_back(facts(world, 9, at(5), {fact("late", at(5))}));
  batch.facts.push_back(facts(world, 7, at(9), {fact("last", at(9))}));
  batch.facts.push_back(facts(world, 8, at(5), {fact("early", at(5)), fact("early too", at(5))}));
  REQUIRE(world->write(batch));
  const std::vector subjects{world.key(person("wmA"))};
  const auto found = world->facts_of(world.tenant, subjects).value();
  REQUIRE(found.size() == 3);
  CHECK(found[0].source == batch.facts[2].source);
  CHECK(found[0].facts == batch.facts[2].facts);
  CHECK(found[0].subject == subjects[0]);
  CHECK(found[0].tenant == world.tenant);
  CHECK(found[1].source.seq == 9);
  CHECK(found[2].source.seq == 7);
  const TenantId other = world->tenant("other", kNow).value();
  CHECK(world->facts_of(other, subjects).value().empty());
}

EVERY_STORE("a row read again replaces the facts that it stated") {
  const World<Driver> world;
  Batch batch;
  batch.facts.push_back(facts(world, 7, at(1), {fact("old", at(1))}));
  REQUIRE(world->write(batch));
  batch.facts[0] = facts(world, 7, at(2), {fact("new", at(2))});
  REQUIRE(world->write(batch));
  const std::vector subjects{world.key(person("wmA"))};
  const auto found = world->facts_of(world.tenant, subjects).value();
  REQUIRE(found.size() == 1);
  CHECK(found[0].facts == batch.facts[0].facts);
}

EVERY_STORE("evidence and the names of a row may be stated again") {
  const World<Driver> world;
  Batch batch;
  const Key a = world.key(person("wmA"));
  const Key b = world.key(person("wmB"));
  batch.evidence.push_back({world.tenant, a, b, models::Trust::account_bound, 0, at(1), 1, "rule"});
  batch.named.emplace_back(1, a);
  batch.named.emplace_back(1, b);
  CHECK(world->write(batch));
  CHECK(world->write(batch));
}

EVERY_STORE("what is stated of an identity is summed up, from either side") {
  const World<Driver> world;
  Batch batch;
  const Key a = world.key(person("wmA"));
  const Key b = world.key(person("wmB"));
  const auto state = [&](std::int64_t seq, int when, models::Trust trust) {
    batch.evidence.push_back(
        {world.tenant, a, b, trust, 0, at(when), seq, "rule " + std::to_string(seq)});
  };
  state(3, 5, models::Trust::account_bound);
  state(4, 2, models::Trust::account_bound);
  state(5, 9, models::Trust::account_bound);
  state(6, 1, models::Trust::staff_typed);
  REQUIRE(world->write(batch));
  for (const Key& side : {a, b}) {
    const auto sums = world->evidence_of(world.tenant, std::vector{side}, {}).value();
    REQUIRE(sums.size() == 2);
    CHECK(sums[0].a == a);
    CHECK(sums[0].b == b);
    CHECK(sums[0].first_at == at(2));
    CHECK(sums[0].last_at == at(9));
    CHECK(sums[1].trust == models::Trust::staff_typed);
  }
  const std::vector<std::int64_t> void_rows{4, 6};
  const auto without = world->evidence_of(world.tenant, std::vector{a}, void_rows).value();
  REQUIRE(without.size() == 1);
  CHECK(without[0].first_at == at(5));
  CHECK(without[0].rule == "rule 3");
  CHECK(world->evidence_of(world.tenant + 1, std::vector{a}, {}).value().empty());
}

EVERY_STORE("decisions are found by whom they concern, until they are taken back and put back") {
  const World<Driver> world;
  const Key a = world.key(person("wmA"));
  const Key b = world.key(person("wmB"));
  const auto add = [&](DecisionRecord decision) {
    decision.tenant = world.tenant;
    decision.at = at(1);
    decision.by = "crm";
    Batch batch;
    batch.decisions.push_back(std::move(decision));
    REQUIRE(world->write(batch));
    return world->decisions(world.tenant, 0, 1).value().at(0).id;
  };
  DecisionRecord join;
  join.kind = DecisionRecord::Kind::join;
  join.one = {a};
  join.other = {b};
  join.overrides = true;
  join.customer = uuid(1);
  join.into = uuid(2);
  const std::int64_t id = add(join);
  const auto of_b = [&] { return world->decisions_of(world.tenant, std::vector{b}).value(); };
  REQUIRE(of_b().size() == 1);
  CHECK(of_b()[0].id == id);
  CHECK(of_b()[0].one == std::vector{a});
  CHECK(of_b()[0].other == std::vector{b});
  CHECK(of_b()[0].overrides);
  CHECK(of_b()[0].into == uuid(2));
  CHECK(of_b()[0].by == "crm");
  CHECK(world->decisions_of(world.tenant + 1, std::vector{b}).value().empty());
  DecisionRecord undo;
  undo.kind = DecisionRecord::Kind::take_back;
  undo.takes_back = id;
  const std::int64_t undone = add(undo);
  CHECK(of_b().empty());
  CHECK(world->decision(world.tenant, id).value()->taken_back_by == undone);
  undo.overrides = true;
  add(undo);
  CHECK(of_b().size() == 1);
  CHECK(world->decisions(world.tenant, 0, 10).value().size() == 3);
  CHECK(world->decisions(world.tenant, id + 1, 10).value().size() == 1);
  CHECK(!world->decision(world.tenant + 1, id).value());
}

EVERY_STORE("a suggestion lasts until those whom it concerns are considered again") {
  const World<Driver> world;
  const Key a = world.key(person("wmA"));
  const Key b = world.key(person("wmB"));
  REQUIRE(world->write(batch_of(world, person("wmA"), uuid(1))));
  REQUIRE(world->write(batch_of(world, person("wmB"), uuid(2))));
  Suggestion suggestion;
  suggestion.id = Key{1};
  suggestion.tenant = world.tenant;
  suggestion.a = a;
  suggestion.b = b;
  suggestion.reason = 3;
  suggestion.at = at(4);
  suggestion.rule = "rule";
  Batch batch;
  batch.reconsidered = {a};
  batch.suggestions = {suggestion};
  REQUIRE(world->write(batch));
  REQUIRE(world->write(batch));
  const auto open = [&] { return world->suggestions(world.tenant, false, {}, 10).value(); };
  REQUIRE(open().size() == 1);
  CHECK(open()[0].customer_a == uuid(1));
  CHECK(open()[0].customer_b == uuid(2));
  CHECK(open()[0].reason == 3);
  CHECK(world->suggestions(world.tenant, false, Key{1}, 10).value().empty());
  CHECK(world->suggestions(world.tenant + 1, false, {}, 10).value().empty());
  SUBCASE("gone") {
    batch.suggestions.clear();
    REQUIRE(world->write(batch));
    CHECK(open().empty());
  }
  SUBCASE("rejected, it stays so") {
    Batch rejection;
    DecisionRecord decision;
    decision.tenant = world.tenant;
    decision.kind = DecisionRecord::Kind::reject;
    decision.one = {suggestion.id};
    rejection.decisions.push_back(decision);
    REQUIRE(world->write(rejection));
    REQUIRE(world->write(batch));
    CHECK(open().empty());
    CHECK(world->suggestions(world.tenant, true, {}, 10).value().size() == 1);
  }
  SUBCASE("of one customer it is none") {
    Batch joined;
    joined.moves.push_back({b, uuid(2), uuid(1), {}});
    REQUIRE(world->write(joined));
    CHECK(open().empty());
    CHECK(world->suggestion(world.tenant, suggestion.id).value()->customer_b == uuid(1));
  }
}

EVERY_STORE("a merged customer tells into whom, until she is herself again") {
  const World<Driver> world;
  Customer lei = customer(1, "李雷");
  world.add(lei);
  Batch batch;
  CustomerWrite gone = world.write_of(lei, 1);
  gone.withdrawn = true;
  gone.merged_into = uuid(2);
  batch.customers.push_back(gone);
  LineageEntry entry;
  entry.tenant = world.tenant;
  entry.customer = uuid(1);
  entry.other = uuid(2);
  entry.at = at(3);
  entry.identities = {world.key(person("wmA"))};
  batch.lineage.push_back(entry);
  REQUIRE(world->write(batch));
  const std::vector ids{uuid(1)};
  CHECK(world->customers(world.tenant, ids).value().empty());
  CHECK(world->merged(world.tenant, ids).value().at(uuid(1)) == std::pair(uuid(2), lei.version));
  CHECK(world->merged(world.tenant + 1, ids).value().empty());
  for (const Uuid& side : {uuid(1), uuid(2)}) {
    const auto lineage = world->lineage(world.tenant, side, 0, 10).value();
    REQUIRE(lineage.size() == 1);
    CHECK(lineage[0].identities == entry.identities);
    CHECK(lineage[0].other == uuid(2));
  }
  lei.version = 5;
  CustomerWrite back = world.write_of(lei, 0);
  back.revived = true;
  batch = {};
  batch.customers.push_back(back);
  REQUIRE(world->write(batch));
  CHECK(world->customers(world.tenant, ids).value().at(0).version == 5);
  CHECK(world->merged(world.tenant, ids).value().empty());
}

EVERY_STORE("customers are written by version") {
  const World<Driver> world;
  Customer lei = customer(1, "李雷");
  world.add(lei);
  lei.version = 2;
  lei.fields["name"] = field("Lei 😀");
  Batch batch;
  batch.customers.push_back(world.write_of(lei, 1));
  REQUIRE(world->write(batch));
  const std::vector ids{uuid(1), uuid(2)};
  const auto found = world->customers(world.tenant, ids).value();
  REQUIRE(found.size() == 1);
  CHECK(found[0] == lei);
  CHECK(code_of(world->write(batch)) == ErrorCode::conflict);  // expects 1, is 2
  batch.customers[0].expected_version = 0;
  CHECK(code_of(world->write(batch)) == ErrorCode::conflict);  // expects none
  batch.customers[0] = world.write_of(customer(2, "韩梅梅", 5), 4);
  CHECK(code_of(world->write(batch)) == ErrorCode::conflict);  // expects 4, is none
}

EVERY_STORE("a customer of one tenant is invisible to another") {
  const World<Driver> world;
  world.add(customer(1, "李雷"));
  const TenantId other = world->tenant("other", kNow).value();
  const std::vector ids{uuid(1)};
  CHECK(world->customers(other, ids).value().empty());
}

EVERY_STORE("a conflict anywhere in a batch undoes all of it") {
  const World<Driver> world;
  world.add(customer(1, "李雷"));
  Batch batch = batch_of(world, person("wmB"), uuid(2));
  batch.customers.push_back(world.write_of(customer(2, "韩梅梅")));
  batch.customers.push_back(world.write_of(customer(1, "李雷", 3), 2));
  batch.changes.push_back(world.change(customer(2, "韩梅梅")));
  CHECK(code_of(world->write(batch)) == ErrorCode::conflict);
  CHECK(world->identities_of(world.tenant, uuid(2)).value().empty());
  CHECK(world->changes(world.tenant, 0, 10).value().size() == 1);
}

EVERY_STORE("entities are written by version") {
  const World<Driver> world;
  Batch batch;
  batch.entities.push_back(group(world, 1, 0));
  REQUIRE(world->write(batch));
  CHECK(code_of(world->write(batch)) == ErrorCode::conflict);
  batch.entities[0] = group(world, 2, 1);
  REQUIRE(world->write(batch));
  CHECK(code_of(world->write(batch)) == ErrorCode::conflict);
  const std::vector keys{batch.entities[0].key};
  const auto found = world->entities(world.tenant, keys).value();
  REQUIRE(found.size() == 1);
  CHECK(found[0].first == keys[0]);
  CHECK(found[0].second == batch.entities[0].entity);
  const TenantId other = world->tenant("other", kNow).value();
  CHECK(world->entities(other, keys).value().empty());
}

EVERY_STORE("lists longer than one statement takes are read and written whole") {
  const World<Driver> world;
  Batch batch;
  std::vector<Key> keys;
  std::vector<Uuid> ids;
  for (int i = 0; i < 300; ++i) {
    const Identity identity = person("wm" + std::to_string(i));
    batch.identities.push_back(fresh(world, identity, uuid(i)));
    keys.push_back(world.key(identity));
    ids.push_back(uuid(i));
    batch.customers.push_back(world.write_of(customer(i, "名" + std::to_string(i))));
    batch.changes.push_back(world.change(customer(i, "")));
  }
  REQUIRE(world->write(batch));
  CHECK(world->identities(keys).value().size() == 300);
  CHECK(world->customers(world.tenant, ids).value().size() == 300);
  CHECK(world->changes(world.tenant, 0, 1000).value().size() == 300);
}
