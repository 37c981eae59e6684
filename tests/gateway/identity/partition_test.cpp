#include "gateway/identity/partition.h"

#include <doctest/doctest.h>

#include "tests/gateway/identity/world_builder.h"

using namespace guanxi::identity;
using guanxi::from_ms;
using guanxi::identity::tests::Trust;
using guanxi::identity::tests::WorldBuilder;

namespace {

using Nodes = std::vector<Node>;
using Places = std::vector<std::uint32_t>;
using Refusals = std::vector<Refusal>;

bool are_one(const Partition& found, const Nodes& nodes) {
  return std::ranges::all_of(
      nodes, [&](Node node) { return found.part[node] == found.part[nodes.front()]; });
}

}  // namespace

// ---- people as they are ----

TEST_CASE("a family shares a phone, and each of them stays herself") {
  WorldBuilder family;
  const Node mother = family.external("m");
  const Node daughter = family.external("d");
  const Node phone = family.phone("+8613812340001");
  SUBCASE("typed, and known to two platforms") {
    family.types(mother, phone);
    const auto second = family.types(family.openid("d"), phone);
    const Partition found = family.solve();
    CHECK(found.part == Places{0, 1, 0, 2});
    CHECK(found.refused == Refusals{{second, Reason::two_persons}});
  }
  SUBCASE("typed, and known to one platform") {
    family.types(mother, phone);
    const auto second = family.types(daughter, phone);
    const Partition found = family.solve();
    CHECK(found.part == Places{0, 1, 0});
    CHECK(found.refused == Refusals{{second, Reason::exclusive}});
  }
  SUBCASE("verified") {
    family.names(mother, phone);
    const auto second = family.names(daughter, phone);
    const Partition found = family.solve();
    CHECK(found.part == Places{0, 1, 0});
    CHECK(found.refused == Refusals{{second, Reason::exclusive}});
  }
}

TEST_CASE("a lead goes to the sole holder of a phone, and to nobody of a family who shares it") {
  WorldBuilder world;
  const Node mother = world.external("m");
  const Node phone = world.phone("+8613812340001");
  const Node lead = world.lead("l");
  world.names(mother, phone);
  world.types(lead, phone);
  CHECK(world.solve().parts == 1);

  const Node daughter = world.openid("d");
  world.types(daughter, phone);
  const Partition found = world.solve();
  CHECK(are_one(found, {mother, phone}));
  CHECK(found.parts == 3);
  CHECK(found.refused == Refusals{{1, Reason::two_persons}, {2, Reason::two_persons}});
}

TEST_CASE("a lead goes to a holder whom the platforms know by two ids") {
  WorldBuilder world;
  const Node external = world.external("m");
  const Node openid = world.openid("o");
  const Node unionid = world.unionid("u");
  const Node phone = world.phone("+8613812340001");
  const Node lead = world.lead("l");
  world.types(lead, phone);
  world.types(external, phone);
  world.types(openid, phone);
  world.names(external, unionid);
  world.names(openid, unionid);
  const Partition found = world.solve();
  CHECK(found.parts == 1);
  CHECK(found.refused.empty());
}

TEST_CASE("a shop's phone joins none of its customers") {
  WorldBuilder shop;
  const Node phone = shop.phone("+8613812340002");
  std::vector<Node> customers;
  for (const char* name : {"a", "b", "c"}) {
    customers.push_back(shop.id("douyin.open_id", name, name));  // of three apps: nothing excludes
    shop.names(customers.back(), phone);
  }
  const Partition found = shop.solve();
  CHECK(found.parts == 4);
  CHECK(found.demoted == Nodes{phone});
  CHECK(found.refused.size() == 3);
  for (const Refusal& refusal : found.refused) CHECK(refusal.reason == Reason::crowded_value);
}

TEST_CASE("a rep who tests with her own number is nobody's customer") {
  WorldBuilder world;
  const Node rep = world.staff("rep");
  const Node phone = world.phone("+8613812340003");
  const Node one = world.external("a");
  const Node other = world.openid("b");
  world.names(one, phone);
  world.names(other, phone);
  world.staffs(rep, phone);
  const Partition found = world.solve();
  CHECK(found.parts == 4);
  CHECK(found.refused == Refusals{{0, Reason::blocked}, {1, Reason::blocked}});
  CHECK(found.demoted.empty());
}

