// The API side: how tokens and calls are asked for, and what the platform's codes mean.
#include <doctest/doctest.h>

#include "tests/adapters/wecom/wecom_channel.h"

namespace guanxi::adapters::wecom_test {
namespace {

using Action = ApiVerdict::Action;

ApiRequest request(const std::string& call, const Json& arguments, const std::string& page = {}) {
  const auto made = adapter_with()->call_request({call, arguments, today()}, page, "TOKEN");
  REQUIRE(made);
  return *made;
}

ApiVerdict verdict(const Json& body, int status = 200) {
  return adapter_with()->judge("contact.get", {status, {}, body.dump()}, today());
}

const std::string kBase = "https://qyapi.weixin.qq.com/cgi-bin/";

}  // namespace

TEST_CASE("a token is asked for with the company's id and the app's secret, and renewed in time") {
  const auto adapter = adapter_with();
  const auto name = adapter->token_name("contact.get", today());
  REQUIRE(name);
  const auto made = adapter->token_request(*name, today());
  REQUIRE(made);
  CHECK(made->method == "GET");
  CHECK(made->url == kBase + "gettoken?corpid=ww00scrmdemo000001&corpsecret=demo-secret");
  const auto token = adapter->read_token(
      *name, {200, {}, R"({"errcode":0,"errmsg":"ok","access_token":"T1","expires_in":7200})"},
      today());
  REQUIRE(token);
  CHECK(token->value == "T1");
  CHECK(token->lifetime == std::chrono::hours(2));
  CHECK(token->early == std::chrono::minutes(5));
  CHECK_FALSE(adapter->read_token(*name, {200, {}, R"({"errcode":40001,"errmsg":"no"})"}, today()));
}

TEST_CASE("without a secret there is no token to ask for") {
  ChannelSettings settings = channel();
  settings.settings.erase("secret");
  const auto bound = registry().bind(settings);
  REQUIRE(bound);
  CHECK((*bound)->token_names(today()).empty());
}

TEST_CASE("calls are made as the platform's pages say") {
  const auto contact = request("contact.get", {{"external_userid", "wm1"}});
  CHECK(contact.method == "GET");
  CHECK(contact.url.starts_with(kBase + "externalcontact/get?"));
  CHECK(contact.url.find("external_userid=wm1") != std::string::npos);
  CHECK(contact.url.find("access_token=TOKEN") != std::string::npos);
  CHECK(contact.url.find("cursor") == std::string::npos);
  CHECK(request("contact.get", {{"external_userid", "wm1"}}, "CUR_1").url.find("cursor=CUR_1") !=
        std::string::npos);

  CHECK(request("user.get", {{"userid", "li"}}).url.starts_with(kBase + "user/get?"));
  CHECK(request("department.get", {{"id", "9"}}).url.find("department/get?") != std::string::npos);

  const auto group = request("groupchat.get", {{"chat_id", "wr1"}});
  CHECK(group.method == "POST");
  CHECK(group.url.starts_with(kBase + "externalcontact/groupchat/get?"));
  CHECK(Json::parse(group.body) == Json({{"chat_id", "wr1"}, {"need_name", 1}}));

  const auto tags = [&](const Json& arguments) {
    const auto made = request("tag.list", arguments);
    CHECK(made.method == "POST");
    return Json::parse(made.body);
  };
  CHECK(tags({{"tag_id", "et1"}}).at("tag_id") == Json({"et1"}));
  CHECK(tags({{"group_id", "et9"}}).at("group_id") == Json({"et9"}));
  const Json all = tags(Json::object());
  for (const auto& [name, list] : all.items()) CHECK(list.empty());
}

TEST_CASE("a private deployment or a proxy is asked in the platform's place") {
  const auto made = adapter_with({{"api_base", "http://127.0.0.1:9000/wecom"}})
                        ->call_request({"user.get", {{"userid", "li"}}, today()}, "", "T");
  REQUIRE(made);
  CHECK(made->url.starts_with("http://127.0.0.1:9000/wecom/cgi-bin/user/get?"));
}

TEST_CASE("the platform's codes mean what its error table says") {
  const auto action = [](int code) { return verdict({{"errcode", code}, {"errmsg", "x"}}).action; };
  CHECK(action(0) == Action::ok);
  CHECK(verdict({{"external_contact", Json::object()}}).action == Action::ok);
  for (const int code : {-1, 6000, 45033, 45035, 301026, 301057})
    CHECK(action(code) == Action::retry);
  for (const int code : {40014, 42001, 40082, 42009}) CHECK(action(code) == Action::refresh);
  for (const int code : {45009, 45036}) CHECK(action(code) == Action::wait);
  CHECK(verdict({{"errcode", 45009}}).wait == std::chrono::seconds(60));
  for (const int code :
       {40001, 40013, 41001, 41002, 41004, 42012, 45031, 48010, 50001,  60020,  80001,
        85005, 48001, 48002, 48004, 48009, 48011, 60011, 60021, 301002, 701008, 84074}) {
    CAPTURE(code);
    CHECK(action(code) == Action::alert);
  }
  for (const int code :
       {40003, 40096, 40068, 40128, 41050,  41096, 49008, 60111, 81013, 84061, 84084,
        90500, 90511, 95000, 95019, 610014, 40035, 40058, 44001, 50100, 60268}) {
    CAPTURE(code);
    CHECK(action(code) == Action::give_up);
  }
  const ApiVerdict strange = verdict({{"errcode", 987654}});
  CHECK(strange.action == Action::retry);
  CHECK_FALSE(strange.known);
}

TEST_CASE("what is no answer of the platform is tried again, whatever stood in the way") {
  CHECK(adapter_with()->judge("contact.get", {0, {}, ""}, today()).action == Action::retry);
  CHECK(adapter_with()->judge("contact.get", {502, {}, "<html>"}, today()).action == Action::retry);
  for (const int status : {403, 404, 407}) {
    CHECK(adapter_with()->judge("contact.get", {status, {}, ""}, today()).action == Action::alert);
  }
  CHECK(adapter_with()->judge("contact.get", {408, {}, ""}, today()).action == Action::retry);
}

}  // namespace guanxi::adapters::wecom_test
