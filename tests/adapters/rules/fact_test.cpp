// What facts name and state: roles, modifiers, keys, trust, wanted calls.
#include "tests/adapters/rules/fixture.h"

using namespace guanxi;
using namespace guanxi::adapters::rules;
using namespace guanxi::adapters::rules::test;

TEST_CASE("a fact names people with namespace, scope and side") {
  const Compiled pack = clean(pack_with(R"({"events": {"e": {"facts": {"r": {
    "fact": "relation", "customer": {"cid": "/c", "union": "/u"}, "staff": {"uid": "/s"},
    "status": "=active", "since": "$time"}}}}})"));
  const auto events =
      pack.read(Json::parse(R"({"type":"e","time":1735689700,"c":"c1","u":"u1","s":"s1"})"));
  REQUIRE(events.size() == 1);
  REQUIRE(events[0].facts.size() == 1);
  const models::Fact& fact = events[0].facts[0];
  const std::vector<models::Named> expected{
      {models::Role::customer, {"cid", "chat.cid", "C1", "c1", models::Side::customer}},
      {models::Role::customer, {"union", "chat.union", "default", "u1", models::Side::customer}},
      {models::Role::staff, {"uid", "chat.uid", "C1", "s1", models::Side::staff}}};
  CHECK(fact.names == expected);
  CHECK(fact.rule == "r");
  CHECK(fact.at == from_ms(1735689700000));
  CHECK(fact.fields == Json{{"status", "active"}, {"since", 1735689700000}});
}

TEST_CASE("a fact without a required role or field is not stated") {
  const Compiled pack = clean(pack_with(R"({"enums": {"s": {"1": "joined"}},
    "events": {"e": {"facts": {"m": {
    "fact": "member", "group": "/g", "party": {"uid": "/u"}, "status": {"at": "/s", "enum": "s"}}}}}})"));
  CHECK(facts_of(pack, R"({"type":"e","g":"g1","u":"u1","s":1})").size() == 1);
  for (const char* message :
       {R"({"type":"e","u":"u1","s":1})", R"({"type":"e","g":"g1","s":1})",
        R"({"type":"e","g":"g1","u":"u1"})", R"({"type":"e","g":"g1","u":"u1","s":2})"}) {
    CAPTURE(std::string(message));
    CHECK(facts_of(pack, message).empty());
  }
}

TEST_CASE("one fact an element, whether a list, one object, one scalar or comma text") {
  const Compiled pack = clean(pack_with(R"({
    "enums": {"kind": {"match": "prefix", "values": {"wm": "cid", "*": "uid"}}},
    "events": {"e": {"facts": {"m": {
    "fact": "member", "each": "/list/Item", "group": "/g",
    "party": {"kind": {"at": "@", "enum": "kind"}, "value": "@"}, "status": "=joined"}}},
    "s": {"facts": {"m": {
    "fact": "member", "each": {"at": "/list", "as": "split"}, "group": "/g",
    "party": {"uid": "@"}, "status": "=left"}}}}})"));
  const Json two = facts_of(pack, R"({"type":"e","g":"g1","list":{"Item":["wm1","li"]}})");
  REQUIRE(two.size() == 2);
  CHECK(two[0].at("party") == Json{{"cid", "wm1"}});
  CHECK(two[1].at("party") == Json{{"uid", "li"}});
  CHECK(facts_of(pack, R"({"type":"e","g":"g1","list":{"Item":"wm1"}})").size() == 1);
  CHECK(facts_of(pack, R"({"type":"e","g":"g1","list":{"Item":""}})").empty());
  CHECK(facts_of(pack, R"({"type":"s","g":"g1","list":"li,wang"})").size() == 2);
}

TEST_CASE("a nested each sees its element, the outer one and the body") {
  const Compiled pack = clean(pack_with(R"({"events": {"e": {"facts": {"t": {
    "fact": "tag", "each": ["/groups", "@/tags"], "id": "@/id", "name": "@/name",
    "group": "^/id", "group_name": "^/name", "scope": "=customer"}}}}})"));
  const Json facts = facts_of(pack, R"({"type":"e","groups":[
    {"id":"G1","name":"level","tags":[{"id":"t1","name":"A"},{"id":"t2","name":"B"}]},
    {"id":"G2","name":"way","tags":{"id":"t3","name":"C"}}]})");
  REQUIRE(facts.size() == 3);
  CHECK(facts[1] == Json::parse(R"({"fact":"tag","id":{"tag":"t2"},"name":"B","group":"G1",
                                    "group_name":"level","scope":"customer"})"));
  CHECK(facts[2].at("group") == "G2");
  const auto events = pack.read(Json::parse(
      R"({"type":"e","groups":[{"id":"G1","tags":[{"id":"t1"}]},{"id":"G2","tags":[{"id":"t3"}]}]})"));
  CHECK(events[0].facts[1].index == 1);
}

