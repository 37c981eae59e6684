#include "models/customer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "models/json.h"
#include "tests/models/li_lei.h"

using namespace guanxi;
using namespace guanxi::models;
using namespace guanxi::models::tests;
using namespace std::chrono_literals;

namespace {

std::vector<Effect::Kind> kinds(const std::vector<Effect>& effects) {
  std::vector<Effect::Kind> result;
  for (const Effect& effect : effects) result.push_back(effect.kind);
  return result;
}

}  // namespace

TEST_CASE("a relation begins and ends with its events, and keeps each period") {
  Customer customer = lei();
  const auto started = apply(customer, {relation("active", kDay, {{"set", {{"state", "expo"}}}})},
                             event_source(1, kDay));
  CHECK(kinds(started) == std::vector{Effect::Kind::updated, Effect::Kind::relation_started});
  const auto ended = apply(customer, {relation("ended", kDay + 1h, {{"reason", "deleted"}})},
                           event_source(2, kDay + 1h));
  CHECK(kinds(ended) == std::vector{Effect::Kind::updated, Effect::Kind::relation_ended});
  apply(customer, {relation("active", kDay + 2h)}, event_source(3, kDay + 2h));
  REQUIRE(customer.relations.size() == 1);
  const Relation& held = customer.relations[0];
  CHECK(held.status == "active");
  REQUIRE(held.periods.size() == 2);
  CHECK(held.periods[0].since == kDay);
  CHECK(held.periods[0].until == kDay + 1h);
  CHECK(held.periods[0].reason == "deleted");
  CHECK(held.periods[0].state == "expo");
  CHECK(held.since() == kDay + 2h);
  CHECK(!held.until());
  CHECK(customer.origin_state == "expo");
}

TEST_CASE("an answer that still lists a relation does not reopen what an event ended") {
  Customer customer = lei();
  apply(customer, {relation("active", kDay)}, event_source(1, kDay));
  apply(customer, {relation("ended", kDay + 1h)}, event_source(2, kDay + 1h));
  const auto effects =
      apply(customer, {relation("active", kDay + 2h)}, answer_source(3, kDay + 2h));
  CHECK(effects.empty());
  CHECK(customer.relations[0].status == "ended");
  apply(customer, {relation("active", kDay + 3h)}, event_source(4, kDay + 3h));
  CHECK(customer.relations[0].status == "active");
}

TEST_CASE("an answer that says a later beginning than the end tells of another stretch") {
  Customer customer = lei();
  apply(customer, {relation("active", kDay, {{"set", {{"state", "expo"}, {"add_way", "scan"}}}})},
        event_source(1, kDay));
  apply(customer, {relation("ended", kDay + 1h)}, event_source(2, kDay + 1h));
  const auto listed = [&](std::int64_t seq, Time since) {
    return apply(customer, {relation("active", kDay + 3h, {{"since", to_ms(since)}})},
                 answer_source(seq, kDay + 3h));
  };
  CHECK(listed(3, kDay).empty());
  CHECK(customer.relations[0].status == "ended");
  CHECK(kinds(listed(4, kDay + 2h)) ==
        std::vector{Effect::Kind::updated, Effect::Kind::relation_started});
  REQUIRE(customer.relations[0].periods.size() == 2);
  CHECK(customer.relations[0].since() == kDay + 2h);
  const Json shown = customer_json(customer, {"t", true, nullptr})["relations"][0];
  CHECK(shown["status"] == "active");
  // What was said of the first stretch is in its history.
  CHECK(shown["state"].is_null());
  CHECK(shown["add_way"] == "scan");  // the last word on it
  CHECK(shown["history"][0]["state"] == "expo");
  apply(customer, {relation("ended", kDay + 4h)}, event_source(5, kDay + 4h));
  apply(customer, {relation("active", kDay + 5h, {{"set", {{"state", "expo"}}}})},
        event_source(6, kDay + 5h));
  CHECK(customer_json(customer, {"t", true, nullptr})["relations"][0]["state"] == "expo");
}

