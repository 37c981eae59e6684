#include "gateway/app/command_line.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "gateway/app/file_limit.h"
#include "gateway/app/sample.h"
#include "gateway/app/store_access.h"
#include "models/ids.h"
#include "tests/support/temporary_folder.h"

using namespace guanxi;
using models::Json;

namespace {

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

Ran run(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = app::run(arguments, out, err);
  return {code, out.str(), err.str()};
}

// A configuration with one WeCom channel and a database beside it.
class Installation {
 public:
  explicit Installation(const std::string& more = {}) {
    std::ofstream(config()) << "[server]\npublic = \"127.0.0.1:0\"\nprivate = \"127.0.0.1:0\"\n"
                               "[store]\nurl = \"sqlite:"
                            << database() << "\"\n"
                            << more
                            << "[[channel]]\nid = \"acme\"\nplatform = \"wecom\"\n"
                               "corp_id = \"ww00scrmdemo000001\"\ntoken = \"QDG6eK\"\n"
                               "encoding_aes_key = "
                               "\"jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C\"\n";
  }
  std::string config() const { return folder_.file("guanxi.toml"); }
  std::string database() const { return folder_.file("test.db"); }

  Ran run(std::vector<std::string> arguments) const {
    arguments.push_back("--config");
    arguments.push_back(config());
    return ::run(arguments);
  }

 private:
  tests::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("wrong usage ends with 2, help and version with 0") {
  const std::vector<std::vector<std::string>> wrong{
      {},
      {"dance"},
      {"serve", "--fast"},
      {"serve", "now"},
      {"trigger"},
      {"trigger", "acme"},
      {"trigger", "acme", "event", "--set", "novalue"},
      {"trigger", "acme", "event", "--count", "0"},
      {"keys"},
      {"keys", "create"},
      {"keys", "revoke"},
      {"export"},
      {"export", "customers", "--format", "xml"},
      {"check", "a", "b"},
  };
  for (const auto& arguments : wrong) {
    const Ran ran = run(arguments);
    CAPTURE(ran.err);
    CHECK(ran.code == 2);
    CHECK(ran.out.empty());
    CHECK_FALSE(ran.err.empty());
  }
  CHECK(run({"--version"}).out == "guanxi 0.1.0\n");
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"--help"}, {"serve", "--help"}, {"keys", "create", "--help"}}) {
    const Ran ran = run(arguments);
    CHECK(ran.code == 0);
    CHECK(ran.out.find("--config") != std::string::npos);
  }
}

TEST_CASE("a missing or faulty configuration ends with 1 and one line") {
  const Ran missing = run({"migrate", "--config", "/nonexistent.toml"});
  CHECK(missing.code == 1);
  CHECK(missing.err == "guanxi: /nonexistent.toml: cannot be read\n");
  const Installation faulty("[log]\nlevl = \"info\"\n");
  const Ran refused = faulty.run({"keys", "list"});
  CHECK(refused.code == 1);
  CHECK(refused.err.find("unknown key 'levl' in [log]; did you mean 'level'?") !=
        std::string::npos);
  CHECK(std::ranges::count(refused.err, '\n') == 1);
}

TEST_CASE("migrate makes the schema, and again changes nothing") {
  const Installation fresh("auto_migrate = false\n");
  CHECK(fresh.run({"keys", "list"}).err.find("run guanxi migrate") != std::string::npos);
  const Ran first = fresh.run({"migrate", "--json"});
  CHECK(first.code == 0);
  CHECK(Json::parse(first.out)["from"] == 0);
  const Ran second = fresh.run({"migrate", "--json"});
  CHECK(Json::parse(second.out)["from"] == Json::parse(second.out)["to"]);
  CHECK(fresh.run({"keys", "list"}).code == 0);
}

