#include "gateway/identity/resolve.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace guanxi;
using namespace guanxi::identity;
using models::Fact;
using models::FactKind;
using models::Identity;
using models::Role;
using models::Side;
using models::Trust;

namespace {

const Identity kLei{"external_userid", "p.external_userid", "corp", "wmLei", Side::customer};
const Identity kMei{"external_userid", "p.external_userid", "corp", "wmMei", Side::customer};
const Identity kLeiUnion{"unionid", "o.unionid", "default", "oLei", Side::customer};
const Identity kOtherUnion{"unionid", "o.unionid", "default", "oOther", Side::customer};
const Identity kStaff{"userid", "p.userid", "corp", "li", Side::staff};

Fact fact_of(FactKind kind, std::vector<models::Named> names, Trust trust = Trust::account_bound) {
  Fact fact;
  fact.kind = kind;
  fact.rule = "rule";
  fact.names = std::move(names);
  fact.trust = trust;
  return fact;
}

struct Ids {
  std::uint8_t next = 0;
  Uuid operator()() {
    Uuid id;
    id.bytes[15] = ++next;
    return id;
  }
};

}  // namespace

TEST_CASE("a relation with an unknown person founds a customer who holds all her ids") {
  Holdings holdings;
  const Decision decision =
      resolve({fact_of(FactKind::relation, {{Role::customer, kLei}, {Role::staff, kStaff}}),
               fact_of(FactKind::person, {{Role::customer, kLei}, {Role::customer, kLeiUnion}})},
              holdings, Ids());
  REQUIRE(decision.created.size() == 1);
  CHECK(decision.customer_of_fact == std::vector{decision.created[0], decision.created[0]});
  CHECK(holdings.holder(kLei) == decision.created[0]);
  CHECK(holdings.holder(kLeiUnion) == decision.created[0]);
  CHECK(holdings.holder(kStaff).is_nil());
  REQUIRE(decision.evidence.size() == 1);
  CHECK(decision.evidence[0].a == kLei);
  CHECK(decision.evidence[0].b == kLeiUnion);
}

TEST_CASE("an id without holder is attached to the customer who holds the other") {
  Holdings holdings;
  Ids ids;
  const Uuid lei = ids();
  holdings.hold(kLeiUnion, lei);
  const Decision decision =
      resolve({fact_of(FactKind::person, {{Role::customer, kLei}, {Role::customer, kLeiUnion}})},
              holdings, ids);
  CHECK(decision.created.empty());
  CHECK(decision.attached == std::vector{std::pair{kLei, lei}});
}

TEST_CASE("two customers who exist are not joined, and the statement is kept as evidence") {
  Holdings holdings;
  Ids ids;
  const Uuid lei = ids();
  const Uuid other = ids();
  holdings.hold(kLei, lei);
  holdings.hold(kLeiUnion, other);
  const Decision decision =
      resolve({fact_of(FactKind::person, {{Role::customer, kLei}, {Role::customer, kLeiUnion}})},
              holdings, ids);
  CHECK(decision.attached.empty());
  CHECK(decision.customer_of_fact[0] == lei);
  CHECK(holdings.holder(kLeiUnion) == other);
  CHECK(decision.evidence.size() == 1);
}

TEST_CASE("a second id of one name space and scope is not attached") {
  Holdings holdings;
  Ids ids;
  const Uuid lei = ids();
  holdings.hold(kLei, lei);
  holdings.hold(kLeiUnion, lei);
  resolve({fact_of(FactKind::person, {{Role::customer, kLei}, {Role::customer, kOtherUnion}})},
          holdings, ids);
  CHECK(holdings.holder(kOtherUnion).is_nil());
}

TEST_CASE("a member of a group is no customer until a relation or a message makes her one") {
  Holdings holdings;
  Ids ids;
  Fact message = fact_of(FactKind::interaction, {{Role::party, kLei}});
  CHECK(resolve({fact_of(FactKind::member, {{Role::party, kLei}})}, holdings, ids).created.empty());
  message.fields = {{"type", "comment"}};
  CHECK(resolve({message}, holdings, ids).created.empty());
  message.fields = {{"type", "message"}};
  CHECK(resolve({message}, holdings, ids).created.size() == 1);
  CHECK(!holdings.holder(kLei).is_nil());
}

