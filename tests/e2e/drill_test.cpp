// A platform changes five things at once under a gateway at work. Nothing is lost before the pack
// that knows them, and everything is right after it: one data file, no restart, no rebuild.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "crypto/base64.h"
#include "crypto/digest.h"
#include "tests/support/gateway_process.h"
#include "tests/support/pipeline_world.h"
#include "tests/support/platform_simulator.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

constexpr char kToken[] = "QDG6eK";

// The platform's API as it is from today on: the customer's detail stands at another path, and
// tells of a way to add somebody that nobody has heard of.
Json platform_of_today() {
  const Json refused{{"status", 200},
                     {"body", {{"errcode", 40014}, {"errmsg", "invalid access_token"}}}};
  const auto detail = [](const std::string& who, const std::string& name) {
    return Json{{"",
                 {{"errcode", 0},
                  {"errmsg", "ok"},
                  {"external_contact", {{"external_userid", who}, {"name", name}, {"type", 1}}},
                  {"follow_user",
                   {{{"userid", "sales.li"}, {"createtime", 1735689600}, {"add_way", 77}}}}}}};
  };
  Json records = Json::object();
  for (const char* who : {"wmRenamed", "wmMoved", "wmSigned1", "wmSigned2"}) {
    records[who] = detail(who, std::string("name of ") + who);
  }
  return {
      {"channels", Json::array()},
      {"token",
       {{{"request", "GET /cgi-bin/gettoken"},
         {"needs", Json::object()},
         {"answer",
          {{"errcode", 0}, {"errmsg", "ok"}, {"access_token", "{token}"}, {"expires_in", 7200}}},
         {"refused", refused}}}},
      {"endpoints",
       {{{"request", "GET /cgi-bin/externalcontact/v2/get"},
         {"token", "query:access_token"},
         {"refused", refused},
         {"by", "query:external_userid"},
         {"page", "query:cursor"},
         {"records", records},
         {"missing",
          {{"status", 200}, {"body", {{"errcode", 84061}, {"errmsg", "not external contact"}}}}}},
        {{"request", "GET /cgi-bin/user/get"},
         {"token", "query:access_token"},
         {"refused", refused},
         {"by", "query:userid"},
         {"records",
          {{"sales.li",
            {{"errcode", 0}, {"errmsg", "ok"}, {"userid", "sales.li"}, {"name", "李"}}}}},
         {"missing",
          {{"status", 200}, {"body", {{"errcode", 60111}, {"errmsg", "userid not found"}}}}}}}}};
}

std::string today_in_beijing() {
  return format_time(system_now() + Milliseconds{8 * 3'600'000}).substr(0, 10);
}

// All that an operator adds.
Json pack_of_today(const std::string& extends) {
  const Json sha256{{"verify", {{"alg", "sha256"}}}, {"accepts", Json::array()}};
  const std::string added = "event/change_external_contact/add_external_contact";
  const std::string linked = "event/change_external_contact/link_external_contact";
  const Json state{{"at", {"/ChannelState", "/State"}}};
  const auto example = [](const char* change, const char* who, const std::string& name) {
    const Json staff{{"userid", "sales.li"}};
    const Json customer{{"external_userid", who}};
    return Json{{"format", "xml"},
                {"payload",
                 {{"ToUserName", "ww"},
                  {"FromUserName", "sys"},
                  {"CreateTime", "1735689600"},
                  {"MsgType", "event"},
                  {"Event", "change_external_contact"},
                  {"ChangeType", change},
                  {"UserID", "sales.li"},
                  {"ExternalUserID", who},
                  {"ChannelState", "expo"}}},
                {"event", name},
                {"facts",
                 {{{"fact", "interaction"},
                   {"party", customer},
                   {"staff", staff},
                   {"type", "contact.added"},
                   {"subject", "expo"}},
                  {{"fact", "relation"},
                   {"customer", customer},
                   {"staff", staff},
                   {"status", "active"},
                   {"since", "2025-01-01T00:00:00.000Z"},
                   {"set", {{"state", "expo"}}}}}},
                {"calls",
                 {{{"call", "contact.get"}, {"with", customer}},
                  {{"call", "user.get"}, {"with", staff}, {"when", "unknown"}, {"about", staff}}}}};
  };
  return {
      {"interface", 1},
      {"extends", extends},
      {"source", {{"changed", "The platform's notice of today."}}},
      {"transport",
       {{"recipes",
         {{"app.url_check", sha256},
          {"app.xml", sha256},
          {"app.json", sha256},
          {"app.suite_url_check", sha256}}}}},
      {"events",
       {{added,
         {{"facts",
           {{"entry", {{"subject", state}}}, {"relation", {{"set", {{"state", state}}}}}}}}},
        {linked, {{"like", added}}}}},
      {"enums",
       {{"add_way", {{"77", "demand_reply"}}}, {"fail_reason", {{"customer_moved", "moved"}}}}},
      {"api", {{"calls", {{"contact.get", {{"request", "GET /cgi-bin/externalcontact/v2/get"}}}}}}},
      {"examples",
       {{"a member adds a customer, with the new field",
         example("add_external_contact", "wmDemoNew1", added)},
        {"a customer is linked to a member",
         example("link_external_contact", "wmDemoNew2", linked)}}}};
}

