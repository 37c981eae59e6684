// What a pack does not know is reported, once a pointer, and never as a value.
#include "tests/adapters/rules/fixture.h"

using namespace guanxi;
using namespace guanxi::adapters::rules;
using namespace guanxi::adapters::rules::test;
using models::Drift;

namespace {

Json contact_pack() {
  return pack_with(R"({
    "enums": {"way": {"1": "scan_qr_code", "9": "none!"}},
    "inlets": {"main": {"json": ["/ext"], "ignored": {"/from": 1}}},
    "events": {"e": {
      "facts": {"p": {"fact": "person", "customer": {"cid": "/who/id"}, "set": {
        "name": "/who/name", "add_way": {"at": "/way", "enum": "way"}, "emails": "/mails",
        "attributes.x": {"at": "/map", "pairs": ["/k", "/v"]},
        "tags": {"at": "/tags", "item": {"id": "@/id"}}, "state": "/ext/state"}},
        "m": {"fact": "member", "each": "/list", "group": "/g", "party": {"uid": "@/u"}, "status": "=joined"}},
      "ignored": {"/seen": 1, "/free/**": 1, "/list/*/rank": 1}}}})");
}

std::vector<std::string> kinds(const Compiled& pack, const Json& message) {
  std::vector<std::string> found;
  const auto events = pack.read(message);
  for (const Drift& drift : events.front().drift) {
    found.push_back(std::string(models::drift_kind_text(drift.kind)) + " " + drift.pointer);
  }
  return found;
}

Json contact() {
  return Json::parse(R"({"type":"e","time":1735689600,"from":"sys","who":{"id":"c1","name":"Li"},
    "way":1,"mails":["a@x"],"map":[{"k":"a","v":"b"}],"tags":[{"id":"t1"}],"ext":"{\"state\":\"s\"}",
    "g":"g1","list":[{"u":"u1","rank":1},{"u":"u2"}],"seen":true,"free":{"any":{"thing":[1]}}})");
}

}  // namespace

TEST_CASE(
    "a message that the pack knows is no drift, nor are numbers for text or fields left out") {
  const Compiled pack = clean(contact_pack());
  CHECK(kinds(pack, contact()).empty());
  Json numbers = contact();
  numbers["who"]["name"] = 5;
  numbers["time"] = "1735689600";
  numbers["mails"] = "a@x";
  numbers["tags"] = numbers["tags"][0];
  numbers["list"] = numbers["list"][0];
  numbers["map"] = Json{{"colour", "red"}};
  CHECK(kinds(pack, numbers).empty());
  for (const char* key : {"way", "mails", "map", "tags", "ext", "seen", "free", "from", "time"}) {
    CAPTURE(std::string(key));
    Json less = contact();
    less.erase(key);
    CHECK(kinds(pack, less).empty());
    less[key] = nullptr;
    CHECK(kinds(pack, less).empty());
    less[key] = "";
    CHECK(kinds(pack, less).empty());
  }
}

TEST_CASE("a new field is reported wherever it stands, with its shape and not its value") {
  const Compiled pack = clean(contact_pack());
  const auto with = [&](const char* pointer, Json value) {
    Json message = contact();
    message[Json::json_pointer(pointer)] = std::move(value);
    return kinds(pack, message);
  };
  CHECK(with("/new", "x") == std::vector<std::string>{"unknown_field /new"});
  CHECK(with("/who/new", 1) == std::vector<std::string>{"unknown_field /who/new"});
  CHECK(with("/list/1/new", 1) == std::vector<std::string>{"unknown_field /list/*/new"});
  CHECK(with("/tags/0/new", 1) == std::vector<std::string>{"unknown_field /tags/*/new"});
  CHECK(with("/ext", R"({"state":"s","new":1})") ==
        std::vector<std::string>{"unknown_field /ext/new"});
  CHECK(with("/free/new", 1).empty());
  Json message = contact();
  message["secret"] = "13800000000";
  const auto events = pack.read(message);
  REQUIRE(events[0].drift.size() == 1);
  CHECK(events[0].drift[0].sample == "text(11)");
  CHECK(events[0].drift[0].event == "e");
}

