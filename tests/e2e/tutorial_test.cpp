// docs/adapters.md, done as it says: an eighth platform from data alone.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "crypto/digest.h"
#include "crypto/hmac.h"
#include "gateway/app/command_line.h"
#include "gateway/net/http_client.h"
#include "models/json.h"
#include "models/time.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

using namespace guanxi;
using namespace guanxi::tests;
using models::Json;

namespace {

// A fenced block of the page, with the file that it makes, if it makes one.
struct Block {
  std::string language;
  std::string file;
  std::vector<std::string> lines;

  std::string text() const {
    std::string all;
    for (const std::string& line : lines) all += line + '\n';
    return all;
  }
};

std::vector<Block> blocks_of(const std::string& page) {
  static const std::regex kFile("`([^`]+)`:");
  std::ifstream stream(page);
  std::vector<Block> blocks;
  std::string line;
  std::string file;
  while (std::getline(stream, line)) {
    if (!line.starts_with("```")) {
      std::smatch match;
      file = std::regex_match(line, match, kFile) ? match[1].str() : "";
      continue;
    }
    Block block{line.substr(3), file, {}};
    while (std::getline(stream, line) && line != "```") block.lines.push_back(line);
    blocks.push_back(std::move(block));
  }
  return blocks;
}

std::string free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(listener);
  return std::to_string(ntohs(address.sin_port));
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

class Reader {
 public:
  Reader() : blocks_(blocks_of(GUANXI_SOURCE_DIR "/docs/adapters.md")) {
    REQUIRE(blocks_.size() > 8);
  }

  // Does what the next block says; false behind the last.
  bool step() {
    if (next_ == blocks_.size()) return false;
    const Block& block = blocks_[next_++];
    if (!block.file.empty()) write(block);
    if (block.language == "sh") {
      for (const std::string& line : block.lines) run(line);
    }
    return true;
  }
  // Up to the block that makes this file, which is the next.
  void read_up_to(const std::string& file) {
    while (next_ < blocks_.size() && blocks_[next_].file != file) REQUIRE(step());
    REQUIRE(next_ < blocks_.size());
  }
  // Up to and with the block that has this command.
  void read_through(const std::string& command) {
    for (;;) {
      REQUIRE(next_ < blocks_.size());
      const auto& lines = blocks_[next_].lines;
      const bool has = std::ranges::any_of(
          lines, [&](const std::string& line) { return line.starts_with(command); });
      step();
      if (has) return;
    }
  }