TEST_CASE("a phone that went to somebody else does not join her with whoever had it") {
  WorldBuilder world;
  const Node before = world.external("old");
  const Node now = world.external("new");
  const Node phone = world.phone("+8613812340004");
  SUBCASE("both verified it with one platform") {
    world.names(before, phone);
    const auto second = world.names(now, phone);
    const Partition found = world.solve();
    CHECK(are_one(found, {before, phone}));
    CHECK(found.refused == Refusals{{second, Reason::exclusive}});
  }
  SUBCASE("the former only typed it") {
    const auto typed = world.types(before, phone);
    world.names(now, phone);
    const Partition found = world.solve();
    CHECK(are_one(found, {now, phone}));
    CHECK(found.refused == Refusals{{typed, Reason::exclusive}});
  }
}

TEST_CASE("the same name and avatar are no evidence, for nothing states them") {
  WorldBuilder world;
  world.external("wang-lei-1");
  world.external("wang-lei-2");
  CHECK(world.solve().part == Places{0, 1});
}

TEST_CASE("a unionid that comes late joins what was known before") {
  WorldBuilder world;
  const Node external = world.external("e");
  const Node openid = world.openid("o");
  const Node phone = world.phone("+8613812340005");
  world.types(external, phone);
  const auto second = world.types(openid, phone);
  CHECK(world.solve().refused == Refusals{{second, Reason::two_persons}});
  const Node unionid = world.unionid("u");
  world.names(external, unionid);
  world.names(openid, unionid);
  const Partition found = world.solve();
  CHECK(found.parts == 1);
  CHECK(found.refused.empty());  // what is joined needs no suggestion
}

TEST_CASE("an openid before its unionid is the same person after it") {
  WorldBuilder world;
  const Node first = world.openid("o1", "app1");
  const Node second = world.openid("o2", "app2");
  const Node unionid = world.unionid("u");
  world.names(first, unionid);
  world.names(second, unionid);
  CHECK(world.solve().parts == 1);
}

TEST_CASE("equal values in two scopes are two ids") {
  WorldBuilder world;
  const Node one = world.openid("same", "app1");
  const Node other = world.openid("same", "app2");
  CHECK(world.solve().parts == 2);
  const Node unionid = world.unionid("u");
  world.names(one, unionid);
  CHECK_FALSE(are_one(world.solve(), {one, other}));
}

TEST_CASE("a platform that renames its ids keeps its persons") {
  WorldBuilder world;
  const Node before = world.external("old");
  const Node now = world.external("new");
  const Node unionid = world.unionid("u");
  const Node stranger = world.external("stranger");
  world.names(now, unionid);
  const auto wrong = world.names(stranger, unionid);
  world.renames(before, now);
  world.at(wrong, 9);
  const Partition found = world.solve();
  CHECK(are_one(found, {before, now, unionid}));
  CHECK(found.refused == Refusals{{wrong, Reason::exclusive}});
}

TEST_CASE("an id renamed on somebody's word is one among others") {
  WorldBuilder world;
  world.state(world.external("old"), world.external("new"), Trust::self_stated, Nature::renamed);
  CHECK(world.solve().refused == Refusals{{0, Reason::exclusive}});
}

TEST_CASE("a new unionid of an openid replaces the old one") {
  WorldBuilder world;
  const Node openid = world.openid("o");
  const Node before = world.unionid("old");
  const Node now = world.unionid("new");
  const auto old_report = world.names(openid, before);
  const auto new_report = world.names(openid, now);
  SUBCASE("as reported last") {
    const Partition found = world.solve();
    CHECK(are_one(found, {openid, now}));
    CHECK(found.parts == 2);
    CHECK(found.superseded == Places{old_report});
    CHECK(found.refused.empty());
  }
  SUBCASE("unless the old one is reported again") {
    world.world.statements[old_report].last_at = from_ms(100);
    const Partition found = world.solve();
    CHECK(are_one(found, {openid, before}));
    CHECK(found.superseded == Places{new_report});
  }
  SUBCASE("at once: the greater") {
    world.at(old_report, 5);
    world.at(new_report, 5);
    CHECK(world.solve().superseded == Places{new_report});  // "old" is greater than "new"
  }
  SUBCASE("whoever else named the old one keeps it") {
    const Node other = world.openid("o2", "app2");
    world.names(other, before);
    const Partition found = world.solve();
    CHECK(are_one(found, {other, before}));
    CHECK(found.parts == 2);
  }
}

