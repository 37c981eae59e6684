#include "gateway/app/gateway.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "gateway/app/command_line.h"
#include "gateway/net/http_client.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wecom_simulator.h"

using namespace guanxi;
using models::Json;

namespace {

// A gateway in this process on free ports, over SQLite, beside the simulated platform.
class Site {
 public:
  Site() {
    write("");
    gateway_ = std::make_unique<app::Gateway>(config());
    std::string out = run({"keys", "create", "--name", "t", "--scope", "admin", "--json"});
    key_ = Json::parse(out)["key"].get<std::string>();
  }

  // Writes the configuration, with further lines at its end.
  void write(const std::string& more) const {
    std::ofstream file(path());
    file
        << "[server]\npublic = \"127.0.0.1:0\"\nprivate = \"127.0.0.1:0\"\n[store]\nurl = \"sqlite:"
        << folder_.file("test.db") << "\"\n[log]\nlevel = \"error\"\n"
        << channel("acme") << more;
  }

  std::string channel(const std::string& id) const {
    return "[[channel]]\nid = \"" + id +
           "\"\nplatform = \"wecom\"\ncorp_id = \"ww00scrmdemo000001\"\ntoken = \"QDG6eK\"\n"
           "encoding_aes_key = \"jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C\"\n"
           "secret = \"simulated-secret\"\napi_base = \"" +
           simulator_.api_base() + "\"\n";
  }

  app::Config config() const {
    auto config = app::load_config(path());
    REQUIRE(config);
    return *config;
  }

  std::string run(std::vector<std::string> arguments, int code = 0) const {
    arguments.push_back("--config");
    arguments.push_back(path());
    std::ostringstream out;
    std::ostringstream err;
    const int ended = app::run(arguments, out, err);
    CAPTURE(err.str());
    CHECK(ended == code);
    return out.str();
  }

  int trigger(const std::string& channel, const std::string& user) {
    const std::string to = "http://127.0.0.1:" + std::to_string(gateway_->public_port());
    std::ostringstream out;
    return app::run({"trigger", channel, "add_external_contact", "--set", "ExternalUserID=" + user,
                     "--to", to, "--config", path()},
                    out, out);
  }