TEST_CASE("given and lacks are the only guards, and ask for something that is not empty") {
  const Compiled pack = clean(pack_with(R"({"events": {"e": {"facts": {
    "a": {"fact": "interaction", "given": "/x", "party": {"cid": "/c"}, "type": "=with"},
    "b": {"fact": "interaction", "lacks": ["/x"], "party": {"cid": "/c"}, "type": "=without"}}}}})"));
  CHECK(facts_of(pack, R"({"type":"e","c":"c1","x":0})")[0].at("type") == "with");
  CHECK(facts_of(pack, R"({"type":"e","c":"c1","x":""})")[0].at("type") == "without");
  CHECK(facts_of(pack, R"({"type":"e","c":"c1"})")[0].at("type") == "without");
}

TEST_CASE("facts of one event with the same key are one, merged in the order of rule names") {
  const Compiled pack = clean(pack_with(R"({"events": {"e": {"facts": {
    "a": {"fact": "person", "customer": {"cid": "/c"}, "set": {"name": "/n", "state": "=first"}},
    "b": {"fact": "person", "customer": {"cid": "/c"}, "set": {"state": "=second"}},
    "z": {"fact": "person", "customer": {"cid": "/d"}, "set": {"state": "=other"}}}}}})"));
  const Json facts = facts_of(pack, R"({"type":"e","c":"c1","d":"d1","n":"Li"})");
  REQUIRE(facts.size() == 2);
  CHECK(facts[0].at("set") == Json{{"name", "Li"}, {"state", "second"}});
}

TEST_CASE("our own account is no customer, and stands in for a relation's missing staff") {
  const Compiled pack = clean(pack_with(R"({
    "inlets": {"main": {"self": {"uid": "/me"}}},
    "identities": {"uid": {"side": "org"}},
    "events": {"e": {"facts": {"p": {"fact": "person", "each": "/people", "customer": {"uid": "@/id"}}}},
      "f": {"facts": {"r": {"fact": "relation", "customer": {"cid": "/c"}, "status": "=active"}}},
      "g": {"self": {"uid": "/other"},
            "facts": {"r": {"fact": "relation", "customer": {"cid": "/c"}, "status": "=active"}}}}})"));
  const Json people =
      facts_of(pack, R"({"type":"e","me":"u1","people":[{"id":"u1"},{"id":"u2"}]})");
  REQUIRE(people.size() == 1);
  CHECK(people[0].at("customer") == Json{{"uid", "u2"}});
  CHECK(facts_of(pack, R"({"type":"f","me":"u1","c":"c1"})")[0].at("staff") == Json{{"uid", "u1"}});
  CHECK(facts_of(pack, R"({"type":"g","me":"u1","other":"u3","c":"c1"})")[0].at("staff") ==
        Json{{"uid", "u3"}});
  CHECK(facts_of(pack, R"({"type":"f","c":"c1"})").empty());
}

TEST_CASE("side org is staff in our own tenant, and a customer from another") {
  const Compiled pack = clean(pack_with(R"({
    "identities": {"open": {"namespace": "chat.open", "scope": "tenant_org", "side": "org"}},
    "inlets": {"main": {"org": "/tenant"}},
    "events": {"e": {"facts": {"i": {"fact": "interaction", "type": "=message",
      "party": {"open": "/from", "org": "/from_tenant"}}}}}})"));
  const auto side = [&](const char* message) {
    return pack.read(Json::parse(message))[0].facts.at(0).names.at(0).identity;
  };
  CHECK(side(R"({"type":"e","tenant":"T1","from":"o1","from_tenant":"T1"})").side ==
        models::Side::staff);
  CHECK(side(R"({"type":"e","tenant":"T1","from":"o1"})").side == models::Side::staff);
  const auto foreign = side(R"({"type":"e","tenant":"T1","from":"o1","from_tenant":"T2"})");
  CHECK(foreign.side == models::Side::customer);
  CHECK(foreign.scope == "T1");
}

TEST_CASE("a scope may be the message's own, and the channel's where the message has none") {
  const Compiled pack = clean(pack_with(R"({
    "identities": {"cid": {"scope": "either"}}, "inlets": {"main": {"org": "/corp"}},
    "events": {"e": {"facts": {"p": {"fact": "person", "customer": {"cid": "/c"}}}}}})"));
  const auto scope = [&](const char* message) {
    return pack.read(Json::parse(message))[0].facts.at(0).names.at(0).identity.scope;
  };
  CHECK(scope(R"({"type":"e","c":"1","corp":"C9"})") == "C9");
  CHECK(scope(R"({"type":"e","c":"1"})") == "C1");
}

TEST_CASE("a fact is believed as its weakest id, its own word and its recipe allow") {
  Json json = pack_with(R"({"transport": {"recipes": {
      "app.url": {"accepts": ["bearer"]}, "app.signed": {"accepts": ["old-hash"]}}},
    "events": {"e": {"facts": {"p": {"fact": "person", "customer": {"cid": "/c", "mobile": "/m"}}}},
               "f": {"facts": {"p": {"fact": "person", "customer": {"cid": "/c"}, "trust": "staff-typed"}}}}})");
  const Compiled pack = clean(json);
  const auto trust = [&](const char* message) {
    return pack.read(Json::parse(message))[0].facts.at(0).trust;
  };
  CHECK(trust(R"({"type":"e","c":"c1"})") == models::Trust::account_bound);
  CHECK(trust(R"({"type":"e","c":"c1","m":"13800000000"})") == models::Trust::self_stated);
  CHECK(trust(R"({"type":"e","c":"c1","m":"138****0000"})") == models::Trust::account_bound);
  CHECK(trust(R"({"type":"f","c":"c1"})") == models::Trust::staff_typed);
  // What staff typed came from the platform all the same.
  CHECK_FALSE(pack.read(Json::parse(R"({"type":"f","c":"c1"})"))[0].facts.at(0).unproven);
  CHECK(pack.plan.recipe_trust.at("app.url") == models::Trust::staff_typed);
  CHECK(!pack.plan.recipe_trust.contains("app.signed"));
}

