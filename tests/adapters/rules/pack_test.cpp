// Files over files: extending, choosing by day, and what a pack's examples must keep.
#include "adapters/rules/pack.h"

#include "adapters/rules/library.h"
#include "tests/adapters/rules/fixture.h"

using namespace guanxi;
using namespace guanxi::adapters;
using namespace guanxi::adapters::rules;
using namespace guanxi::adapters::rules::test;

namespace {

Json resolved(const PackFiles& files, const std::string& version,
              std::string* complaint = nullptr) {
  std::vector<Complaint> complaints;
  Json json = resolve_pack(files, version, complaints);
  if (complaint != nullptr) {
    REQUIRE(complaints.size() == 1);
    *complaint = complaints[0].reason;
  } else {
    REQUIRE(complaints.empty());
  }
  return json;
}

PackFile file(const char* json) { return {"x", Json::parse(json)}; }

// A platform whose only transport is a constant in the URL.
Json toy_pack() {
  return patched(base_pack(), R"({
    "transport": {"recipes": {"app.post": {"when": {"method": "POST", "query:key": true}, "body": "json",
      "expect": {"query:key": "setting:secret"}, "fresh": false, "dedupe": ["plain:/id"],
      "answer": {"ok": {"text": "text:ok"}}, "accepts": ["bearer", "unsigned-body", "no-time", "free-id"]}}},
    "inlets": {"main": {"ignored": {"/id": 1}}},
    "events": {"e": {"facts": {"p": {"fact": "person", "customer": {"cid": "/c"}, "set": {"name": "/n"}}}}},
    "examples": {"one": {"payload": {"type": "e", "c": "c1", "n": "Li"}, "event": "e",
      "facts": [{"fact": "person", "customer": {"cid": "c1"}, "set": {"name": "Li"}}]}}})");
}

std::vector<Complaint> complaints_of(const Json& json) {
  std::vector<Complaint> complaints;
  const Manifest manifest = compile_manifest(manifest_json(), complaints);
  const RulePack pack("chat", "2025-01-01", json, manifest, complaints);
  return complaints;
}