TEST_CASE("a channel code that only a later answer tells is that of the stretch it was told in") {
  Customer customer = lei();
  const auto told = [](const char* state) {
    return Json{{"since", to_ms(kDay)}, {"set", {{"state", state}}}};
  };
  apply(customer, {relation("active", kDay)}, event_source(1, kDay));
  apply(customer, {relation("active", kDay + 4s, told("shop"))}, answer_source(2, kDay + 4s));
  CHECK(customer.relations[0].periods[0].state == "shop");
  CHECK(customer.origin_state == "shop");
  apply(customer, {relation("ended", kDay + 1h)}, event_source(3, kDay + 1h));
  apply(customer, {relation("active", kDay + 2h, {{"set", {{"state", "expo"}}}})},
        event_source(4, kDay + 2h));
  const Json shown = customer_json(customer, {"t", true, nullptr});
  CHECK(shown["relations"][0]["state"] == "expo");
  CHECK(shown["relations"][0]["history"][0]["state"] == "shop");
  CHECK(shown["source"]["state"] == "shop");

  // The answer dates the beginning before the event that was seen first.
  Customer lost = lei();
  apply(lost, {relation("active", kDay + 60s)}, event_source(1, kDay + 60s));
  apply(lost, {relation("active", kDay + 64s, told("link"))}, answer_source(2, kDay + 64s));
  CHECK(lost.origin->at == kDay);
  CHECK(lost.origin_state == "link");
  CHECK(lost.relations[0].periods[0].state == "link");
}

TEST_CASE("a beginning told late is the origin if it is the earliest, with its state") {
  Customer customer = lei();
  const auto begins = [&](const Identity& staff, Time at, const char* state, std::int64_t seq) {
    apply(customer, {relation("active", at, {{"set", {{"state", state}}}}, staff)},
          event_source(seq, at));
  };
  begins(kStaff, kDay, "expo", 1);
  begins(kOther, kDay + 1h, "shop", 2);
  const auto since = [&](const Identity& staff, Time at, std::int64_t seq) {
    Fact fact = relation("active", kDay + 2h, {{"since", to_ms(at)}}, staff);
    apply(customer, {fact}, answer_source(seq, kDay + 2h));
  };
  since(kOther, kDay - 2h, 3);
  CHECK(customer.origin->at == kDay - 2h);
  CHECK(customer.origin_state == "shop");
  since(kStaff, kDay - 3h, 4);
  CHECK(customer.origin->at == kDay - 3h);
  CHECK(customer.origin_state == "expo");
}

TEST_CASE("periods with one staff member do not overlap, whatever an answer says of the first") {
  Customer customer = lei();
  apply(customer, {relation("active", kDay)}, event_source(1, kDay));
  apply(customer, {relation("ended", kDay + 1h)}, event_source(2, kDay + 1h));
  apply(customer, {relation("active", kDay + 2h)}, event_source(3, kDay + 2h));
  apply(customer, {relation("active", kDay + 3h, {{"since", to_ms(kDay - 1h)}})},
        answer_source(4, kDay + 3h));
  REQUIRE(customer.relations.at(0).periods.size() == 2);
  CHECK(customer.relations[0].periods[1].since == kDay + 2h);
}

TEST_CASE("a relation that one list missed and a later one has never ended") {
  Customer customer = lei();
  const auto listed = [&](const Identity& staff, std::int64_t seq, Time at) {
    Fact fact = relation("active", at, {{"since", to_ms(kDay)}}, staff);
    fact.complete = Role::customer;
    apply(customer, {fact}, answer_source(seq, at));
  };
  listed(kStaff, 1, kDay + 1h);
  listed(kOther, 2, kDay + 2h);
  REQUIRE(customer.relations.size() == 2);
  CHECK(customer.relations[0].status == "ended");
  apply(customer, {relation("active", kDay + 3h, {{"since", to_ms(kDay)}})},
        answer_source(3, kDay + 3h));
  CHECK(customer.relations[0].status == "active");
  REQUIRE(customer.relations[0].periods.size() == 1);
  const RelationPeriod& period = customer.relations[0].periods[0];
  CHECK(period.since == kDay);
  CHECK(!period.until);
  CHECK(!period.ended);
  CHECK(period.reason.empty());
}

TEST_CASE("a list does not deny what was said just before it was asked for") {
  Customer customer = lei();
  apply(customer, {relation("active", kDay, {}, kOther)}, event_source(1, kDay));
  const auto asked = [&](std::int64_t seq, Time at) {
    Fact listed = relation("active", at);
    listed.complete = Role::customer;
    apply(customer, {listed}, answer_source(seq, at));
  };
  // The event's time is whole seconds: it may have happened after this was asked.
  asked(2, kDay + 60ms);
  CHECK(customer.relations[0].status == "active");
  asked(3, kDay + 59s);
  CHECK(customer.relations[0].status == "active");
  asked(4, kDay + 60s);
  CHECK(customer.relations[0].status == "ended");
}

