// Every platform, whatever it is: all its sample events sent over HTTP to a gateway that stands
// beside a simulator of the platform's API, as an operator would try it with `guanxi trigger`.
#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "adapters/rules/pack_source.h"
#include "gateway/app/command_line.h"
#include "gateway/app/gateway.h"
#include "gateway/net/http_client.h"
#include "tests/support/platform_simulator.h"
#include "tests/support/temporary_folder.h"

using namespace guanxi;
using models::Json;

namespace {

struct Described {
  std::string platform;
  std::string file;
};

std::vector<Described> described_platforms() {
  std::vector<Described> all;
  for (const auto& entry :
       std::filesystem::directory_iterator(GUANXI_SOURCE_DIR "/tests/simulator")) {
    all.push_back({entry.path().stem().string(), entry.path().string()});
  }
  std::ranges::sort(all, {}, &Described::platform);
  return all;
}

class Site {
 public:
  explicit Site(const Described& described) : simulator_(threads_, described.file) {
    std::ofstream file(path());
    file << "[server]\npublic = \"127.0.0.1:0\"\nprivate = \"127.0.0.1:0\"\n"
            "public_url = \"http://127.0.0.1\"\n[store]\nurl = \"sqlite:"
         << folder_.file("test.db") << "\"\n[log]\nlevel = \"error\"\n";
    for (const Json& channel : simulator_.channels()) {
      channels_.push_back("c" + std::to_string(channels_.size()));
      file << "[[channel]]\nid = \"" << channels_.back() << "\"\nplatform = \""
           << described.platform << "\"\n";
      for (const auto& [name, value] : channel.items()) {
        file << name << " = "
             << (value == "{api_base}" ? Json(simulator_.api_base()) : value).dump() << "\n";
      }
    }
    file.close();
    const auto config = app::load_config(path());
    if (!config) FAIL(config.error().detail);
    gateway_ = std::make_unique<app::Gateway>(
        *config, [this] { return system_now() + Milliseconds{ahead_.load()}; });
    for (const app::ChannelConfig& channel : config->channels) {
      const std::string& tenant = channel.settings.tenant;
      if (keys_.contains(tenant)) continue;
      keys_[tenant] = Json::parse(run({"keys", "create", "--name", "t", "--tenant", tenant,
                                       "--scope", "admin", "--scope", "pii:read", "--json"}))["key"]
                          .get<std::string>();
    }
  }

  std::string run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--config", path()});
    std::ostringstream out;
    std::ostringstream err;
    const int code = app::run(arguments, out, err);
    CAPTURE(err.str());
    CHECK(code == 0);
    return out.str();
  }

  const std::vector<std::string>& channels() const { return channels_; }

  std::vector<std::string> events(const std::string& channel) const {
    std::vector<std::string> names;
    for (const Json& row : Json::parse(run({"trigger", channel, "--list", "--json"}))) {
      names.push_back(row.at("event").get<std::string>());
    }
    return names;
  }

  void trigger(const std::string& channel, const std::string& event) const {
    run({"trigger", channel, event, "--to",
         "http://127.0.0.1:" + std::to_string(gateway_->public_port())});
  }