TEST_CASE("what an event says beside founding a customer is hers, in whatever order it says it") {
  Holdings holdings;
  Fact added = fact_of(FactKind::interaction, {{Role::party, kLei}});
  added.fields = {{"type", "contact.added"}};
  const Decision decision =
      resolve({added, fact_of(FactKind::relation, {{Role::customer, kLei}})}, holdings, Ids());
  REQUIRE(decision.created.size() == 1);
  CHECK(decision.customer_of_fact == std::vector{decision.created[0], decision.created[0]});
}

TEST_CASE("phones that staff typed are evidence, and hold nobody together") {
  Holdings holdings;
  Ids ids;
  Fact mine = fact_of(FactKind::relation, {{Role::customer, kLei}});
  mine.fields = {{"set", {{"phones", {"+8613800000000"}}}}};
  Fact hers = fact_of(FactKind::relation, {{Role::customer, kMei}});
  hers.fields = mine.fields;
  const Decision decision = resolve({mine, hers}, holdings, ids);
  CHECK(decision.created.size() == 2);
  REQUIRE(decision.evidence.size() == 2);
  CHECK(std::ranges::all_of(decision.evidence,
                            [](const Statement& s) { return s.trust == Trust::staff_typed; }));
  CHECK(holdings.holder(phone_identity("+8613800000000")).is_nil());
}

TEST_CASE("a typed phone finds who is known by it alone, and moves nothing onto anybody else") {
  const Identity phone = phone_identity("+8613800001234");
  const auto lead = [&](std::vector<Identity> customer, Trust trust) {
    std::vector<models::Named> names;
    for (Identity& identity : customer) names.push_back({Role::customer, std::move(identity)});
    return fact_of(FactKind::lead, std::move(names), trust);
  };
  struct Row {
    const char* what;
    std::vector<Identity> holder;  // whom the phone belongs to
    std::vector<Identity> stated;
    Trust trust;
    bool is_holders;  // the fact is about the holder, else about a customer of its own
  };
  const Row rows[] = {
      {"typed, known by it alone", {phone}, {phone}, Trust::self_stated, true},
      {"typed, known to a platform", {phone, kLei}, {phone}, Trust::self_stated, true},
      {"typed by another account", {phone, kLei}, {kMei, phone}, Trust::self_stated, false},
      {"typed by the first account", {phone}, {kMei, phone}, Trust::self_stated, true},
      {"nobody proved either", {phone, kLei}, {kMei, phone}, Trust::staff_typed, false},
      {"the platform says so", {phone}, {kMei, phone}, Trust::account_bound, true},
      {"the platform says so of another account",
       {phone, kLei},
       {kMei, phone},
       Trust::account_bound,
       false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Holdings holdings;
    Ids ids;
    const Uuid holder = ids();
    for (const Identity& identity : row.holder) holdings.hold(identity, holder);
    const Decision decision = resolve({lead(row.stated, row.trust)}, holdings, ids);
    const Uuid customer = decision.customer_of_fact[0];
    CHECK((customer == holder) == row.is_holders);
    CHECK(!customer.is_nil());
    CHECK(holdings.holder(phone) == holder);
    // The platform's id is where the fact is.
    if (row.stated.front() != phone) CHECK(holdings.holder(kMei) == customer);
  }
}

TEST_CASE("a renamed id goes to the customer who held the old one") {
  Holdings holdings;
  Ids ids;
  const Uuid lei = ids();
  holdings.hold(kLei, lei);
  const Identity renamed{"external_userid", "p.external_userid", "suite", "wmNew", Side::customer};
  resolve({fact_of(FactKind::alias, {{Role::of, kLei}, {Role::to, renamed}})}, holdings, ids);
  CHECK(holdings.holder(renamed) == lei);
}