TEST_CASE("keys are made, listed without their secret, and revoked") {
  const Installation gateway;
  const Ran made = gateway.run({"keys", "create", "--name", "crm", "--scope", "customers:read",
                                "--scope", "pii:read", "--json"});
  REQUIRE(made.code == 0);
  const Json key = Json::parse(made.out);
  CHECK(key.size() == 3);
  CHECK(key["key"].get<std::string>().starts_with("gx_"));
  CHECK(key["scopes"] == Json{"customers:read", "pii:read"});
  const std::string id = key["id"].get<std::string>();
  CHECK(parse_uuid(id));

  const Ran listed = gateway.run({"keys", "list", "--json"});
  CHECK(listed.out.find(key["key"].get<std::string>()) == std::string::npos);
  CHECK(Json::parse(listed.out)[0]["name"] == "crm");
  CHECK(Json::parse(listed.out)[0]["tenant"] == "default");
  CHECK(Json::parse(listed.out)[0]["revoked_at"].is_null());

  CHECK(gateway.run({"keys", "revoke", id}).code == 0);
  CHECK(Json::parse(gateway.run({"keys", "list", "--json"}).out)[0]["revoked_at"].is_string());
  CHECK(gateway.run({"keys", "revoke", "0198c0de-4d2a-7000-8000-0123456789ab"}).code == 1);
  CHECK(gateway.run({"keys", "revoke", "nonsense"}).code == 1);
}

TEST_CASE("a key reads customers unless it is given more, and only scopes that exist") {
  const Installation gateway;
  const Ran made = gateway.run({"keys", "create", "--name", "n", "--json"});
  CHECK(Json::parse(made.out)["scopes"] == Json{"customers:read"});
  const Ran refused = gateway.run({"keys", "create", "--name", "n", "--scope", "customer:read"});
  CHECK(refused.code == 2);
  CHECK(refused.err == "guanxi: unknown scope 'customer:read'; did you mean 'customers:read'?\n");
}

TEST_CASE("a key is for a tenant that has a channel") {
  const Installation gateway;
  const Ran refused = gateway.run({"keys", "create", "--name", "n", "--tenant", "defualt"});
  CHECK(refused.code == 1);
  CHECK(refused.err == "guanxi: no channel has the tenant 'defualt'; did you mean 'default'?\n");
}

TEST_CASE("export of nothing is a header or nothing") {
  const Installation gateway;
  CHECK(gateway.run({"export", "customers"}).out.empty());
  const Ran csv = gateway.run({"export", "customers", "--format", "csv"});
  CHECK(csv.code == 0);
  CHECK(csv.out.starts_with("id,tenant,version,name,"));
  CHECK(csv.out.ends_with("\r\n"));
  CHECK(gateway.run({"export", "customers", "--tenant", "nobody"}).code == 1);
}

TEST_CASE("check reports every finding with its cure, and fails on errors only") {
  const Installation gateway;
  const Ran ran = gateway.run({"check", "--json"});
  CAPTURE(ran.out);
  CHECK(ran.code == 0);
  bool warned = false;
  for (const Json& finding : Json::parse(ran.out)) {
    CHECK(finding["status"] != "error");
    if (finding["subject"] == "server.public_url") warned = finding["cure"].is_string();
  }
  CHECK(warned);
  CHECK(gateway.run({"check", "nobody"}).code == 1);
  const Installation faulty("[log]\nlevl = \"info\"\n");
  const Ran refused = faulty.run({"check"});
  CHECK(refused.code == 1);
  CHECK(refused.out.find("did you mean 'level'?") != std::string::npos);
  CHECK(refused.out.find("QDG6eK") == std::string::npos);
  for (const std::string more :
       {"[log]\nlevl = \"info\"\n", "[rules]\ndir = \"/none\"\n",
        "[[channel]]\nid = \"bad\"\nplatform = \"wecom\"\ncorp_id = \"ww1\"\n"}) {
    CAPTURE(more);
    const Installation one(more);
    const Json findings = Json::parse(one.run({"check", "--json"}).out);
    CHECK(std::ranges::any_of(findings, [](const Json& row) { return row["status"] == "error"; }));
    for (const Json& finding : findings) {
      CHECK((finding["status"] == "ok") == finding["cure"].is_null());
    }
  }
}