  Json get(const std::string& target, const std::string& tenant = "default") const {
    const auto response =
        client_->send({"GET",
                       "http://127.0.0.1:" + std::to_string(gateway_->private_port()) + target,
                       {{"Authorization", "Bearer " + keys_.at(tenant)}},
                       "",
                       Milliseconds{60'000}});
    REQUIRE(response);
    REQUIRE(response->status == 200);
    return Json::parse(response->body);
  }

  // All pages.
  std::vector<Json> list(const std::string& target, const std::string& tenant = "default") const {
    std::vector<Json> rows;
    std::string more;
    do {
      const Json page = get(target + more, tenant);
      for (const Json& row : page.at("data")) rows.push_back(row);
      more = page.at("next_cursor").is_null()
                 ? std::string()
                 : "&cursor=" + page.at("next_cursor").get<std::string>();
    } while (!more.empty());
    return rows;
  }

  // Until no callback waits, and no call of a channel that can make them. The gateway's clock is
  // moved to the next call that is due, since some are wanted minutes after their event.
  void settle() {
    const auto tenant = store().tenant("default", system_now()).value();
    std::string after;
    for (int round = 0; round < 300; ++round) {
      const auto all = store().backlog().value();
      const auto completing = store().backlog(tenant).value();
      if (all.waiting == 0 && completing.tasks == 0) return;
      const Time now = system_now() + Milliseconds{ahead_.load()};
      const auto due = store().next_task_due().value();
      if (all.waiting == 0 && due && *due > now) ahead_ += (*due - now).count();
      // The feed's long poll is the signal that work was done; the backlog says when all is.
      after = get("/v1/changes?limit=500&wait=1&after=" + after).at("next").get<std::string>();
    }
    for (const Json& row : list("/v1/events?limit=500")) {
      const Json calls = get("/v1/events/" + row.at("seq").dump()).at("calls");
      for (const Json& call : calls) {
        if (call.at("state") != "done") MESSAGE(call.dump());
      }
    }
    FAIL("events or calls still wait");
  }

  const std::map<std::string, std::string>& keys() const { return keys_; }
  const tests::PlatformSimulator& simulator() const { return simulator_; }
  store::Store& store() { return gateway_->store(); }

 private:
  std::string path() const { return folder_.file("guanxi.toml"); }

  tests::TemporaryFolder folder_;
  net::IoThreads threads_{1};
  tests::PlatformSimulator simulator_;
  std::unique_ptr<net::HttpClient> client_ = net::make_http_client();
  std::unique_ptr<app::Gateway> gateway_;
  std::map<std::string, std::string> keys_;  // by tenant
  std::atomic<std::int64_t> ahead_ = 0;      // milliseconds
  std::vector<std::string> channels_;
};

// The events of which the newest pack has an example that is a callback.
std::set<std::string> sample_events(const std::string& platform) {
  adapters::rules::PackFiles files;
  for (const auto& entry :
       std::filesystem::directory_iterator(GUANXI_SOURCE_DIR "/adapters/" + platform + "/rules")) {
    std::ifstream stream(entry.path());
    files[entry.path().stem().string()] = {entry.path().string(), Json::parse(stream)};
  }
  std::vector<adapters::rules::Complaint> complaints;
  const Json pack = adapters::rules::resolve_pack(files, files.rbegin()->first, complaints);
  std::set<std::string> names;
  for (const auto& [name, example] : pack.at("examples").items()) {
    if (example.contains("answer_to")) continue;
    const Json& first = example.contains("events") ? example.at("events").at(0) : example;
    names.insert(first.at("event").get<std::string>());
  }
  return names;
}

// An entry for whatever variant of an event is not declared by itself: its sample is one.
bool is_fallback(const Json& event, const std::set<std::string>& all) {
  if (!event.is_string()) return false;
  const std::string prefix = event.get<std::string>() + '/';
  const auto next = all.lower_bound(prefix);
  return next != all.end() && next->starts_with(prefix);
}

}  // namespace

TEST_CASE("every event of every platform is taken, understood and completed") {
  const auto all = described_platforms();
  CHECK(all.size() >= 6);
  for (const Described& described : all) {
    CAPTURE(described.platform);
    Site site(described);
    std::set<std::string> sent;
    for (const std::string& channel : site.channels()) {
      for (const std::string& event : site.events(channel)) {
        site.trigger(channel, event);
        sent.insert(event);
      }
    }
    for (const std::string& event : sample_events(described.platform)) {
      CAPTURE(event);
      CHECK(sent.contains(event));
    }
    site.settle();
    for (const auto& [tenant, key] : site.keys()) {
      for (const Json& row : site.list("/v1/events?limit=500", tenant)) {
        CAPTURE(row.dump());
        const auto status = row.at("status").get<std::string>();
        CHECK((status == "normalized" || status == "none" ||
               (status == "unmapped" && is_fallback(row.at("event"), sent))));
      }
      const Json drift = site.get("/v1/drift?all=true", tenant).at("data");
      for (const Json& row : drift) {
        CHECK_MESSAGE(is_fallback(row.at("event"), sent), row.dump());
      }
    }
    for (const Json& row : site.list("/v1/events?limit=500")) {
      const Json calls = site.get("/v1/events/" + row.at("seq").dump()).at("calls");
      for (const Json& call : calls) {
        CAPTURE(row.at("event").dump());
        CHECK_MESSAGE(call.at("state") == "done", call.dump());
      }
    }
    for (const std::string& failure : site.simulator().failures()) FAIL_CHECK(failure);
    const auto customers = site.list("/v1/customers?limit=200");
    CHECK(!customers.empty());
    MESSAGE(described.platform, ": ", sent.size(), " events, ", customers.size(), " customers, ",
            site.simulator().answered(), " answers");
  }
}
