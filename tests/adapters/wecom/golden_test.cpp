// Facts written by hand from the platform's documents, against the way from the wire to facts.
#include <doctest/doctest.h>

#include "tests/adapters/wecom/wecom_channel.h"

namespace guanxi::adapters::wecom_test {
namespace {

std::vector<std::filesystem::path> golden_files() {
  return json_files(source_dir() / "tests/adapters/wecom/golden");
}

Settings settings_of(const Json& golden) {
  Settings settings;
  if (const auto found = golden.find("settings"); found != golden.end()) {
    for (const auto& [name, value] : found->items()) settings[name] = value.get<std::string>();
  }
  return settings;
}

void check_event(const Json& golden, const models::Event& event) {
  CHECK(event.name == golden.at("event").get<std::string>());
  CHECK(event.status == models::Event::Status::mapped);
  CHECK(to_ms(event.at) == golden.at("at").get<std::int64_t>());
  CHECK(plain_facts(event.facts) == golden.at("facts"));
  CHECK(plain_calls(event.calls) == golden.at("calls"));
  CHECK(event.drift.empty());
}

}  // namespace

TEST_CASE("every documented callback, encrypted and opened, states the facts written by hand") {
  std::size_t checked = 0;
  for (const auto& path : golden_files()) {
    const Json golden = read_json(path);
    if (!golden.contains("payload")) continue;
    CAPTURE(path.filename().string());
    const auto adapter = adapter_with(settings_of(golden));
    const auto format = golden.at("format").get<std::string>();
    const auto payload = golden.at("payload").get<std::string>();
    const auto callback = adapter->make_callback(payload, forgery("app." + format));
    REQUIRE(callback);
    const auto opened = adapter->open(*callback, today());
    REQUIRE(opened);
    CHECK(opened->recipe == "app." + format);
    REQUIRE(opened->payloads.size() == 1);
    CHECK(opened->payloads[0].bytes == payload);
    const auto reading =
        adapter->read_payload(opened->recipe, opened->payloads[0].format, payload, today());
    REQUIRE(reading);
    REQUIRE(reading->events.size() == 1);
    check_event(golden, reading->events[0]);
    ++checked;
  }
  CHECK(checked == 42);
}

TEST_CASE("every documented answer states the facts written by hand") {
  std::size_t checked = 0;
  for (const auto& path : golden_files()) {
    const Json golden = read_json(path);
    if (!golden.contains("answer_to")) continue;
    CAPTURE(path.filename().string());
    const auto adapter = adapter_with(settings_of(golden));
    const CallContext context{golden.at("answer_to").get<std::string>(), golden.at("with"),
                              from_ms(golden.at("asked_at").get<std::int64_t>())};
    const auto reading = adapter->read_answer(context, golden.at("answer").dump());
    REQUIRE(reading);
    REQUIRE(reading->events.size() == 1);
    CHECK(plain_facts(reading->events[0].facts) == golden.at("facts"));
    CHECK(plain_calls(reading->events[0].calls) == golden.at("calls"));
    CHECK(reading->events[0].drift.empty());
    CHECK(reading->next_page == golden.at("next").get<std::string>());
    ++checked;
  }
  CHECK(checked == 2);
}

TEST_CASE("events of one customer share an order key, whatever they are about") {
  const auto adapter = adapter_with();
  const auto order_of = [&](const std::string& body) {
    const auto callback = adapter->make_callback("<xml>" + body + "</xml>", forgery("app.xml"));
    return adapter->open(*callback, today())->payloads.at(0).order;
  };
  const std::string customer = "<ExternalUserID>wmA</ExternalUserID>";
  const std::string key = order_of("<UserID>li</UserID>" + customer);
  CHECK(key != "");
  CHECK(order_of(customer + "<UserID>wang</UserID>") == key);
  CHECK(order_of("<ExternalUserID>wmB</ExternalUserID>") != key);
  CHECK(order_of("<ChatId>wr1</ChatId>") ==
        order_of("<ChatId>wr1</ChatId><ChangeType>x</ChangeType>"));
}

TEST_CASE("two callbacks that differ in one byte are never one, a repeated one is") {
  const auto adapter = adapter_with();
  const auto dedupe_of = [&](const std::string& payload, const std::string& nonce) {
    Forgery made = forgery("app.xml");
    made.nonce = nonce;
    return adapter->open(*adapter->make_callback(payload, made), today())->payloads.at(0).dedupe;
  };
  const std::string first = "<xml><FromUserName>sys</FromUserName><CreateTime>1</CreateTime></xml>";
  const std::string second =
      "<xml><FromUserName>sys</FromUserName><CreateTime>2</CreateTime></xml>";
  CHECK(dedupe_of(first, "1") == dedupe_of(first, "2"));
  CHECK(dedupe_of(first, "1") != dedupe_of(second, "1"));
}

TEST_CASE("a suite is told success, a company an empty body") {
  const auto answer_to = [&](const std::string& payload) {
    const auto adapter = adapter_with();
    return adapter->open(*adapter->make_callback(payload, forgery("app.xml")), today())->answer;
  };
  CHECK(answer_to("<xml><InfoType>change_contact</InfoType></xml>").body == "success");
  CHECK(answer_to("<xml><MsgType>event</MsgType></xml>").body == "");
  CHECK(answer_to("<xml><MsgType>event</MsgType></xml>").status == 200);
}

}  // namespace guanxi::adapters::wecom_test