TEST_CASE("what was reported twice in other words is replaced in both") {
  WorldBuilder world;
  const Node openid = world.openid("o");
  const Node before = world.unionid("old");
  const Node now = world.unionid("new");
  world.names(openid, before);
  world.names(openid, now);
  world.names(openid, before);
  world.names(openid, now);
  world.at(0, 10);
  world.at(1, 20);
  world.at(2, 15);
  world.at(3, 5);
  CHECK(world.solve().superseded == Places{0, 2});
}

// ---- trust ----

TEST_CASE("what staff typed only suggests") {
  WorldBuilder world;
  const Node customer = world.external("e");
  const Node phone = world.phone("+8613812340006");
  const auto remark = world.remarks(customer, phone);
  CHECK(world.solve().refused == Refusals{{remark, Reason::only_suggests}});
  world.types(customer, phone);
  CHECK(world.solve().refused.empty());
}

TEST_CASE("what staff typed suggests nothing that is known to be wrong") {
  WorldBuilder world;
  const Node customer = world.external("e");
  const Node phone = world.phone("+8613812340006");
  world.remarks(customer, phone);
  SUBCASE("people decided against it") {
    world.apart({customer}, {phone});
    CHECK(world.solve().refused == Refusals{{0, Reason::apart}});
  }
  SUBCASE("the value is blocked") {
    world.block(phone);
    CHECK(world.solve().refused == Refusals{{0, Reason::blocked}});
  }
}

TEST_CASE("what a platform proves goes before what somebody typed earlier") {
  WorldBuilder world;
  const Node typist = world.external("typist");
  const Node owner = world.openid("owner");
  const Node phone = world.phone("+8613812340007");
  const auto typed = world.types(typist, phone);
  world.names(owner, phone);
  const Partition found = world.solve();
  CHECK(are_one(found, {owner, phone}));
  CHECK(found.refused == Refusals{{typed, Reason::two_persons}});
}

TEST_CASE("one verified phone joins the ids of two platforms") {
  WorldBuilder world;
  const Node one = world.external("a");
  const Node other = world.id("douyin.open_id", "b");
  const Node phone = world.phone("+8613812340008");
  world.names(one, phone);
  world.names(other, phone);
  CHECK(world.solve().parts == 1);
}

TEST_CASE("staff and things are no persons, whatever is said of them") {
  WorldBuilder world;
  const Node staff = world.staff("s");
  const Node customer = world.external("e");
  world.names(staff, customer);
  const Partition found = world.solve();
  CHECK(found.parts == 2);
  CHECK(found.refused.empty());
}

// ---- limits ----

TEST_CASE("two may share a value, three may not, and a late join does not mend it") {
  WorldBuilder world;
  const Node phone = world.phone("+8613812340009");
  const Node one = world.id("a.id", "1");
  const Node two = world.id("b.id", "2");
  const Node three = world.id("c.id", "3");
  const auto tie = world.names(three, one);
  world.names(one, phone);
  world.names(two, phone);
  world.names(three, phone);
  SUBCASE("tied before the third claims it") {
    CHECK(world.solve().demoted.empty());
    CHECK(world.solve().parts == 1);
  }
  SUBCASE("tied at the moment in which the third claims it") {
    world.at(tie, 4);
    CHECK(world.solve().demoted.empty());
  }
  SUBCASE("tied later") {
    world.at(tie, 5);
    const Partition found = world.solve();
    CHECK(found.demoted == Nodes{phone});
    CHECK(are_one(found, {one, three}));
    CHECK(found.parts == 3);
  }
  SUBCASE("tied, but people keep them apart") {
    world.apart({one}, {three});
    CHECK(world.solve().demoted == Nodes{phone});
  }
  SUBCASE("restored only by people") {
    world.at(tie, 5);
    world.allow_value(phone);
    const Partition found = world.solve();
    CHECK(found.demoted.empty());
    CHECK(found.parts == 1);
  }
}

