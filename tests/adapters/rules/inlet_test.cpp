// From a message to the event's name: inlets, split, keys, fallbacks; with the shapes of platforms
// to come, since the vocabulary must carry them.
#include "adapters/rules/inlet.h"

#include "tests/adapters/rules/fixture.h"

using namespace guanxi;
using namespace guanxi::adapters::rules;
using namespace guanxi::adapters::rules::test;

namespace {

// Three encodings of one event, and the list of those that failed.
Json four_wire_forms() {
  return pack_with(R"({
    "inlets": {
      "main": null,
      "stream": {"has": ["/specVersion", "/headers/eventType"], "json": ["/data"],
        "keys": {"case": "camel", "rename": {"userid": "userId"}}, "name": ["/headers/eventType"],
        "time": ["/headers/eventBornTime"], "body": "/data",
        "ignored": {"/type": 1, "/headers/topic": 1}},
      "http": {"has": ["/EventType"], "keys": {"case": "camel", "rename": {"userid": "userId"}},
        "name": ["/eventType"], "time": ["/eventTime", "/timeStamp"], "ignored": {"/corpId": 1}},
      "sync": {"has": ["/EventType", "/bizData"], "split": "/bizData", "json": ["/biz_data"],
        "keys": {"case": "camel", "rename": {"userid": "userId"}}, "name": ["/bizData/syncAction"],
        "time": ["/gmtModified"], "body": "/bizData", "ignored": {"/corpId": 1}},
      "failed": {"has": ["/failed_list"], "split": "/failed_list",
        "name": ["/call_back_tag"], "time": "/event_time",
        "keys": {"rename": {"userid": "userId"}},
        "body": ["/$name/callbackData", "/$name"]}},
    "events": {"user_add_org": {
      "facts": {"staff": {"fact": "staff", "each": "/userId", "staff": {"uid": "@"}, "status": "=active"}},
      "ignored": {"/optStaffId": 1, "/syncAction": 1, "/corpid": 1}}}})");
}

}  // namespace

TEST_CASE("four wire forms of one event state equal facts, without drift") {
  const Compiled pack = clean(four_wire_forms());
  const Json expected = Json::parse(R"({"event":"user_add_org","at":"2025-01-01T00:00:00.000Z",
    "facts":[{"fact":"staff","staff":{"uid":"u0001"},"status":"active"}],"calls":[],"drift":[]})");
  for (
      const char* message : {
          R"({"specVersion":"1.0","type":"EVENT","headers":{"eventType":"user_add_org","eventBornTime":"1735689600000","topic":"*"},
               "data":"{\"userId\":[\"u0001\"],\"optStaffId\":\"admin01\"}"})",
          R"({"EventType":"user_add_org","EventTime":1735689600000,"CorpId":"d1","userId":["u0001"]})",
          R"({"CorpId":"d1","EventType":"user_add_org","UserId":["u0001"],"OptStaffId":"admin01","TimeStamp":"1735689600000"})",
          R"({"EventType":"SYNC_HTTP_PUSH_HIGH","bizData":[{"gmt_modified":1735689600000,"corp_id":"d1",
               "biz_data":"{\"syncAction\":\"user_add_org\",\"userid\":\"u0001\"}"}]})",
          R"({"failed_list":[{"user_add_org":{"userid":["u0001"],"corpid":"d1"},
               "call_back_tag":"user_add_org","event_time":1735689600000}]})",
          R"({"failed_list":[{"user_add_org":{"callbackData":{"userid":["u0001"]},"corpid":"d1"},
               "call_back_tag":"user_add_org","event_time":1735689600000}]})"}) {
    CAPTURE(std::string(message));
    CHECK(event_of(pack, message) == expected);
  }
}

TEST_CASE("keys of any style become camel case, the first of duplicates winning") {
  CHECK(camel_key("belong_customer_id") == "belongCustomerId");
  CHECK(camel_key("UserId") == "userId");
  CHECK(camel_key("DING_CUSTOMER") == "dINGCUSTOMER");
  CHECK(camel_key("_") == "_");
}

