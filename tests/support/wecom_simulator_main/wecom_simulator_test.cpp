#include "tests/support/wecom_simulator.h"

#include <doctest/doctest.h>

#include "gateway/net/http_client.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

struct Setup {
  net::IoThreads threads{1};
  WecomSimulator simulator;
  std::unique_ptr<net::HttpClient> client = net::make_http_client();

  explicit Setup(WecomSimulatorOptions options = {}) : simulator(threads, std::move(options)) {}

  net::ClientResponse send(const std::string& target, const Json& body = nullptr) {
    net::ClientRequest request;
    request.method = body.is_null() ? "GET" : "POST";
    request.url = simulator.api_base() + target;
    if (!body.is_null()) request.body = body.dump();
    auto response = client->send(request);
    REQUIRE(response.has_value());
    return *response;
  }
  Json ask(const std::string& target, const Json& body = nullptr) {
    const auto response = send(target, body);
    REQUIRE(response.status == 200);
    return Json::parse(response.body);
  }
  std::string token() {
    const Json answer =
        ask("/cgi-bin/gettoken?corpid=ww00scrmdemo000001&corpsecret=simulated-secret");
    return answer.at("access_token").get<std::string>();
  }
  Json customer(const std::string& id, const std::string& more = "") {
    return ask("/cgi-bin/externalcontact/get?access_token=" + token() + "&external_userid=" + id +
               more);
  }
};

}  // namespace

TEST_CASE("a token is the same until it is revoked, and a wrong secret gets none") {
  Setup setup;
  const std::string first = setup.token();
  CHECK(setup.token() == first);
  setup.simulator.revoke_tokens();
  CHECK(setup.token() != first);
  CHECK(setup.ask("/cgi-bin/user/get?userid=sales.li&access_token=" + first).at("errcode") ==
        40014);
  const Json refused = setup.ask("/cgi-bin/gettoken?corpid=ww00scrmdemo000001&corpsecret=wrong");
  CHECK(refused.at("errcode") == 40001);
  CHECK(refused.at("access_token") == "");
}

TEST_CASE("a token is taken from the query only") {
  Setup setup;
  const Json body{{"access_token", setup.token()}, {"chat_id", "wrDemoChat0001"}};
  const Json answer = setup.ask("/cgi-bin/externalcontact/groupchat/get", body);
  CHECK(answer.at("errcode") == 41001);
}

TEST_CASE("the customer of the samples is a whole one, and the same each time") {
  Setup setup;
  const Json answer = setup.customer("wmDemoAAA0001");
  CHECK(answer.at("errcode") == 0);
  CHECK(answer.at("external_contact").at("unionid") == "oDemoUnion0001");
  const Json& follow = answer.at("follow_user").at(0);
  CHECK(follow.at("userid") == "sales.li");
  CHECK(follow.at("state") == "expo2025");
  CHECK(follow.at("add_way") == 10);
  CHECK(follow.at("remark_mobiles") == Json::array({"13800000001"}));
  CHECK(follow.at("tags").at(0).at("tag_id").is_string());
  CHECK(setup.customer("wmDemoAAA0001") == answer);
  CHECK_FALSE(answer.contains("next_cursor"));
}

TEST_CASE("followers come in pages joined by a cursor") {
  Setup setup;
  setup.simulator.set_follower_page(1);
  const Json first = setup.customer("wmDemoAAA0003");
  CHECK(first.at("follow_user").size() == 1);
  const auto cursor = first.at("next_cursor").get<std::string>();
  const Json last = setup.customer("wmDemoAAA0003", "&cursor=" + cursor);
  CHECK(last.at("follow_user").at(0).at("userid") == "sales.wang");
  CHECK_FALSE(last.contains("next_cursor"));
  CHECK(setup.customer("wmDemoAAA0003", "&cursor=bad").at("errcode") == 50100);
}

TEST_CASE("failures carry the endpoint's empty fields, and an unknown path is 404 with nothing") {
  Setup setup;
  const Json unknown = setup.customer("nobody");
  CHECK(unknown.at("errcode") == 40096);
  CHECK(unknown.at("follow_user") == Json::array());
  setup.simulator.remove_customer("wmDemoAAA0002");
  CHECK(setup.customer("wmDemoAAA0002").at("errcode") == 84061);
  const auto response = setup.send("/cgi-bin/nowhere?access_token=" + setup.token());
  CHECK(response.status == 404);
  CHECK(response.body.empty());
}