TEST_CASE("what staff typed makes no value crowded") {
  WorldBuilder world;
  const Node phone = world.phone("+8613812340010");
  world.names(world.external("e"), phone);
  for (const char* name : {"a", "b", "c", "d"}) world.remarks(world.openid(name), phone);
  CHECK(world.solve().demoted.empty());
  CHECK(world.solve().parts == 5);
}

TEST_CASE("a value that too many leads state joins none of them") {
  WorldBuilder world;
  world.limits.statements_per_value = 3;
  const Node phone = world.phone("+8613812340011");
  for (const char* name : {"a", "b", "c"}) world.types(world.lead(name), phone);
  CHECK(world.solve().parts == 1);
  world.types(world.lead("d"), phone);
  CHECK(world.solve().parts == 5);
  CHECK(world.solve().demoted == Nodes{phone});
}

TEST_CASE("one person has so many phones, and as many e-mails") {
  WorldBuilder world;
  world.limits.values_per_person = 2;
  const Node customer = world.external("e");
  const Node first = world.phone("+8613812340012");
  const Node second = world.phone("+8613812340013");
  world.names(customer, first);
  world.names(customer, second);
  for (const char* value : {"a@example.com", "b@example.com"}) {
    world.names(customer, world.email(value));
  }
  CHECK(world.solve().parts == 1);
  const Node third = world.phone("+8613812340014");
  const auto refused = world.names(customer, third);
  CHECK(world.solve().refused == Refusals{{refused, Reason::many_values}});
  // Whom people gave more than may be can still be joined with who has none.
  world.join({customer, first, second}, {third});
  world.names(customer, world.openid("o"));
  CHECK(world.solve().parts == 1);
}

// ---- people decide ----

TEST_CASE("what people keep apart, nothing joins") {
  WorldBuilder world;
  const Node external = world.external("e");
  const Node openid = world.openid("o");
  const Node unionid = world.unionid("u");
  world.names(external, unionid);
  const auto second = world.names(openid, unionid);
  world.apart({external}, {openid});
  const Partition found = world.solve();
  CHECK(are_one(found, {external, unionid}));
  CHECK(found.refused == Refusals{{second, Reason::apart}});
}

TEST_CASE("people join what no rule would") {
  WorldBuilder world;
  const Node one = world.external("a");
  const Node other = world.external("b");
  const Node phone = world.block(world.phone("+8613812340015"));
  world.join({one, phone}, {other});
  const Partition found = world.solve();
  CHECK(found.parts == 1);
  CHECK(found.overruled.empty());
}

TEST_CASE("what people joined against exclusivity takes no further name by itself") {
  WorldBuilder world;
  const Node one = world.external("a");
  const Node two = world.external("b");
  const Node three = world.external("c");
  const Node unionid = world.unionid("u");
  world.join({one}, {two});
  world.names(one, unionid);
  const auto wrong = world.names(three, unionid);
  const Partition found = world.solve();
  CHECK(are_one(found, {one, two, unionid}));
  CHECK(found.refused == Refusals{{wrong, Reason::exclusive}});
}

TEST_CASE("a new name of somebody whom people joined is hers, on whichever side more is known") {
  WorldBuilder world;
  const Node one = world.external("a");
  const Node two = world.external("b");
  const Node now = world.external("b2");
  world.join({one}, {two});
  SUBCASE("of the old one") {}
  SUBCASE("of the new one") { world.join({now}, {world.openid("o"), world.unionid("u")}); }
  world.renames(two, now);
  CHECK(world.solve().parts == 1);
}

TEST_CASE("a join gives way to what people keep apart, before or after") {
  WorldBuilder world;
  const Node one = world.external("a");
  const Node other = world.openid("b");
  const Node third = world.unionid("c");
  SUBCASE("after") {
    const auto join = world.join({one}, {other, third});
    world.apart({one}, {other});
    const Partition found = world.solve();
    CHECK(are_one(found, {one, third}));
    CHECK_FALSE(are_one(found, {one, other}));
    CHECK(found.overruled == Places{join});
  }
  SUBCASE("before") {
    world.apart({one}, {other});
    const auto join = world.join({one}, {other, third});
    CHECK(world.solve().overruled == Places{join});
  }
  SUBCASE("before, and lifted") {
    world.apart({one}, {other});
    world.join({one}, {other}, true);
    CHECK(are_one(world.solve(), {one, other}));
    world.apart({other}, {one});
    CHECK(world.solve().overruled == Places{1});
  }
  SUBCASE("only what stands between the two sides is lifted") {
    world.apart({one}, {other});
    const auto join = world.join({one, other}, {third}, true);
    CHECK(world.solve().overruled == Places{join});
  }
}