TEST_CASE("the inlet with the most pointers wins, and one may be for some recipes only") {
  const Compiled pack = clean(pack_with(R"({
    "inlets": {"other": {"has": ["/type", "/extra"], "name": ["=other"]},
               "url": {"has": ["/type"], "from": ["lead"], "name": ["=lead"]},
               "main": {"from": ["app"]}},
    "events": {"e": {"none": "nothing"}, "other": {"none": "nothing"}, "lead": {"none": "nothing"}}})"));
  const auto name = [&](const char* message, const char* recipe) {
    return pack.read(Json::parse(message), recipe).front().name;
  };
  CHECK(name(R"({"type":"e"})", "app.xml") == "e");
  CHECK(name(R"({"type":"e","extra":1})", "app.xml") == "other");
  CHECK(name(R"({"type":"e"})", "lead.url") == "lead");
  CHECK(name(R"({"x":1})", "app.xml") == "unrecognized");
}

TEST_CASE("the longest declared name reads an event; a shorter one is drift, none is unmapped") {
  const Compiled pack = clean(pack_with(R"({
    "inlets": {"main": {"name": ["=ev", "/type", "/a|/b"]}},
    "events": {"ev/x": {"none": "known"}, "ev/x/y": {"none": "known"}}})"));
  const auto first = [&](const char* message) { return pack.read(Json::parse(message)).front(); };
  CHECK(first(R"({"type":"x","b":"y"})").name == "ev/x/y");
  CHECK(first(R"({"type":"x","b":"y"})").status == models::Event::Status::none);
  CHECK(first(R"({"type":"x"})").drift.empty());
  const auto variant = first(R"({"type":"x","b":"z"})");
  CHECK(variant.name == "ev/x");
  REQUIRE(variant.drift.size() == 1);
  CHECK(variant.drift[0].kind == models::Drift::Kind::variant);
  CHECK(variant.drift[0].pointer == "/b");
  CHECK(variant.drift[0].sample == "ev/x/z");
  const auto unmapped = first(R"({"type":"z"})");
  CHECK(unmapped.status == models::Event::Status::unmapped);
  CHECK(unmapped.name == "ev/z");
  REQUIRE(unmapped.drift.size() == 1);
  CHECK(unmapped.drift[0].kind == models::Drift::Kind::unknown_event);
}

TEST_CASE("a name is folded to lower case when the platform cannot decide") {
  const Compiled pack = clean(pack_with(R"({"inlets": {"main": {"fold": true}},
    "events": {"click": {"none": "known"}}})"));
  CHECK(pack.read(Json::parse(R"({"type":"CLICK"})")).front().name == "click");
}

TEST_CASE("hostile names are bounded and hold no control characters") {
  const Compiled pack = clean(pack_with(R"({"events": {"e": {"none": "known"}}})"));
  const auto name = pack.read(Json{{"type", std::string(100'000, 'x') + "\n"}}).front().name;
  CHECK(name.size() <= 120);
  CHECK(pack.read(Json{{"type", "a\nb\xff"}}).front().name.find('\n') == std::string::npos);
  CHECK(pack.read(Json{{"type", Json::object({{"a", 1}})}}).front().name == "unrecognized");
}

TEST_CASE("a cleared name of an old and new object, and a lead's form: two platforms' shapes") {
  const Compiled pack = clean(pack_with(R"({
    "enums": {"form_labels": {"姓名": "name", "手机号": "phones"}},
    "events": {
      "contact.user.updated_v3": {"facts": {"user": {"fact": "staff", "staff": {"uid": "/object/open_id"},
        "set": {"name": {"at": "/object/name", "was": "/old_object/name"}}}}},
      "im_receive_msg": {"facts": {"lead": {"fact": "lead", "given": "/content/card_data",
        "id": "/content/server_message_id", "customer": {"cid": "/from_user_id"},
        "answers": {"at": "/content/card_data", "pairs": ["/label", "/value"], "enum": "form_labels"},
        "at": "/content/create_time"}}}}})"));
  CHECK(facts_of(pack, R"({"type":"contact.user.updated_v3","object":{"open_id":"ou1"},
                           "old_object":{"name":"old"}})") ==
        Json::parse(R"([{"fact":"staff","staff":{"uid":"ou1"},"set":{"name":{"cleared":true}}}])"));
  CHECK(facts_of(pack, R"({"type":"im_receive_msg","from_user_id":"u-c-0001","content":{
    "server_message_id":"@msg-0001","create_time":1717200000123,
    "card_data":[{"label":"姓名","value":"测试甲"},{"label":"城市","value":"杭州"}]}})") ==
        Json::parse(R"([{"fact":"lead","id":{"lead":"@msg-0001"},"customer":{"cid":"u-c-0001"},
          "at":"2024-06-01T00:00:00.123Z","answers":{"城市":"杭州"},"set":{"name":"测试甲"}}])"));
}