TEST_CASE("a field that changed between scalar, object and list is reported") {
  const Compiled pack = clean(contact_pack());
  const auto with = [&](const char* pointer, const char* value) {
    Json message = contact();
    message[Json::json_pointer(pointer)] = Json::parse(value);
    return kinds(pack, message);
  };
  CHECK(with("/who/name", R"({"first":"Li"})") == std::vector<std::string>{"retyped /who/name"});
  CHECK(with("/who/name", R"(["Li"])") == std::vector<std::string>{"retyped /who/name"});
  CHECK(with("/seen", R"({"a":1})") == std::vector<std::string>{"retyped /seen"});
  CHECK(with("/ext", R"("no json")") == std::vector<std::string>{"retyped /ext"});
  CHECK(with("/list", R"("text")") == std::vector<std::string>{"retyped /list"});
  CHECK(with("/mails", R"([{"a":1}])") == std::vector<std::string>{"retyped /mails/*"});
}

TEST_CASE("an enum's unknown value is reported with the code, unless somebody typed it") {
  const Compiled pack = clean(contact_pack());
  Json message = contact();
  message["way"] = 77;
  auto drift = pack.read(message)[0].drift;
  REQUIRE(drift.size() == 1);
  CHECK(drift[0] == Drift{Drift::Kind::unknown_value, "e", "way", "77"});
  message["way"] = "张三 13800000000";
  drift = pack.read(message)[0].drift;
  REQUIRE(drift.size() == 1);
  CHECK(drift[0].sample.starts_with("text("));
  message["way"] = "13800000000";
  CHECK(pack.read(message)[0].drift.at(0).sample == "text(11)");
  message["way"] = 9;
  CHECK(pack.read(message)[0].drift.empty());
}

TEST_CASE("an entry that states nothing is silent, unless a list was empty or an enum said none") {
  const Compiled pack = clean(pack_with(R"({
    "enums": {"kind": {"1": "cid", "2": "none!"}},
    "events": {"e": {"facts": {"p": {"fact": "person", "each": "/list", "customer": {"kind": {"at": "@/k", "enum": "kind"}, "value": "@/id"}}}}}})"));
  const std::vector<std::string> silent{"silent "};
  CHECK(kinds(pack, Json::parse(R"({"type":"e"})")) == silent);
  CHECK(kinds(pack, Json::parse(R"({"type":"e","list":[{"k":1}]})")) == silent);
  CHECK(kinds(pack, Json::parse(R"({"type":"e","list":[]})")).empty());
  CHECK(kinds(pack, Json::parse(R"({"type":"e","list":[{"k":2,"id":"x"}]})")).empty());
  CHECK(kinds(pack, Json::parse(R"({"type":"e","list":[{"k":1,"id":"x"}]})")).empty());
}

TEST_CASE("an entry that cannot say what it always says is silent, though it wants a call") {
  const Compiled pack = clean(pack_with(R"({
    "api": {"base": "https://a.example", "errors": {"code": "/c"},
            "calls": {"get": {"request": "GET /u", "query": {"u": "$u"}}}},
    "events": {"e": {"facts": {"p": {"fact": "person", "customer": {"cid": "/id"}}},
                     "calls": {"c": {"call": "get", "with": {"u": "/u"}}}},
               "f": {"facts": {"p": {"fact": "person", "given": "/id", "customer": {"cid": "/id"}}},
                     "calls": {"c": {"call": "get", "with": {"u": "/u"}}}}}})"));
  const std::vector<std::string> silent{"silent "};
  CHECK(kinds(pack, Json::parse(R"({"type":"e","u":"li"})")) == silent);
  CHECK(kinds(pack, Json::parse(R"({"type":"e","u":"li","id":"1"})")).empty());
  CHECK(kinds(pack, Json::parse(R"({"type":"f","u":"li"})")).empty());
}