TEST_CASE("a channel's list ends no relation that another channel knows") {
  Customer customer = lei();
  Source other = event_source(1, kDay);
  other.channel = "beta";
  apply(customer, {relation("active", kDay, {}, kOther)}, other);
  Fact listed = relation("active", kDay + 1h);
  listed.complete = Role::customer;
  apply(customer, {listed}, answer_source(2, kDay + 1h));
  CHECK(customer.relations[0].status == "active");
}

TEST_CASE("a relation that began again has ended between, though nobody told") {
  for (const bool by_answer : {false, true}) {
    CAPTURE(by_answer);
    Customer customer = lei();
    const auto active = [](Time at, const char* state) {
      return relation("active", at, {{"since", to_ms(at)}, {"set", {{"state", state}}}});
    };
    apply(customer, {active(kDay, "a")}, event_source(1, kDay));
    Source source = event_source(2, kDay + 2h);
    source.from_answer = by_answer;
    const auto effects = apply(customer, {active(kDay + 2h, "b")}, source);
    CHECK(kinds(effects) == std::vector{Effect::Kind::updated, Effect::Kind::relation_ended,
                                        Effect::Kind::relation_started});
    const Relation& found = customer.relations[0];
    CHECK(found.status == "active");
    REQUIRE(found.periods.size() == 2);
    CHECK(found.periods[0].since == kDay);
    CHECK(found.periods[0].state == "a");
    CHECK(found.periods[0].reason == "unreported");
    CHECK(found.periods[1].since == kDay + 2h);
    CHECK(found.periods[1].state == "b");
    CHECK(!found.periods[1].until);
  }
}

TEST_CASE("an identity was first named by what was said first, however late it comes") {
  Customer customer = lei();
  apply(customer, {person(kDay + 1h, {{"name", "Lei"}})}, event_source(1, kDay + 1h));
  Fact met = relation("", kDay);
  met.kind = FactKind::interaction;
  const auto effects = apply(customer, {met}, event_source(2, kDay));
  CHECK(kinds(effects) == std::vector{Effect::Kind::updated});
  CHECK(customer.identities[0].first_seen == kDay);
  CHECK(customer.identities[0].source.seq == 2);
  CHECK(customer.identities[0].last_seen == kDay + 1h);
}

TEST_CASE("every channel that says something of a customer knows her") {
  Customer customer = lei();
  apply(customer, {person(kDay, {{"name", "Lei"}})}, event_source(1, kDay));
  Source other = event_source(2, kDay + 1h);
  other.channel = "beta";
  apply(customer, {person(kDay + 1h, {{"name", "Lei"}})}, other);
  for (const char* channel : {"acme", "beta"}) {
    CHECK(std::ranges::count(facets_of(customer), Facet{Facet::Kind::channel, channel}) == 1);
  }
}

TEST_CASE("a whole list ends the relations it does not name, and a later one may list them again") {
  Customer customer = lei();
  apply(customer, {relation("active", kDay), relation("active", kDay, {}, kOther)},
        event_source(1, kDay));
  Fact listed = relation("active", kDay + 1h);
  listed.complete = Role::customer;
  apply(customer, {listed}, answer_source(2, kDay + 1h));
  CHECK(customer.relations[0].status == "active");
  CHECK(customer.relations[1].status == "ended");
  CHECK(customer.relations[1].reason == "not_listed");
  apply(customer, {relation("active", kDay + 2h, {}, kOther)}, answer_source(3, kDay + 2h));
  CHECK(customer.relations[1].status == "active");
}

TEST_CASE("staff on an earlier page of a whole list are listed too") {
  Customer customer = lei();
  apply(customer, {relation("active", kDay), relation("active", kDay, {}, kOther)},
        event_source(1, kDay));
  Fact listed = relation("active", kDay + 1h, {{"also_listed", {"wang"}}});
  listed.complete = Role::customer;
  apply(customer, {listed}, answer_source(2, kDay + 1h));
  CHECK(customer.relations[1].status == "active");
}

TEST_CASE("a half contact is pending until it becomes mutual") {
  Customer customer = lei();
  apply(customer, {relation("pending", kDay, {{"set", {{"state", "mini"}}}})},
        event_source(1, kDay));
  CHECK(customer.relations[0].status == "pending");
  const auto effects =
      apply(customer, {relation("active", kDay + 1min)}, event_source(2, kDay + 1min));
  CHECK(kinds(effects) == std::vector{Effect::Kind::updated, Effect::Kind::relation_started});
  REQUIRE(customer.relations[0].periods.size() == 1);
  CHECK(customer.relations[0].periods[0].state == "mini");
  CHECK(customer.relations[0].since() == kDay + 1min);
}