  Json get(const std::string& target) {
    const auto response =
        client_->send({"GET",
                       "http://127.0.0.1:" + std::to_string(gateway_->private_port()) + target,
                       {{"Authorization", "Bearer " + key_}},
                       "",
                       Milliseconds{60'000}});
    REQUIRE(response);
    REQUIRE(response->status == 200);
    return Json::parse(response->body);
  }

  // Follows the feed until a customer has this name.
  void await_name(const std::string& name) {
    std::string after;
    while (true) {
      const Json page = get("/v1/changes?wait=30" + after);
      REQUIRE_FALSE(page["changes"].empty());
      for (const Json& change : page["changes"]) {
        const Json& customer = change["customer"];
        if (customer.is_object() && customer["name"] == name) return;
      }
      after = "&after=" + page["next"].get<std::string>();
    }
  }

  std::string path() const { return folder_.file("guanxi.toml"); }
  app::Gateway& gateway() { return *gateway_; }
  tests::WecomSimulator& simulator() { return simulator_; }

 private:
  tests::TemporaryFolder folder_;
  net::IoThreads threads_{1};
  tests::WecomSimulator simulator_{threads_};
  std::unique_ptr<net::HttpClient> client_ = net::make_http_client();
  std::unique_ptr<app::Gateway> gateway_;
  std::string key_;
};

}  // namespace

TEST_CASE("a triggered callback becomes a customer, completed by the platform and exported") {
  Site site;
  site.simulator().put_customer(
      {{"external_contact", {{"external_userid", "wmTestLi"}, {"name", "李雷"}, {"type", 1}}},
       {"follow_user", Json::array({{{"userid", "sales.li"}, {"remark", "=formula"}}})}});
  REQUIRE(site.trigger("acme", "wmTestLi") == 0);
  site.await_name("李雷");
  const Json channel = site.get("/v1/channels")["data"][0];
  CHECK(channel["counters"]["received"] == 1);
  CHECK(channel["status"] == "receiving");
  const std::string ndjson = site.run({"export", "customers"});
  CHECK(Json::parse(ndjson)["name"] == "李雷");
  const std::string csv = site.run({"export", "customers", "--format", "csv"});
  CHECK(csv.find("李雷") != std::string::npos);
  CHECK(csv.find("external_userid:wmTestLi") != std::string::npos);
}

TEST_CASE("check receives a token for a channel whose secret is right, and says what is wrong") {
  Site site;
  const Json findings = Json::parse(site.run({"check", "--json"}));
  bool received = false;
  for (const Json& finding : findings) {
    received = received || finding["message"].get<std::string>().ends_with(" received");
  }
  CHECK(received);
  site.simulator().fail_next("/cgi-bin/gettoken", {false, 0, 40001, 10});
  site.write(site.channel("second"));
  const std::string report = site.run({"check", "second"}, 1);
  CHECK(report.find("error  channel 'second': no token") != std::string::npos);
  CHECK(report.find("simulated-secret") == std::string::npos);
}

TEST_CASE("check asks for a token now, whatever was had before, and binds no channel") {
  Site site;
  site.simulator().put_customer(
      {{"external_contact", {{"external_userid", "wmTestLi"}, {"name", "李雷"}, {"type", 1}}},
       {"follow_user", Json::array({{{"userid", "sales.li"}}})}});
  REQUIRE(site.trigger("acme", "wmTestLi") == 0);
  site.await_name("李雷");  // so there is a token
  site.simulator().fail_next("/cgi-bin/gettoken", {false, 0, 40001, 1});
  CHECK(site.run({"check", "acme"}, 1).find("channel 'acme': no token") != std::string::npos);
  CHECK(site.run({"check", "acme"}).find("received") != std::string::npos);

  const auto with_tenant = [&](const std::string& tenant) {
    site.write(site.channel("typo") + "tenant = \"" + tenant + "\"\n");
  };
  with_tenant("defualt");
  site.run({"check", "typo"});
  with_tenant("default");
  site.run({"check", "typo"});
  REQUIRE(site.gateway().reload(site.config()));
  with_tenant("defualt");
  CHECK(site.run({"check", "typo"}, 1).find("since its first use") != std::string::npos);
}

TEST_CASE("a reload takes new channels, and refuses a faulty file whole") {
  Site site;
  CHECK(site.trigger("acme", "wm1") == 0);
  site.write(site.channel("second"));
  CHECK(site.trigger("second", "wm2") == 1);  // not yet known
  REQUIRE(site.gateway().reload(site.config()));
  CHECK(site.trigger("second", "wm2") == 0);
  CHECK(site.get("/v1/channels")["data"].size() == 2);

  site.write(site.channel("third") + "[[channel]]\nid = \"fourth\"\nplatform = \"wecom\"\n");
  const auto refused = site.gateway().reload(site.config());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail.find("channel 'fourth'") != std::string::npos);
  CHECK(site.get("/v1/channels")["data"].size() == 2);
  CHECK(site.trigger("acme", "wm3") == 0);

  site.write(
      "[[channel]]\nid = \"second\"\nplatform = \"wecom\"\ntenant = \"other\"\ncorp_id = "
      "\"ww00scrmdemo000001\"\ntoken = \"QDG6eK\"\nencoding_aes_key = "
      "\"jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C\"\n");
  CHECK_FALSE(site.gateway().reload(site.config()));  // a channel's tenant never changes
}

TEST_CASE("a taken port is refused with the setting's name") {
  Site site;
  app::Config config = site.config();
  const std::string taken = "127.0.0.1:" + std::to_string(site.gateway().public_port());
  config.server.private_address = taken;
  try {
    const app::Gateway second(config);
    FAIL("two gateways on one port");
  } catch (const std::runtime_error& error) {
    const std::string text = error.what();
    CHECK(text.starts_with("server.private: "));
    CHECK(text.find(taken) != std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
  }
}

TEST_CASE("a stopped gateway takes nothing more, and may be stopped again") {
  Site site;
  CHECK(site.trigger("acme", "wm1") == 0);
  site.gateway().stop();
  site.gateway().stop();
  CHECK(site.trigger("acme", "wm2") == 1);
}