TEST_CASE("one event reports a bounded number of pointers, each once") {
  const Compiled pack = clean(contact_pack());
  Json message = contact();
  for (int i = 0; i < 500; ++i) message["new" + std::to_string(i)] = i;
  CHECK(pack.read(message)[0].drift.size() == Findings::kMost);
  message = contact();
  message["list"] = Json::array();
  for (int i = 0; i < 500; ++i) message["list"].push_back({{"u", "u"}, {"new", i}});
  CHECK(pack.read(message)[0].drift.size() == 1);
  message = contact();
  message[std::string(5000, 'k')] = 1;
  CHECK(pack.read(message)[0].drift.at(0).pointer.size() < 100);
}

TEST_CASE("a key that a person may have written stands in no report") {
  const Compiled pack(contact_pack());
  REQUIRE(pack.complaints.empty());
  Json message = contact();
  message["13800001234"] = 1;
  message["{\"id\": \"s1\"}"] = "x";
  message["li@example.com"] = "x";
  message["预算"] = "x";
  CHECK(kinds(pack, message) ==
        std::vector<std::string>{"unknown_field /key(11)", "unknown_field /key(14)",
                                 "unknown_field /key(12)", "unknown_field /预算"});
}

TEST_CASE(
    "what an event has of what the pack knows is listed, whatever it holds, and nothing else") {
  const Compiled pack = clean(contact_pack());
  using Names = std::vector<std::string>;
  const auto present = [&](const Json& message) {
    Names names = pack.read(message).front().present;
    std::ranges::sort(names);
    return names;
  };
  const Names all{"/ext",     "/ext/state", "/free",        "/from",      "/g",
                  "/list",    "/list/*",    "/list/*/rank", "/list/*/u",  "/mails",
                  "/mails/*", "/map",       "/map/*",       "/map/*/k",   "/map/*/v",
                  "/seen",    "/tags",      "/tags/*",      "/tags/*/id", "/time",
                  "/type",    "/way",       "/who",         "/who/id",    "/who/name"};
  Names sorted = all;
  std::ranges::sort(sorted);
  CHECK(present(contact()) == sorted);
  // One in place of a list is a list of one.
  Json message = contact();
  message["tags"] = message["tags"][0];
  message["new"] = 1;
  message["who"]["new"] = 1;
  CHECK(present(message) == sorted);
  // What persons named is nobody's field.
  message["map"] = Json{{"colour", "red"}};
  message["who"].erase("name");
  message["way"] = nullptr;
  message["seen"] = "";
  std::erase_if(sorted, [](const std::string& name) {
    return name.starts_with("/map/") || name == "/who/name" || name == "/way";
  });
  CHECK(present(message) == sorted);
}

TEST_CASE("of an event with too many fields none is listed, rather than some") {
  Json ignored = Json::object();
  for (int i = 0; i < 400; ++i) ignored["/f" + std::to_string(i)] = 1;
  Json text = Json::parse(
      R"({"events": {"e": {"facts": {"p": {"fact": "person", "customer": {"cid": "/who/id"}}}}}})");
  text["events"]["e"]["ignored"] = ignored;
  const Compiled pack = clean(pack_with(text.dump().c_str()));
  Json message = Json::parse(R"({"type":"e","time":1735689600,"who":{"id":"c1"}})");
  CHECK(pack.read(message).front().present.size() == 4);
  for (int i = 0; i < 252; ++i) message["f" + std::to_string(i)] = i;
  CHECK(pack.read(message).front().present.size() == Places::kMost);
  message["f300"] = 1;
  CHECK(pack.read(message).front().present.empty());
  CHECK(pack.read(message).front().drift.empty());
}