TEST_CASE("an answer does not make a half contact mutual, and nobody is told of its end") {
  Customer customer = lei();
  apply(customer, {relation("pending", kDay)}, event_source(1, kDay));
  const auto answered =
      apply(customer, {relation("active", kDay + 1h, {{"set", {{"remark", "r"}}}})},
            answer_source(2, kDay + 1h));
  CHECK(kinds(answered) == std::vector{Effect::Kind::updated});
  CHECK(customer.relations[0].status == "pending");
  CHECK(value_of(customer.relations[0].fields, "remark") == "r");
  const auto ended = apply(customer, {relation("ended", kDay + 2h)}, event_source(3, kDay + 2h));
  CHECK(kinds(ended) == std::vector{Effect::Kind::updated});
  CHECK(customer.relations[0].status == "ended");
}

TEST_CASE("an end that arrives without its beginning is kept as such") {
  Customer customer = lei();
  apply(customer, {relation("ended", kDay, {{"reason", "deleted"}})}, event_source(1, kDay));
  CHECK(customer.relations[0].status == "ended");
  CHECK(!customer.relations[0].since());
  CHECK(customer.relations[0].until() == kDay);
}

TEST_CASE("whom the platform has deleted nobody follows any more") {
  Customer customer = lei();
  apply(customer, {relation("active", kDay), relation("pending", kDay, {}, kOther)},
        event_source(1, kDay));
  Fact gone = person(kDay + 1h, Json::object());
  gone.fields["gone"] = true;
  gone.fields["reason"] = "deleted_by_staff";
  const auto effects = apply(customer, {gone}, event_source(2, kDay + 1h));
  CHECK(kinds(effects) == std::vector{Effect::Kind::updated, Effect::Kind::relation_ended});
  for (const Relation& held : customer.relations) {
    CAPTURE(held.staff.value);
    CHECK(held.status == "ended");
    CHECK(held.reason == "deleted_by_staff");
    CHECK(held.until() == kDay + 1h);
  }
  // A list that lags does not bring them back; an event does.
  apply(customer, {relation("active", kDay + 2h)}, answer_source(3, kDay + 2h));
  CHECK(customer.relations[0].status == "ended");
  apply(customer, {relation("active", kDay + 3h)}, event_source(4, kDay + 3h));
  CHECK(customer.relations[0].status == "active");
}

TEST_CASE("the newest value of a field wins, a cleared one yields, and each knows its source") {
  Customer customer = lei();
  apply(customer, {person(kDay, {{"name", "李雷"}})}, event_source(1, kDay));
  Source other = event_source(2, kDay + 1h);
  other.channel = "beta";
  apply(customer, {person(kDay + 1h, {{"name", "Lei"}})}, other);
  CHECK(value_of(customer.fields, "name") == "Lei");
  CHECK(customer.fields.at("name").winner()->source.seq == 2);
  other.seq = 3;
  other.at = kDay + 2h;
  apply(customer, {person(kDay + 2h, {{"name", nullptr}})}, other);
  CHECK(value_of(customer.fields, "name") == "李雷");
  CHECK(customer.fields.at("name").candidates().size() == 2);
}

TEST_CASE("a value said again changes nothing and keeps its first source") {
  Customer customer = lei();
  apply(customer, {person(kDay, {{"name", "李雷"}})}, event_source(1, kDay));
  CHECK(
      apply(customer, {person(kDay + 1h, {{"name", "李雷"}})}, event_source(2, kDay + 1h)).empty());
  CHECK(customer.fields.at("name").winner()->source.seq == 1);
}

TEST_CASE("a customer takes facts on top only in the order of time and sequence") {
  Customer customer = lei();
  apply(customer, {person(kDay, {})}, event_source(5, kDay));
  CHECK(customer.accepts(event_source(6, kDay)));
  CHECK(customer.accepts(event_source(1, kDay + 1ms)));
  CHECK(!customer.accepts(event_source(4, kDay)));
  CHECK(!customer.accepts(event_source(9, kDay - 1ms)));
}