bool any(const std::vector<Complaint>& complaints, std::string_view pointer,
         std::string_view reason) {
  return std::ranges::any_of(complaints, [&](const Complaint& complaint) {
    return complaint.pointer == pointer && complaint.reason.find(reason) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("a pack is a merge patch over what it extends, and that over its own base") {
  const PackFiles files{{"2020-01-01", file(R"({"a":{"x":1,"y":2},"l":[1,2]})")},
                        {"2021-01-01", file(R"({"extends":"2020-01-01","a":{"y":null,"z":3}})")},
                        {"2022-01-01", file(R"({"extends":"2021-01-01","l":[9]})")}};
  CHECK(resolved(files, "2020-01-01") == Json::parse(R"({"a":{"x":1,"y":2},"l":[1,2]})"));
  CHECK(resolved(files, "2022-01-01") == Json::parse(R"({"a":{"x":1,"z":3},"l":[9]})"));
}

TEST_CASE("a pack may extend only an earlier one that exists") {
  std::string reason;
  resolved({{"2020-01-01", file(R"({"extends":"2020-01-01"})")}}, "2020-01-01", &reason);
  CHECK(reason == "is no earlier version");
  resolved({{"2020-01-01", file(R"({"extends":"2019-01-01"})")}}, "2020-01-01", &reason);
  CHECK(reason == "there is no pack \"2019-01-01\"");
  resolved({{"2020-01-01", file(R"({"extends":5})")}}, "2020-01-01", &reason);
  CHECK(reason == "is no earlier version");
}

TEST_CASE("a version is a day that exists") {
  CHECK(is_version("2024-02-29"));
  for (const char* text : {"2023-02-29", "2024-1-1", "latest", "", "2024-01-01x", "../../etc/pw"}) {
    CAPTURE(std::string(text));
    CHECK(!is_version(text));
  }
}

TEST_CASE("the pack of a day is the newest not later, and the oldest before all") {
  std::vector<Complaint> complaints;
  const Manifest manifest = compile_manifest(manifest_json(), complaints);
  Platform platform;
  CHECK(platform.pack_of_day("2024-01-01") == nullptr);
  for (const char* version : {"2020-01-01", "2024-12-19"}) {
    Json json = toy_pack();
    json["source"]["day"] = version;
    platform.packs[version] =
        std::make_shared<const RulePack>("chat", version, json, manifest, complaints);
  }
  REQUIRE(complaints.empty());
  const auto version = [&](const char* instant) {
    return (*platform.pack_of_day(beijing_day(*parse_time(instant))))->version();
  };
  CHECK(version("2024-12-18T15:59:59.999Z") == "2020-01-01");
  CHECK(version("2024-12-18T16:00:00Z") == "2024-12-19");
  CHECK(version("2030-01-01T00:00:00Z") == "2024-12-19");
  CHECK(version("2010-01-01T00:00:00Z") == "2020-01-01");
  CHECK(platform.packs.at("2020-01-01")->hash() != platform.packs.at("2024-12-19")->hash());
}

TEST_CASE("examples state exactly what is read: facts, calls, drift, and the event's name") {
  CHECK(complaints_of(toy_pack()).empty());
  const auto with = [](const char* patch) { return complaints_of(patched(toy_pack(), patch)); };
  CHECK(any(with(R"({"examples":{"one":{"payload":{"n":"Wang"}}}})"), "/examples/one", "Wang"));
  CHECK(any(with(R"({"examples":{"one":{"payload":{"new":1}}}})"), "/examples/one", "drift"));
  CHECK(
      with(
          R"({"examples":{"one":{"payload":{"new":1},"drift":[{"kind":"unknown_field","pointer":"/new"}]}}})")
          .empty());
  CHECK(any(with(R"({"examples":{"one":{"event":"f"}}})"), "/examples/one", "written is"));
  CHECK(any(with(R"({"examples":{"one":{"facts":[]}}})"), "/examples/one", "facts"));
  CHECK(any(with(R"({"examples":{"one":{"at":"2020-01-01T00:00:00Z"}}})"), "/examples/one", "/at"));
  CHECK(any(with(R"({"examples":{"one":{"what":1}}})"), "/examples/one/what", "unknown key"));
  CHECK(any(with(R"({"examples":{"one":{"received_at":"today"}}})"), "/examples/one/received_at",
            "time"));
}

TEST_CASE("every event needs an example, and every call whose answers say something") {
  Json json = toy_pack();
  json["events"]["f"] = {{"none", "reason"}};
  CHECK(any(complaints_of(json), "/events/f", "has no example"));
  json = patched(toy_pack(), R"({"api": {"base": "https://a.example", "errors": {"code": "/c"},
    "calls": {"get": {"request": "GET /x", "query": {"p": "$page"}, "pages": {"style": "cursor", "next": "/n"},
      "facts": {"p": {"fact": "person", "customer": {"cid": "/id"}}}}}}})");
  CHECK(any(complaints_of(json), "/api/calls/get", "has no example"));
  json["examples"]["two"] =
      Json::parse(R"({"answer_to":"get","payload":{"id":"c1","n":"P2"},"next":"P2",
    "facts":[{"fact":"person","customer":{"cid":"c1"}}]})");
  CHECK(complaints_of(json).empty());
  json["examples"]["two"].erase("next");
  CHECK(any(complaints_of(json), "/examples/two/next", "P2"));
}

TEST_CASE("a pack offers its examples as payloads, by name or by event") {
  std::vector<Complaint> complaints;
  const Manifest manifest = compile_manifest(manifest_json(), complaints);
  const RulePack pack("chat", "2025-01-01", toy_pack(), manifest, complaints);
  REQUIRE(complaints.empty());
  CHECK(pack.example_names() == std::vector<std::string>{"one"});
  CHECK(pack.event_names() == std::vector<std::string>{"e"});
  const auto by_name = pack.example("one");
  REQUIRE(by_name);
  CHECK(Json::parse(by_name->first) == by_name->second);
  const auto by_event = pack.example("e");
  REQUIRE(by_event);
  CHECK(*by_event == *by_name);
  const auto missing = pack.example("nothing");
  REQUIRE(!missing);
  CHECK(missing.error().code == ErrorCode::not_found);
}

TEST_CASE("a pack of the wrong shape is complained of by its schema") {
  Json json = toy_pack();
  json["inlets"] = 5;
  CHECK(any(complaints_of(json), "/inlets", ""));
  json = toy_pack();
  json.erase("examples");
  CHECK(any(complaints_of(json), "", "examples"));
  json = toy_pack();
  json["identities"]["cid"].erase("namespace");
  CHECK(any(complaints_of(json), "/identities/cid", "namespace"));
  for (const Json& other : {Json(5), Json::array(), Json("x")}) {
    CHECK(!complaints_of(other).empty());
  }
}