// The same request signed in the platform's new way, which no code of ours knows.
std::string signed_anew(std::string request) {
  const auto parameter = [&](const std::string& name) {
    const std::size_t at = request.find(name + '=') + name.size() + 1;
    return request.substr(at, request.find_first_of("& ", at) - at);
  };
  const std::size_t open = request.find("<Encrypt><![CDATA[") + 18;
  const std::string sealed = request.substr(open, request.find("]]", open) - open);
  std::vector<std::string> parts{kToken, parameter("timestamp"), parameter("nonce"), sealed};
  std::ranges::sort(parts);
  std::string text;
  for (const std::string& part : parts) text += part;
  const std::string fresh = crypto::to_hex(crypto::digest(crypto::HashAlgorithm::sha256, text));
  const std::string old = parameter("msg_signature");
  return request.replace(request.find(old), old.size(), fresh);
}

class Drill {
 public:
  Drill() {
    std::filesystem::create_directories(rules() + "/wecom/rules");
    const std::string file = folder_.file("platform.json");
    std::ofstream(file) << platform_of_today().dump();
    simulator_ = std::make_unique<PlatformSimulator>(threads_, file);
    GatewaySetup setup;
    setup.api_base = simulator_->api_base();
    setup.rules_dir = rules();
    gateway_ = std::make_unique<GatewayProcess>(setup);
    gateway_->start();
    connection_ = std::make_unique<CallbackConnection>(gateway_->public_port());
  }

  GatewayProcess& gateway() { return *gateway_; }

  int send(const std::string& payload, bool anew = false) {
    const std::string request = gateway_->callback_request(payload, ++sent_);
    return connection_->post(anew ? signed_anew(request) : request);
  }
  int forge(const std::string& payload) {
    std::string request = signed_anew(gateway_->callback_request(payload, ++sent_));
    const std::size_t at = request.find("msg_signature=") + 14;
    request[at] = request[at] == '0' ? '1' : '0';
    return connection_->post(request);
  }

  void add_pack(const std::string& text) {
    const std::string file = rules() + "/wecom/rules/" + today_in_beijing() + ".json";
    std::ofstream(file + ".part") << text;
    std::filesystem::rename(file + ".part", file);
  }

  // Every look is a long poll of the feed, which ends within a second.
  template <typename Condition>
  void await(const char* what, const Condition& condition) {
    for (int looks = 0; looks < 120; ++looks) {
      if (condition()) return;
      gateway_->get("/v1/changes?limit=1&wait=1&after=" + end_of_feed());
    }
    FAIL(what << " does not come about: " << gateway_->log());
  }

  std::string version_in_force() {
    const Json rules = gateway_->get("/v1/rules");
    return rules.at("data").at(0).at("channels").at(0).at("version").get<std::string>();
  }

  Json customer(const std::string& external_userid) {
    for (const Json& customer : gateway_->get_all("/v1/customers?limit=50")) {
      for (const Json& identity : customer.at("identities")) {
        if (identity.at("value") == external_userid) return customer;
      }
    }
    return nullptr;
  }

 private:
  std::string rules() const { return folder_.file("rules"); }

  std::string end_of_feed() {
    for (;;) {
      const Json page = gateway_->get("/v1/changes?limit=500" +
                                      (feed_.empty() ? std::string() : "&after=" + feed_));
      feed_ = page.at("next").get<std::string>();
      if (page.at("changes").empty()) return feed_;
    }
  }

  TemporaryFolder folder_;
  net::IoThreads threads_{1};
  std::unique_ptr<PlatformSimulator> simulator_;
  std::unique_ptr<GatewayProcess> gateway_;
  std::unique_ptr<CallbackConnection> connection_;
  std::string feed_;
  int sent_ = 0;
};

std::set<std::pair<std::string, std::string>> drift_of(GatewayProcess& gateway,
                                                       const std::string& pack) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Json& row : Json::parse(gateway.run({"rules", "drift", "--all", "--json"}))) {
    if (row.at("pack") != pack) continue;
    seen.emplace(row.at("kind").get<std::string>(), row.at("pointer").get<std::string>());
  }
  return seen;
}

}  // namespace