TEST_CASE("check looks and leaves everything as it was") {
  const Installation gateway;
  const std::string database = gateway.database();
  const Ran ran = gateway.run({"check"});
  CHECK(ran.code == 0);
  CHECK(ran.out.find(database + " does not exist") != std::string::npos);
  CHECK(!std::filesystem::exists(database));
  CHECK(!std::filesystem::exists(database + ".key"));
}

TEST_CASE("check tells of an older schema and leaves it to serve or migrate") {
  for (const std::string automatic : {"true", "false"}) {
    const Installation gateway("auto_migrate = " + automatic + "\n");
    store::open_store(app::load_config(gateway.config()).value().store);  // which does not migrate
    for (int time = 0; time < 2; ++time) {
      const Ran ran = gateway.run({"check"});
      CHECK(ran.code == (automatic == "true" ? 0 : 1));
      CHECK(ran.out.find("the schema is version 0 of") != std::string::npos);
    }
  }
}

TEST_CASE("check refuses a certificate and a store that serve could not use") {
  const Installation gateway;
  std::ofstream(gateway.config())
      << "[server]\ntls_certificate = \"/none.pem\"\ntls_key = \"/none.key\"\n"
         "[store]\nurl = \"sqlite:/none/guanxi.db\"\n";
  for (const Json& finding : Json::parse(gateway.run({"check", "--json"}).out)) {
    CHECK((finding["status"] == "ok") == finding["cure"].is_null());
  }
  const Ran ran = gateway.run({"check"});
  CHECK(ran.code == 1);
  CHECK(ran.out.find("/none.pem cannot be used") != std::string::npos);
  CHECK(ran.out.find("its folder must exist") != std::string::npos);
  // Also before there is a database that the key could belong to.
  std::ofstream(gateway.config()) << "[store]\nurl = \"sqlite:" << gateway.config()
                                  << ".db\"\ndata_key = \"abc\"\n";
  const Ran key = gateway.run({"check"});
  CHECK(key.code == 1);
  CHECK(key.out.find("store.data_key does not hold 32 bytes") != std::string::npos);
}

