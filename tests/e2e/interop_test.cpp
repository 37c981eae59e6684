// Encoders and receivers that others wrote, over HTTP: what they send is understood, what we send
// they understand.
#include <doctest/doctest.h>
#include <signal.h>

#include <fstream>
#include <sstream>

#include "gateway/app/command_line.h"
#include "gateway/app/gateway.h"
#include "gateway/net/http_server.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

using namespace guanxi;
using namespace guanxi::tests;

namespace {

constexpr const char* kKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

class Site {
 public:
  explicit Site(const std::string& channel) {
    std::ofstream(config()) << "[server]\npublic = \"127.0.0.1:0\"\nprivate = \"127.0.0.1:0\"\n"
                               "[store]\nurl = \"sqlite:"
                            << folder_.file("test.db") << "\"\n[log]\nlevel = \"error\"\n"
                            << "[[channel]]\nid = \"it\"\n"
                            << channel;
    const auto read = app::load_config(config());
    if (!read) FAIL(read.error().detail);
    gateway_ = std::make_unique<app::Gateway>(*read);
  }

  std::string url(const std::string& platform) const {
    return "http://127.0.0.1:" + std::to_string(gateway_->public_port()) + "/callbacks/" +
           platform + "/it";
  }
  std::string config() const { return folder_.file("guanxi.toml"); }
  std::string log() const { return folder_.file("node.log"); }
  store::Store& store() { return gateway_->store(); }

  std::unique_ptr<Process> node(const std::string& script,
                                const std::vector<std::string>& arguments) const {
    std::vector<std::string> words{"/usr/bin/env", "node",
                                   GUANXI_SOURCE_DIR "/tests/interop/" + script};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return std::make_unique<Process>(words, log());
  }

  // The payloads that are kept, waiting or worked.
  std::vector<std::string> kept(const std::string& tenant = "default") {
    REQUIRE(store().admit(100));
    const auto id = store().tenant(tenant, system_now()).value();
    std::vector<std::string> payloads;
    const auto page = store().events(id, std::nullopt, std::nullopt, 0, 100).value();
    for (const store::InboxRow& row : page.rows) {
      payloads.push_back(store().event(id, row.seq).value()->bytes);
    }
    return payloads;
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<app::Gateway> gateway_;
};

}  // namespace

TEST_CASE("what wechat-crypto seals is taken in safe mode, and nothing else is") {
  Site site(
      "platform = \"wechat\"\napp_id = \"wxdemoappid000001\"\ntoken = \"QDG6eK\"\n"
      "encoding_aes_key = \"" +
      std::string(kKey) + "\"\n");
  const std::string payload =
      "<xml><ToUserName><![CDATA[gh_demo]]></ToUserName><FromUserName><![CDATA[oDemo]]>"
      "</FromUserName><CreateTime>1735689600</CreateTime><MsgType><![CDATA[text]]></MsgType>"
      "<Content><![CDATA[你好]]></Content><MsgId>1</MsgId></xml>";
  const auto node =
      site.node("wechat.js", {site.url("wechat"), "QDG6eK", kKey, "wxdemoappid000001", payload});
  CHECK(node->read_line().value_or("") == "url check 200 5927782489442352469");
  const std::string taken = node->read_line().value_or("");
  CHECK((taken == "message 200 success" || taken == "message 200 "));
  CHECK(node->read_line().value_or("") == "tampered 403 ");
  CHECK(node->read_line().value_or("") == "plain 403 ");
  CHECK(node->wait() == 0);
  CHECK(site.kept() == std::vector<std::string>{payload});
}

TEST_CASE("dingtalk-encrypt reads in our sealed answer that its event was taken") {
  Site site(
      "platform = \"dingtalk\"\ncorp_id = \"dingcorpdemo\"\nclient_id = \"dingscrmdemo000001\"\n"
      "token = \"scrmToken01\"\naes_key = \"" +
      std::string(kKey) + "\"\n");
  const std::string payload =
      R"({"EventType":"user_leave_org","TimeStamp":"1735689600000","UserId":["li"],"CorpId":"dingcorpdemo"})";
  const auto node = site.node(
      "dingtalk.js", {site.url("dingtalk"), "scrmToken01", kKey, "dingscrmdemo000001", payload});
  CHECK(node->read_line().value_or("") == "url check 200 success");
  CHECK(node->read_line().value_or("") == "event 200 success");
  CHECK(node->read_line().value_or("") == "tampered 403 ");
  CHECK(node->wait() == 0);
  // This encoder escapes what it seals, as no server of DingTalk does.
  bool found = false;
  for (const std::string& kept : site.kept()) found = found || net::percent_decode(kept) == payload;
  CHECK(found);
}

TEST_CASE("Feishu's own SDK verifies and decrypts what trigger makes") {
  Site site(
      "platform = \"feishu\"\napp_id = \"cli_demo0001\"\n"
      "encrypt_key = \"scrm-demo-encrypt-key\"\nverification_token = \"vt_scrm_demo_0001\"\n");
  const auto node = site.node("feishu.js", {"scrm-demo-encrypt-key", "vt_scrm_demo_0001"});
  std::string port = "-";
  while (!port.empty() && !port.starts_with("port ")) port = node->read_line().value_or("");
  REQUIRE(port.starts_with("port "));
  const std::string to = "http://127.0.0.1:" + port.substr(5);
  for (const char* event : {"im.message.receive_v1/p2p/user", "contact.user.updated_v3"}) {
    std::ostringstream out;
    std::ostringstream err;
    const int code =
        app::run({"trigger", "it", event, "--to", to, "--config", site.config()}, out, err);
    CAPTURE(err.str());
    CHECK(code == 0);
  }
  CHECK(node->read_line().value_or("").starts_with("message ou_"));
  CHECK(node->read_line().value_or("").starts_with("user ou_"));
  node->send_signal(SIGTERM);
  node->wait();
}