TEST_CASE("a whole list is marked with the role it belongs to") {
  const Compiled pack = clean(pack_with(R"({"events": {"e": {"facts": {"m": {
    "fact": "member", "each": "/m", "group": "/g", "party": {"uid": "@"}, "status": "=joined",
    "complete": ["group"]}}}}})"));
  const auto events = pack.read(Json::parse(R"({"type":"e","g":"g1","m":["a"]})"));
  CHECK(events[0].facts.at(0).complete == models::Role::group);
}

TEST_CASE("an interaction needs somebody or something to hang on") {
  const Compiled pack = clean(pack_with(R"({"events": {"e": {"facts": {"i": {
    "fact": "interaction", "type": "=order", "party": {"cid": "/c"}, "thread": "/t",
    "amount": {"at": "/yuan", "as": "fen_from_yuan"}}}}}})"));
  CHECK(facts_of(pack, R"({"type":"e","t":"T1","yuan":"9.90"})")[0].at("amount") == 990);
  CHECK(facts_of(pack, R"({"type":"e","yuan":"9.90"})").empty());
}

TEST_CASE("calls are wanted once, with their arguments, and only if all are there") {
  const Compiled pack = clean(pack_with(R"({
    "api": {"base": "https://api.example", "errors": {"code": "/errcode", "ok": ["0"]},
      "calls": {"group.get": {"request": "GET /group", "query": {"id": "$id", "lang": "$lang"},
                "optional": ["lang"]},
                "user.get": {"request": "GET /user/{id}"}}},
    "events": {"e": {
      "facts": {"g": {"fact": "group", "id": "/g", "version": "/v2", "version_before": "/v1"}},
      "calls": {"group": {"call": "group.get", "with": {"id": "/g", "lang": "/lang"}, "when": "gap", "after": "2s"},
                "user": {"call": "user.get", "each": "/users", "with": {"id": "@"}, "when": "unknown",
                         "about": {"uid": "@"}},
                "more": {"call": "user.get", "given": "/x", "with": {"id": "/x"}}}}}})"));
  const Json calls = event_of(pack, R"({"type":"e","g":"g1","v1":"1","v2":"2",
                                        "users":["a","b","a"]})")
                         .at("calls");
  REQUIRE(calls.size() == 3);
  CHECK(calls[0] == Json::parse(R"({"call":"group.get","with":{"id":"g1"},"after":"2s","when":"gap",
                                    "about":{"group":"g1"},"version_before":"1"})"));
  CHECK(
      calls[1] ==
      Json::parse(R"({"call":"user.get","with":{"id":"a"},"when":"unknown","about":{"uid":"a"}})"));
  CHECK(calls[2].at("with") == Json{{"id", "b"}});
}

TEST_CASE("a leads list takes the departments whose flag is set") {
  const Compiled pack = clean(pack_with(R"({"events": {"e": {"facts": {"s": {
    "fact": "staff", "staff": {"uid": "/u"},
    "departments": {"at": "/d", "as": "split"},
    "leads": {"at": "/d", "as": "split", "flags": "/f"}}}}}})"));
  CHECK(facts_of(pack, R"({"type":"e","u":"u1","d":"2,5","f":"0,1"})")[0].at("leads") == Json{"5"});
}

TEST_CASE("twenty thousand facts of two rules are merged, and as many calls told apart") {
  const Compiled pack = clean(pack_with(R"({
    "api": {"base": "https://api.example", "errors": {"code": "/errcode"},
      "calls": {"user.get": {"request": "GET /user/{id}"}}},
    "events": {"e": {
      "facts": {"a": {"fact": "tag", "each": "/list", "id": "@/id", "name": "@/name"},
                "b": {"fact": "tag", "each": "/list", "id": "@/id", "group": "@/group"}},
      "calls": {"user": {"call": "user.get", "each": "/list", "with": {"id": "@/id"}}}}}})"));
  Json message{{"type", "e"}, {"list", Json::array()}};
  for (int i = 0; i < 20'000; ++i) {
    message["list"].push_back({{"id", std::to_string(i)}, {"name", "n"}, {"group", "g"}});
  }
  const auto events = pack.read(message);
  REQUIRE(events.size() == 1);
  CHECK(events[0].facts.size() == 20'000);
  CHECK(events[0].calls.size() == 20'000);
  CHECK(events[0].facts[7].fields == Json{{"name", "n"}, {"group", "g"}});
}
