#include "tests/adapters/rules/fixture.h"

using namespace guanxi;
using namespace guanxi::adapters::rules;
using namespace guanxi::adapters::rules::test;

namespace {

// A follow or an unfollow, told apart by a value; labels of a list as one remark.
Json second_interface() {
  return pack_with(R"({
    "interface": 2,
    "events": {"fan": {"facts": {
      "entry": {"fact": "interaction", "party": {"cid": "/c"}, "type": "=account.event"},
      "begin": {"fact": "relation", "customer": {"cid": "/c"}, "staff": {"uid": "/u"},
                "status": "=active", "given": {"at": "/action", "is": ["follow", "1"]},
                "set": {"remark": {"at": "/labels", "pick": "/text", "as": "join:、"}}},
      "end": {"fact": "relation", "customer": {"cid": "/c"}, "staff": {"uid": "/u"},
              "status": "=ended", "given": {"at": "/action", "is": "unfollow"},
              "lacks": [{"at": "/test", "is": ["true"]}]}}}}})");
}

std::vector<std::string> statuses(const Compiled& pack, const char* message) {
  std::vector<std::string> found;
  const auto events = pack.read(Json::parse(message));
  for (const models::Fact& fact : events.at(0).facts) {
    if (fact.kind == models::FactKind::relation) {
      found.push_back(fact.fields.at("status").get<std::string>());
    }
  }
  return found;
}

}  // namespace

TEST_CASE("interface 2: a guard may ask for words, and what no guard asks for is drift") {
  const Compiled pack(second_interface());
  CAPTURE(pack.all());
  REQUIRE(pack.complaints.empty());
  using Words = std::vector<std::string>;
  CHECK(statuses(pack, R"({"type":"fan","c":"1","u":"2","action":"follow"})") == Words{"active"});
  CHECK(statuses(pack, R"({"type":"fan","c":"1","u":"2","action":1})") == Words{"active"});
  CHECK(statuses(pack, R"({"type":"fan","c":"1","u":"2","action":"unfollow"})") == Words{"ended"});
  CHECK(statuses(pack, R"({"type":"fan","c":"1","u":"2","action":"unfollow","test":true})") ==
        Words{});
  CHECK(statuses(pack, R"({"type":"fan","c":"1","u":"2"})") == Words{});
  const auto event = pack.read(Json::parse(R"({"type":"fan","c":"1","u":"2","action":"block"})"));
  REQUIRE(event.at(0).drift.size() == 1);
  CHECK(event[0].drift[0].kind == models::Drift::Kind::unknown_value);
  CHECK(event[0].drift[0].pointer == "/action");
  CHECK(event[0].drift[0].sample == "block");
}

TEST_CASE("interface 2: a list may become one text") {
  const Compiled pack(second_interface());
  const auto events = pack.read(Json::parse(
      R"({"type":"fan","c":"1","u":"2","action":"follow","labels":[{"text":"vip"},{"text":"老客户"}]})"));
  CHECK(events.at(0).drift.empty());
  for (const models::Fact& fact : events[0].facts) {
    if (fact.kind != models::FactKind::relation) continue;
    CHECK(fact.fields.at("set").at("remark") == "vip、老客户");
  }
}

TEST_CASE("a word of a later interface is refused in a pack of an earlier one, by its name") {
  Json pack = second_interface();
  pack["interface"] = 1;
  const Compiled refused(pack);
  CHECK(refused.complains("/events/fan/facts/begin/given",
                          "\"is\" is a word of interface 2; say \"interface\": 2"));
  CHECK(refused.complains("/events/fan/facts/begin/set/remark/as", "word of interface 2"));
  for (const Json& other : {Json(0), Json(3), Json("1"), Json()}) {
    pack["interface"] = other;
    CHECK(Compiled(pack).complains("/interface", "must be 1 to 2"));
  }
}

TEST_CASE("a pack of interface 1 means under interface 2 what it always meant") {
  const char* events = R"({"events": {"e": {"facts": {
    "person": {"fact": "person", "customer": {"cid": "/c"}, "given": "/n", "lacks": ["/x"],
               "set": {"name": "/n", "emails": {"at": "/m", "as": "split"}}}}}}})";
  const Compiled first(pack_with(events));
  const Compiled second(patched(pack_with(events), R"({"interface": 2})"));
  REQUIRE(first.complaints.empty());
  REQUIRE(second.complaints.empty());
  for (const char* message :
       {R"({"type":"e","c":"1","n":"Li","m":"a@x,b@x"})", R"({"type":"e","c":"1"})",
        R"({"type":"e","c":"1","n":"Li","x":1})", R"({"type":"e","c":["1"],"n":{},"new":1})"}) {
    CAPTURE(message);
    CHECK(first.read(Json::parse(message)) == second.read(Json::parse(message)));
  }
}