  Json get(const std::string& target) {
    const auto response = client_->send({"GET",
                                         "http://127.0.0.1:" + private_ + target,
                                         {{"Authorization", "Bearer " + key_}},
                                         "",
                                         Milliseconds{30'000}});
    REQUIRE(response);
    REQUIRE(response->status == 200);
    return Json::parse(response->body);
  }

  // What the page's Python does.
  int send(const std::string& channel, const std::string& secret, const std::string& body) {
    const std::string stamp = std::to_string(to_ms(system_now()) / 1000);
    crypto::Hmac hmac(crypto::HashAlgorithm::sha256, secret);
    const std::string signature = crypto::to_hex(hmac.sign(stamp + "." + body));
    const auto response =
        client_->send({"POST",
                       "http://127.0.0.1:" + public_ + "/callbacks/webhook/" + channel,
                       {{"X-Webhook-Timestamp", stamp},
                        {"X-Webhook-Signature", "sha256=" + signature},
                        {"Content-Type", "application/x-www-form-urlencoded"}},
                       body,
                       Milliseconds{30'000}});
    REQUIRE(response);
    return response->status;
  }

  // Every look is a long poll of the feed, which ends within a second.
  template <typename Condition>
  void await(const Condition& condition) {
    std::string after;
    for (int looks = 0; looks < 120; ++looks) {
      if (condition()) return;
      after = get("/v1/changes?limit=500&wait=1&after=" + after).at("next").get<std::string>();
    }
    FAIL("does not come about");
  }
  void await_worked() {
    await([&] { return get("/v1/channels").at("backlog").at("waiting") == 0; });
  }

  Json customer(const std::string& identity) {
    const Json customers = get("/v1/customers?platform=webhook");
    for (const Json& one : customers.at("data")) {
      for (const Json& held : one.at("identities")) {
        if (held.at("value") == identity) return one;
      }
    }
    return nullptr;
  }

  std::string output() const { return output_; }
  int stop() {
    gateway_->send_signal(SIGTERM);
    return gateway_->wait();
  }

 private:
  void write(const Block& block) {
    const bool is_config = block.file == "guanxi.toml";
    const std::string path = folder_.file((is_config ? "" : "rules/") + block.file);
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::string text = block.text();
    if (is_config) {
      text = replaced(std::move(text), "127.0.0.1:8080", "127.0.0.1:" + public_);
      text = replaced(std::move(text), "127.0.0.1:8081", "127.0.0.1:" + private_);
      text = replaced(std::move(text), "sqlite:guanxi.db", "sqlite:" + folder_.file("guanxi.db"));
      text = replaced(std::move(text), "dir = \"rules\"", "dir = \"" + folder_.file("rules") + '"');
    }
    std::ofstream(path + ".part") << text;
    std::filesystem::rename(path + ".part", path);
  }

  void run(const std::string& line) {
    CAPTURE(line);
    if (line == "guanxi serve") return serve();
    if (line.starts_with("curl ")) {
      const std::size_t at = line.find("$GX") + 3;
      get(line.substr(at, line.find('"', at) - at));
      return;
    }
    REQUIRE(line.starts_with("guanxi "));
    if (gateway_ && line.find("trigger") == std::string::npos) await_known();
    std::istringstream words(line.substr(7));
    std::vector<std::string> arguments;
    for (std::string word; words >> word;) {
      arguments.push_back(word == "rules" && !arguments.empty() ? folder_.file("rules") : word);
    }
    if (arguments.front() == "keys") arguments.emplace_back("--json");
    arguments.insert(arguments.end(), {"--config", folder_.file("guanxi.toml")});
    std::ostringstream out;
    std::ostringstream err;
    const int code = app::run(arguments, out, err);
    CAPTURE(out.str());
    CAPTURE(err.str());
    CHECK(code == 0);
    output_ = out.str();
    if (arguments.front() == "keys") key_ = Json::parse(output_).at("key").get<std::string>();
  }

  // A command that looks at what came is given by a reader who has waited for it.
  void await_known() {
    if (!key_.empty()) await_worked();
  }

  void serve() {
    gateway_ =
        std::make_unique<Process>(std::vector<std::string>{GUANXI_BINARY_DIR "/guanxi", "serve",
                                                           "--config", folder_.file("guanxi.toml")},
                                  folder_.file("gateway.log"));
    while (const auto line = gateway_->read_line()) {
      if (line->starts_with("ready ")) return;
    }
    FAIL("the gateway does not start");
  }

  TemporaryFolder folder_;
  std::vector<Block> blocks_;
  std::size_t next_ = 0;
  std::string public_ = free_port();
  std::string private_ = free_port();
  std::string key_;
  std::string output_;
  std::unique_ptr<Process> gateway_;
  std::unique_ptr<net::HttpClient> client_ = net::make_http_client();
};

}  // namespace

TEST_CASE("the adapter author's tutorial works as it stands: a platform from data alone") {
  Reader reader;
  reader.read_through("curl");
  reader.await_worked();
  CHECK(reader.get("/v1/events").at("data").size() == 4);
  CHECK(reader.get("/v1/events?status=none").at("data").size() == 1);
  CHECK(reader.get("/v1/events?status=normalized").at("data").size() == 3);
  const Json customers = reader.get("/v1/customers?platform=webhook").at("data");
  REQUIRE(customers.size() == 2);
  for (const Json& customer : customers) CHECK(customer.at("name") == "李雷");
  const Json buyer = reader.customer("b-1001");
  CHECK(buyer.at("attributes").at("webhook.city") == "杭州");
  CHECK(buyer.at("attributes").at("webhook.level") == "gold");
  const Json timeline =
      reader.get("/v1/customers/" + buyer.at("id").get<std::string>() + "/timeline").at("data");
  REQUIRE(timeline.size() == 1);
  CHECK(timeline[0].at("amount") == 19900);
  const Json lead = reader.customer("+8613800000000");
  CHECK(lead.at("company").at("name") == "未来工厂");
  CHECK(lead.at("source").at("state") == "spring");

  // The sender's place: JSON and form, and who has not the secret.
  CHECK(reader.send("shop", "tutorial-secret-0001", R"({"id":"evt-6","type":"ping","data":{}})") ==
        200);
  CHECK(reader.send(
            "landing", "tutorial-secret-0002",
            "id=evt-7&type=lead.created&lead_id=l-1003&name=Han+Meimei&phone=13900000000") == 200);
  CHECK(reader.send("shop", "tutorial-secret-0009", R"({"id":"evt-8","type":"ping","data":{}})") ==
        403);
  reader.await_worked();
  CHECK(reader.customer("+8613900000000").at("name") == "Han Meimei");

  // The sender changes: everything is kept and seen, then read rightly.
  reader.read_up_to("webhook/2026-06-01.json");
  for (const char* seen : {"/data/member_id", "order.refunded", "member_level"}) {
    CAPTURE(seen);
    CHECK(reader.output().find(seen) != std::string::npos);
  }
  CHECK(reader.customer("b-1002").is_null());
  CHECK(reader.customer("b-1001").at("attributes").at("webhook.level") == "raw:3");
  reader.step();
  reader.await([&] {
    const Json rules = reader.get("/v1/rules").at("data").at(0);
    return rules.at("channels").at(0).at("version") == "2026-06-01";
  });
  reader.read_through("curl");
  const Json member = reader.customer("b-1002");
  CHECK(reader.get("/v1/customers/" + member.at("id").get<std::string>() + "/timeline")
            .at("data")
            .size() == 2);
  CHECK(reader.customer("b-1001").at("attributes").at("webhook.level") == "platinum");
  CHECK(reader.get("/v1/events?status=unmapped").at("data").empty());
  CHECK(reader.stop() == 0);
}