TEST_CASE(
    "a platform changes field, event, value, endpoint and signature, and one file absorbs it") {
  Drill drill;
  GatewayProcess& gateway = drill.gateway();
  const std::string before = drill.version_in_force();
  const std::int64_t now = to_ms(system_now()) / 1000;
  const std::string state = "<ChannelState>expo</ChannelState>";

  // What still is signed in the old way is taken, whatever it says.
  CHECK(drill.send(contact_event("add_external_contact", "wmRenamed", "sales.li", now, state)) ==
        200);
  CHECK(drill.send(contact_event("link_external_contact", "wmMoved", "sales.li", now, state)) ==
        200);
  CHECK(drill.send(contact_event("transfer_fail", "wmRenamed", "sales.zhao", now + 1,
                                 "<FailReason>customer_moved</FailReason>")) == 200);
  // The new way and forgeries are refused alike.
  CHECK(drill.send(contact_event("link_external_contact", "wmSigned1", "sales.li", now, state),
                   true) == 403);
  CHECK(drill.send(contact_event("add_external_contact", "wmSigned2", "sales.li", now, state),
                   true) == 403);
  CHECK(drill.forge(contact_event("add_external_contact", "wmForged", "sales.li", now)) == 403);
  gateway.await_worked();

  // All of it is seen.
  const auto seen = drift_of(gateway, before);
  CHECK(seen.contains({"unknown_field", "/ChannelState"}));
  CHECK(seen.contains({"unknown_value", "fail_reason"}));
  CHECK(std::ranges::any_of(seen, [](const auto& drift) {
    return drift.first == "unknown_event" || drift.first == "variant";
  }));
  CHECK(gateway.get_all("/v1/events?status=unmapped&limit=50").size() == 2);
  CHECK(drill.customer("wmMoved").is_null());
  CHECK(drill.customer("wmRenamed")["relations"][0]["state"].is_null());

  // A pack with a fault changes nothing, and says where it is.
  Json faulty = pack_of_today(before);
  faulty["events"]["event/change_external_contact/link_external_contact"]["like"] = "nothing";
  drill.add_pack(faulty.dump());
  drill.await("the refusal",
              [&] { return gateway.log().find("rules_refused") != std::string::npos; });
  CHECK(gateway.log().find("/events/event~1change_external_contact~1link_external_contact") !=
        std::string::npos);
  CHECK(drill.version_in_force() == before);

  // The file that knows.
  drill.add_pack(pack_of_today(before).dump(1));
  drill.await("the pack", [&] { return drill.version_in_force() == today_in_beijing(); });
  drill.await("the quarantine's release", [&] {
    return !drill.customer("wmSigned1").is_null() && !drill.customer("wmSigned2").is_null();
  });
  const Json replay = Json::parse(gateway.run({"replay", "--status", "all", "--calls", "--json"}));
  CHECK(replay.at("unreadable") == 0);
  drill.await("the answers", [&] {
    return std::ranges::all_of(
        std::vector{"wmRenamed", "wmMoved", "wmSigned1", "wmSigned2"}, [&](const char* who) {
          return drill.customer(who)["name"] == std::string("name of ") + who;
        });
  });
  gateway.await_worked();

  for (const char* who : {"wmRenamed", "wmMoved", "wmSigned1", "wmSigned2"}) {
    CAPTURE(who);
    const Json customer = drill.customer(who);
    const auto& relations = customer.at("relations");
    const auto relation = std::ranges::find(relations, "sales.li", [](const Json& row) {
      return row.at("staff_id").get<std::string>();
    });
    REQUIRE(relation != relations.end());
    CHECK(relation->at("state") == "expo");
    CHECK(relation->at("history")[0]["state"] == "expo");
    CHECK(relation->at("add_way") == "demand_reply");
    CHECK(customer.at("source").at("state") == "expo");
  }
  CHECK(drill.customer("wmForged").is_null());
  CHECK(gateway.get_all("/v1/events?status=unmapped&limit=50").empty());
  CHECK(drift_of(gateway, today_in_beijing()).empty());
  // New callbacks are taken at once, and the old signature no more.
  CHECK(drill.send(contact_event("del_follow_user", "wmMoved", "sales.li", now + 60), true) == 200);
  CHECK(drill.send(contact_event("del_follow_user", "wmSigned1", "sales.li", now + 60)) == 403);
  // Subscribers were told of what the replay changed, as such.
  const Json changes = gateway.get("/v1/changes?limit=500").at("changes");
  CHECK(std::ranges::any_of(changes,
                            [](const Json& change) { return change.value("replayed", false); }));
  CHECK(gateway.stop() == 0);
}