TEST_CASE("of two channels the one that spoke last is believed, also when it says the same again") {
  Customer customer = lei();
  const auto said = [&](const char* channel, const char* name, std::int64_t seq) {
    Source source = event_source(seq, kDay + Milliseconds(seq));
    source.channel = channel;
    apply(customer, {person(source.at, {{"name", name}})}, source);
  };
  said("a", "old", 1);
  said("b", "new", 2);
  CHECK(value_of(customer.fields, "name") == "new");
  said("a", "old", 3);
  CHECK(value_of(customer.fields, "name") == "old");
  said("a", "old", 4);
  CHECK(customer.fields.at("name").winner()->source.seq == 3);
}

TEST_CASE("status, periods and identities know what said so") {
  const auto kept = [](std::int64_t seq, Time at) {
    Source source = event_source(seq, at);
    source.pack_hash.clear();
    return source;
  };
  Customer customer = lei();
  apply(customer, {relation("active", kDay)}, event_source(1, kDay));
  apply(customer, {relation("ended", kDay + 1h)}, event_source(2, kDay + 1h));
  apply(customer, {relation("active", kDay + 2h)}, event_source(3, kDay + 2h));
  REQUIRE(customer.relations.size() == 1);
  const Relation& found = customer.relations[0];
  REQUIRE(found.status_source);
  CHECK(*found.status_source == kept(3, kDay + 2h));
  REQUIRE(found.periods.size() == 2);
  CHECK(found.periods[0].began == kept(1, kDay));
  CHECK(found.periods[0].ended == kept(2, kDay + 1h));
  CHECK(found.periods[1].began == kept(3, kDay + 2h));
  CHECK(!found.periods[1].ended);
  CHECK(customer.identities[0].source == kept(1, kDay));
  CHECK(customer_from_state(customer_state(customer)) == customer);
}

TEST_CASE("the state read back is the state written") {
  Customer customer = lei();
  customer.id.bytes[3] = 7;
  customer.version = 3;
  apply(customer,
        {relation("active", kDay, {{"set", {{"remark", "展会"}, {"phones", {"+8613800000000"}}}}}),
         person(kDay, {{"name", "李雷😀"}, {"attributes.p.type", "user"}})},
        event_source(1, kDay));
  apply(customer, {relation("ended", kDay + 1h)}, event_source(2, kDay + 1h));
  const Json written = customer_state(customer);
  const auto read = customer_from_state(Json::from_cbor(Json::to_cbor(written)));
  REQUIRE(read);
  CHECK(*read == customer);
  CHECK(!customer_from_state(Json{{"id", 1}}));
}

TEST_CASE("what can be filtered follows relations and tags that are in force") {
  Customer customer = lei();
  apply(customer,
        {relation("active", kDay, {{"set", {{"tags", {{{"id", "et1"}, {"name", "重要"}}}}}}})},
        event_source(1, kDay));
  const auto held = facets_of(customer);
  CHECK(std::ranges::find(held, Facet{Facet::Kind::staff, "li"}) != held.end());
  CHECK(std::ranges::find(held, Facet{Facet::Kind::tag, "et1"}) != held.end());
  apply(customer, {relation("ended", kDay + 1h)}, event_source(2, kDay + 1h));
  const auto after = facets_of(customer);
  CHECK(std::ranges::find(after, Facet{Facet::Kind::staff, "li"}) == after.end());
  CHECK(std::ranges::find(after, Facet{Facet::Kind::tag, "et1"}) == after.end());
}

TEST_CASE("folding one by one equals folding all at once, over random histories") {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    std::vector<std::pair<Source, std::vector<Fact>>> history;
    Time at = kDay;
    for (std::int64_t seq = 1; seq <= 20; ++seq) {
      at += Milliseconds(pick(3) * 500);
      Source source = pick(3) == 0 ? answer_source(seq, at) : event_source(seq, at);
      const char* statuses[] = {"active", "pending", "ended", "failed"};
      Fact fact = relation(statuses[pick(4)], at, {}, pick(2) == 0 ? kStaff : kOther);
      if (source.from_answer && pick(2) == 0) fact.complete = Role::customer;
      history.push_back({source, {fact, person(at, {{"name", std::to_string(pick(3))}})}});
    }
    Customer step = lei();
    Customer stored = lei();
    for (const auto& [source, facts] : history) {
      REQUIRE(step.accepts(source));
      apply(step, facts, source);
      apply(stored, facts, source);
      stored = customer_from_state(customer_state(stored)).value();
    }
    CHECK(step == stored);
  }
}
