// The dated packs: what each day's pack reads, and that its neighbours read something else.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "tests/adapters/wecom/wecom_channel.h"

namespace guanxi::adapters::wecom_test {
namespace {

std::vector<std::string> versions() {
  for (const PlatformDescription& platform : registry().platforms()) {
    if (platform.name == "wecom") return platform.pack_versions;
  }
  return {};
}

Json examples_of(const std::string& version) {
  return read_json(source_dir() / "adapters/wecom/rules" / (version + ".json")).at("examples");
}

// An example read by a pack; answers are read as such, the rest as a stored payload.
Json read_by(const std::string& version, const Json& own) {
  const auto adapter = adapter_with({}, version);
  if (own.contains("answer_to")) {
    const auto reading =
        adapter->read_answer({own.at("answer_to").get<std::string>(), own.at("with"), today()},
                             own.at("payload").dump());
    return reading ? plain_reading(*reading) : Json("malformed");
  }
  const auto reading = adapter->read_payload("app.json", "json", own.at("payload").dump(), today());
  return reading ? plain_reading(*reading) : Json("malformed");
}

// The example as it stands after all packs up to `version`.
Json resolved_example(const std::string& name, const std::string& version) {
  Json resolved;
  for (const std::string& each : versions()) {
    const Json examples = examples_of(each);
    if (examples.contains(name)) resolved.merge_patch(examples.at(name));
    if (each == version) break;
  }
  return resolved;
}

}  // namespace

TEST_CASE("all packs in the binary are clean") {
  for (const Finding& finding : lint_built_in()) {
    FAIL_CHECK(finding.file << " " << finding.pointer << ": " << finding.reason);
  }
}

TEST_CASE("each pack's own examples are read otherwise by the pack before it") {
  const std::vector<std::string> all = versions();
  REQUIRE(all.size() >= 20);
  for (std::size_t i = 1; i < all.size(); ++i) {
    const Json own = examples_of(all[i]);
    for (const auto& [name, patch] : own.items()) {
      static_cast<void>(patch);
      CAPTURE(all[i]);
      CAPTURE(name);
      const Json example = resolved_example(name, all[i]);
      CHECK(read_by(all[i], example) != read_by(all[i - 1], example));
    }
  }
}

TEST_CASE("the pack of a day is the newest that is not later, by Beijing's calendar") {
  const auto adapter = adapter_with();
  const auto version_at = [&](const char* time) {
    return adapter->pack_at(*parse_time(time)).version();
  };
  CHECK(version_at("2026-11-22T00:00:00Z") == versions().back());
  CHECK(version_at("2024-12-18T15:59:59Z") == "2024-03-14");
  CHECK(version_at("2024-12-18T16:00:00Z") == "2024-12-19");
  CHECK(version_at("2019-08-01T00:00:00Z") == "2019-08-01");
  CHECK(version_at("2001-01-01T00:00:00Z") == "2019-01-07");
  CHECK(adapter_with({}, "2019-05-23")->pack_at(today()).version() == "2019-05-23");
}

TEST_CASE("the customer's detail moved to another path on 2019-05-23") {
  const CallContext context{"contact.get", {{"external_userid", "wm1"}}, today()};
  const auto url = [&](const std::string& version) {
    return adapter_with({}, version)->call_request(context, "", "TOKEN")->url;
  };
  CHECK(url("2019-03-11").find("/cgi-bin/crm/get_external_contact?") != std::string::npos);
  CHECK(url("2019-05-23").find("/cgi-bin/externalcontact/get?") != std::string::npos);
}

TEST_CASE("every event that the newest pack knows can be made, sent and read back") {
  const auto adapter = adapter_with();
  const Pack& pack = adapter->pack_at(today());
  std::set<std::string> seen;
  for (const std::string& name : pack.example_names()) {
    CAPTURE(name);
    if (resolved_example(name, pack.version()).contains("answer_to")) continue;
    const auto example = pack.example(name);
    REQUIRE(example);
    for (const char* recipe : {"app.xml", "app.json"}) {
      const bool xml = std::string_view(recipe) == "app.xml";
      if (xml != example->first.starts_with("<")) continue;
      const auto callback = adapter->make_callback(example->first, forgery(recipe));
      REQUIRE(callback);
      const auto opened = adapter->open(*callback, today());
      REQUIRE(opened);
      const auto reading = adapter->read_payload(opened->recipe, opened->payloads.at(0).format,
                                                 opened->payloads.at(0).bytes, today());
      REQUIRE(reading);
      for (const models::Event& event : reading->events) {
        CHECK(event.status != models::Event::Status::unmapped);
        seen.insert(event.name);
      }
    }
  }
  for (const std::string& event : pack.event_names()) {
    CAPTURE(event);
    // Messages of customer service come in answers only.
    CHECK((seen.contains(event) || event.starts_with("kf/")));
  }
}

TEST_CASE("an event of another family is kept unmapped and counted") {
  const auto reading = adapter_with()->read_payload(
      "app.xml", "xml",
      "<xml><ToUserName>ww1</ToUserName><CreateTime>1735689600</CreateTime><MsgType>event</MsgType>"
      "<Event>meeting_start</Event></xml>",
      today());
  REQUIRE(reading);
  REQUIRE(reading->events.size() == 1);
  CHECK(reading->events[0].status == models::Event::Status::unmapped);
  REQUIRE(reading->events[0].drift.size() == 1);
  CHECK(reading->events[0].drift[0].kind == models::Drift::Kind::unknown_event);
}

TEST_CASE("values outside the tables are kept raw and counted") {
  const auto adapter = adapter_with();
  const Json answer{
      {"errcode", 0},
      {"external_contact", {{"external_userid", "wm1"}, {"name", "n"}, {"type", 9}, {"gender", 7}}},
      {"follow_user", {{{"userid", "li"}, {"createtime", 1735689600}, {"add_way", 77}}}}};
  const auto reading =
      adapter->read_answer({"contact.get", {{"external_userid", "wm1"}}, today()}, answer.dump());
  REQUIRE(reading);
  const models::Event& event = reading->events.at(0);
  const Json facts = plain_facts(event.facts);
  CHECK(facts.at(0).at("fields").at("set").at("attributes.wecom.type") == "raw:9");
  CHECK_FALSE(facts.at(0).at("fields").at("set").contains("gender"));
  CHECK(facts.at(1).at("fields").at("set").at("add_way") == "raw:77");
  CHECK(event.drift.size() == 3);
}

TEST_CASE("every documented way of adding has its word") {
  const std::map<int, std::string> words{{0, "unknown"},
                                         {1, "scan_qr_code"},
                                         {2, "search_phone"},
                                         {3, "share_card"},
                                         {4, "group_chat"},
                                         {5, "phone_book"},
                                         {6, "wechat_contact"},
                                         {7, "wechat_request"},
                                         {8, "third_party_support"},
                                         {9, "search_email"},
                                         {10, "channels"},
                                         {11, "calendar"},
                                         {12, "meeting"},
                                         {13, "wechat_friend_match"},
                                         {14, "smart_hardware"},
                                         {15, "home_visit"},
                                         {16, "acquisition_link"},
                                         {17, "custom_development"},
                                         {18, "demand_reply"},
                                         {21, "presales_agent"},
                                         {22, "business_partner"},
                                         {24, "friend_request"},
                                         {201, "shared_by_colleague"},
                                         {202, "assigned"}};
  const auto adapter = adapter_with();
  for (const auto& [value, word] : words) {
    const Json answer{{"external_contact", {{"external_userid", "wm1"}}},
                      {"follow_user", {{{"userid", "li"}, {"add_way", value}}}}};
    const auto reading =
        adapter->read_answer({"contact.get", {{"external_userid", "wm1"}}, today()}, answer.dump());
    REQUIRE(reading);
    CHECK(reading->events.at(0).facts.at(1).fields.at("set").at("add_way") == word);
    CHECK(reading->events.at(0).drift.empty());
  }
}

TEST_CASE("no secret of a callback stands in a fact") {
  const auto adapter = adapter_with();
  const Pack& pack = adapter->pack_at(today());
  for (const std::string& name : pack.example_names()) {
    const auto example = pack.example(name);
    REQUIRE(example);
    const Json resolved = resolved_example(name, pack.version());
    Json read = read_by(pack.version(), resolved);
    // The token that customer service's notice brings is an argument of the call it is for.
    for (Json& event : read) event.erase("calls");
    const std::string facts = read.dump();
    CAPTURE(name);
    for (const char* secret : {"WC_demo", "CK_demo", "RC_demo", "ENCdemoToken"}) {
      CHECK(facts.find(secret) == std::string::npos);
    }
  }
}

}  // namespace guanxi::adapters::wecom_test