TEST_CASE("ordered failures come once each, in order, and are counted as calls") {
  Setup setup;
  const std::string path = "/cgi-bin/externalcontact/get";
  setup.simulator.fail_next(path, {.errcode = 42001});
  setup.simulator.fail_next(path, {.http_status = 500});
  CHECK(setup.customer("wmDemoAAA0001").at("errcode") == 42001);
  CHECK(setup.send(path + "?access_token=x").status == 500);
  CHECK(setup.customer("wmDemoAAA0001").at("errcode") == 0);
  CHECK(setup.simulator.calls(path) == 3);
}

TEST_CASE("what it controls in a process, it controls over HTTP") {
  Setup setup;
  const std::string path = "/cgi-bin/user/get";
  setup.ask("/_sim/fail", {{"path", path}, {"errcode", 45009}, {"times", 2}});
  const std::string target = path + "?userid=boss&access_token=" + setup.token();
  CHECK(setup.ask(target).at("errcode") == 45009);
  CHECK(setup.ask(target).at("errcode") == 45009);
  CHECK(setup.ask(target).at("name") == "周总");
  CHECK(setup.ask("/_sim/calls").at(path) == 3);
  setup.ask("/_sim/customer", {{"external_contact", {{"external_userid", "wmX"}, {"name", "新客"}}},
                               {"follow_user", Json::array()}});
  CHECK(setup.customer("wmX").at("external_contact").at("name") == "新客");
}

TEST_CASE("lists name customers, staff, groups and tags that their details know") {
  Setup setup({.world = {.staff = 3, .customers = 10, .groups = 2}});
  const std::string token = "?access_token=" + setup.token();
  const Json staff = setup.ask("/cgi-bin/externalcontact/get_follow_user_list" + token);
  int customers = 0;
  for (const Json& userid : staff.at("follow_user")) {
    const std::string id = userid.get<std::string>();
    CHECK(setup.ask("/cgi-bin/user/get" + token + "&userid=" + id).at("errcode") == 0);
    const Json list = setup.ask("/cgi-bin/externalcontact/list" + token + "&userid=" + id);
    if (list.at("errcode") == 0) customers += static_cast<int>(list.at("external_userid").size());
  }
  CHECK(customers == 18);
  const Json batch = setup.ask("/cgi-bin/externalcontact/batch/get_by_user" + token,
                               {{"userid_list", {"sim.staff0001"}}, {"limit", 3}});
  CHECK(batch.at("external_contact_list").size() == 3);
  CHECK(batch.at("next_cursor") == "CUR_3");
  CHECK(batch.at("external_contact_list").at(0).at("follow_info").at("tag_id").is_array());
  const Json groups =
      setup.ask("/cgi-bin/externalcontact/groupchat/list" + token, {{"limit", 1000}});
  REQUIRE(groups.at("group_chat_list").size() == 3);
  const Json group =
      setup.ask("/cgi-bin/externalcontact/groupchat/get" + token,
                {{"chat_id", groups.at("group_chat_list").at(1).at("chat_id")}, {"need_name", 1}});
  CHECK(group.at("group_chat").at("member_list").size() == 4);
  CHECK(group.at("group_chat").at("admin_list").at(0).at("userid") == "sales.wang");
  const Json tags = setup.ask("/cgi-bin/externalcontact/get_corp_tag_list" + token, Json::object());
  CHECK(tags.at("tag_group").size() == 3);
  const Json some = setup.ask("/cgi-bin/externalcontact/get_corp_tag_list" + token,
                              {{"tag_id", {"etDemoTag005"}}});
  CHECK(some.at("tag_group").at(0).at("tag").at(0).at("name") == "一般");
  const Json departments = setup.ask("/cgi-bin/department/simplelist" + token);
  CHECK(departments.at("department_id").size() == 3);
  CHECK(setup.ask("/cgi-bin/department/get" + token + "&id=2").at("department").at("parentid") ==
        1);
}