TEST_CASE("connections are fewer where the system allows few files") {
  CHECK(app::connections_within(65'536, 4096) == 4096);
  CHECK(app::connections_within(1024, 4096) == 384);
  CHECK(app::connections_within(100, 4096) == 16);
  CHECK(app::connections_within(65'536, 8) == 8);
  const std::size_t files = app::raise_file_limit();
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  CHECK(files <= limit.rlim_cur);
}

TEST_CASE("check says which channel cannot be bound, without its secrets") {
  const Installation gateway(
      "[[channel]]\nid = \"bad\"\nplatform = \"wecom\"\ncorp_id = "
      "\"ww00scrmdemo000001\"\ntoken = \"hush\"\nencoding_aes_key = "
      "\"short-secret\"\n");
  const Ran ran = gateway.run({"check", "bad"});
  CHECK(ran.code == 1);
  CHECK(ran.out.find("encoding_aes_key") != std::string::npos);
  CHECK(ran.out.find("short-secret") == std::string::npos);
}

TEST_CASE("rules lint names file, place and reason, and is content with what is built in") {
  const Installation gateway;
  CHECK(gateway.run({"rules", "lint"}).out == "clean\n");
  CHECK(run({"rules", "lint"}).code == 0);  // needs no configuration
  const tests::TemporaryFolder folder;
  std::filesystem::create_directory(folder.file("wecom"));
  std::ofstream(folder.file("wecom/2026-01-01.json"))
      << R"({"interface": 1, "extends": "2025-12-18", "source": {"changed": "nothing"},)"
         R"( "events": {"event/subscribe": {"fact": {}}}})";
  const Ran ran = gateway.run({"rules", "lint", folder.path()});
  CHECK(ran.code == 1);
  CHECK(ran.out ==
        "wecom/rules/2026-01-01.json /events/event~1subscribe/fact: unknown key; did you "
        "mean \"facts\"?\n");
  const Json rows = Json::parse(gateway.run({"rules", "lint", folder.path(), "--json"}).out);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["file"] == "wecom/rules/2026-01-01.json");
  std::ofstream(gateway.config(), std::ios::app) << "[rules]\ndir = \"" << folder.path() << "\"\n";
  CHECK(gateway.run({"rules", "lint"}).code == 1);
  CHECK(run({"rules", "lint", "--config", "/nonexistent.toml"}).code == 1);
}

TEST_CASE("trigger lists the events it can make, and says what is near a wrong name") {
  const Installation gateway;
  const Ran listed = gateway.run({"trigger", "acme", "--list", "--json"});
  REQUIRE(listed.code == 0);
  const Json rows = Json::parse(listed.out);
  CHECK(rows.size() > 20);
  const Ran wrong = gateway.run({"trigger", "acme", "add_external_contct"});
  CHECK(wrong.code == 1);
  CHECK(wrong.err.find("did you mean 'add_external_contact'?") != std::string::npos);
  const auto samples = app::samples_of(
      *app::bind_channel(*app::load_config(gateway.config()),
                         app::load_config(gateway.config())->channels.at(0), adapters::Registry())
           ->adapter,
      system_now());
  const auto sample = app::find_sample(samples, "add_external_contact");
  const auto notes = app::new_fields(*sample, {{"UserId", "x"}, {"/UserID", "y"}});
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("did you mean '/UserID'?") != std::string::npos);
  const Ran channel = gateway.run({"trigger", "acne", "add_external_contact"});
  CHECK(channel.err.find("did you mean 'acme'?") != std::string::npos);
}

TEST_CASE("every event that has a sample can be sent, fresh and with fields of choice") {
  const Installation gateway;
  const auto config = app::load_config(gateway.config());
  REQUIRE(config);
  const adapters::Registry registry;
  const auto bound = app::bind_channel(*config, config->channels.at(0), registry);
  REQUIRE(bound);
  const adapters::Adapter& adapter = *bound->adapter;
  const Time now = system_now();
  std::set<std::string> sampled;
  for (const app::Sample& sample : app::samples_of(adapter, now)) {
    sampled.insert(sample.event);
    CAPTURE(sample.event);
    const Time at = std::chrono::floor<std::chrono::seconds>(now);
    const auto payload = app::make_payload(sample, at, 1, {});
    REQUIRE(payload);
    const auto callback = adapter.make_callback(*payload, {now, "1", std::string(64, 'x'), {}});
    REQUIRE(callback);
    const auto opened = adapter.open(*callback, now);
    REQUIRE(opened);
    REQUIRE(opened->payloads.size() == 1);
    const auto reading = adapter.read_payload(opened->recipe, opened->payloads[0].format,
                                              opened->payloads[0].bytes, now);
    REQUIRE(reading);
    REQUIRE_FALSE(reading->events.empty());
    CHECK(reading->events[0].name == sample.event);
    CHECK(reading->events[0].at == at);
  }
  for (const std::string& event : adapter.pack_at(now).event_names()) {
    CAPTURE(event);
    // Messages of customer service are pulled, not sent to us.
    CHECK((sampled.contains(event) || event.starts_with("kf/")));
  }
  const auto add = app::find_sample(app::samples_of(adapter, now), "add_external_contact");
  REQUIRE(add);
  const auto payload = app::make_payload(*add, now, 7, {{"ExternalUserID", "wm-{n}"}});
  REQUIRE(payload);
  CHECK(payload->find("wm-7") != std::string::npos);
  CHECK_FALSE(app::make_payload(*add, now, 7, {{"/ExternalUserID/deeper", "x"}}));
}