TEST_CASE("the latest word on a value holds") {
  WorldBuilder world;
  const Node customer = world.external("e");
  const Node phone = world.block(world.phone("+8613800138000"));
  const auto stated = world.names(customer, phone);
  world.staffs(world.staff("rep"), phone);
  CHECK(world.solve().refused == Refusals{{stated, Reason::blocked}});
  world.allow_value(phone);
  CHECK(are_one(world.solve(), {customer, phone}));
  world.block_value(phone);
  CHECK(world.solve().refused == Refusals{{stated, Reason::blocked}});
}

TEST_CASE("an allowed value joins beyond every limit, but nobody with two ids of one kind") {
  WorldBuilder world;
  world.limits = {1, 1, 1};
  const Node first = world.phone("+8613812340016");
  const Node phone = world.phone("+8613812340017");
  const Node external = world.external("e");
  world.names(external, first);
  world.names(external, phone);
  world.names(world.openid("o"), phone);
  const auto wrong = world.names(world.external("f"), phone);
  world.allow_value(phone);
  const Partition found = world.solve();
  CHECK(found.parts == 2);
  CHECK(found.refused == Refusals{{wrong, Reason::exclusive}});
}

// ---- explained ----

TEST_CASE("the path between two identities is the shortest, and the best trusted of these") {
  WorldBuilder world;
  const Node lead = world.lead("l");
  const Node email = world.email("a@example.com");
  const Node phone = world.phone("+8613812340019");
  const Node external = world.external("e");
  const Node unionid = world.unionid("u");
  world.types(lead, email);
  world.types(external, email);
  const auto typed_phone = world.types(lead, phone);
  world.types(external, phone);
  const auto verified = world.names(external, phone);
  const auto named = world.names(external, unionid);
  const Partition found = world.solve();
  REQUIRE(found.parts == 1);
  CHECK(path(world.world, found, lead, unionid) ==
        std::vector<Step>{{lead, phone, typed_phone, std::nullopt},
                          {phone, external, verified, std::nullopt},
                          {external, unionid, named, std::nullopt}});
  CHECK(path(world.world, found, lead, lead).empty());
}

TEST_CASE("what joined nobody is no step, though people made the two one") {
  WorldBuilder world;
  const Node one = world.external("a");
  const Node other = world.openid("b");
  const Node phone = world.phone("+8613812340020");
  const auto first = world.join({one}, {phone});
  const auto second = world.join({one}, {other});
  const std::vector<Step> by_people{{other, one, std::nullopt, second},
                                    {one, phone, std::nullopt, first}};
  const auto way = [&] { return path(world.world, world.solve(), other, phone); };
  CHECK(way() == by_people);
  SUBCASE("typed by staff") {
    world.remarks(other, phone);
    CHECK(way() == by_people);
  }
  SUBCASE("of a blocked value") {
    world.names(other, phone);
    CHECK(way().size() == 1);
    world.block(phone);
    CHECK(way() == by_people);
  }
  SUBCASE("of a value over its limit") {
    world.names(other, phone);
    world.limits.statements_per_value = 0;
    CHECK(way() == by_people);
  }
  CHECK(path(world.world, world.solve(), other, world.lead("l")).empty());
}

TEST_CASE("what was replaced is no step") {
  WorldBuilder world;
  const Node openid = world.openid("o");
  const Node before = world.unionid("old");
  const Node now = world.unionid("new");
  world.names(openid, before);
  const auto report = world.names(openid, now);
  const auto decision = world.join({before}, {now});
  CHECK(path(world.world, world.solve(), openid, before) ==
        std::vector<Step>{{openid, now, report, std::nullopt},
                          {now, before, std::nullopt, decision}});
}

TEST_CASE("reasons have words") {
  CHECK(reason_text(Reason::two_persons) == "two_persons");
  CHECK(reason_text(Reason::crowded_value) == "crowded_value");
}

TEST_CASE("of nobody there are no parts") { CHECK(partition({}, {}).parts == 0); }
