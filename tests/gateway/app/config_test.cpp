#include "gateway/app/config.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "gateway/app/version.h"
#include "tests/support/temporary_folder.h"

using namespace guanxi;
using namespace guanxi::app;
using namespace std::chrono_literals;

namespace {

std::string refusal(const std::string& text) {
  const auto config = read_config(text, "guanxi.toml");
  REQUIRE_FALSE(config);
  CHECK(config.error().code == ErrorCode::malformed);
  return config.error().detail;
}

std::vector<adapters::PlatformDescription> platforms() {
  adapters::PlatformDescription testnet;
  testnet.name = "testnet";
  testnet.settings.resize(2);
  testnet.settings[0].name = "token";
  testnet.settings[1].name = "app_secret";
  testnet.pack_versions = {"2023-10-01", "2024-12-19"};
  adapters::PlatformDescription other;
  other.name = "othernet";
  return {testnet, other};
}

std::string channel_refusal(const std::string& lines) {
  const auto config = read_config("[[channel]]\nid = \"acme\"\n" + lines, "guanxi.toml");
  REQUIRE(config);
  const auto known = check_channel(*config, config->channels.at(0), platforms());
  return known ? "" : known.error().detail;
}

}  // namespace

TEST_CASE("an empty file means the defaults") {
  const auto config = read_config("", "guanxi.toml");
  REQUIRE(config);
  CHECK(config->server.public_address == "0.0.0.0:8080");
  CHECK(config->server.private_address == "127.0.0.1:8081");
  CHECK(config->store.url == "sqlite:guanxi.db");
  CHECK(config->auto_migrate);
  CHECK(config->channels.empty());
  CHECK(config->server.limits.body_bytes == 1024 * 1024);
  CHECK(config->server.limits.header_bytes == 16 * 1024);
  CHECK(config->server.limits.request_time == 10s);
  CHECK(config->server.limits.idle_time == 60s);
  CHECK(config->server.limits.connections == 4096);
}

TEST_CASE("every key is read") {
  const tests::TemporaryFolder folder;
  const auto config = read_config(R"([server]
public = "[::]:80"
private = "127.0.0.1:0"
public_url = "https://scrm.example.com/"
tls_certificate = "c.pem"
tls_key = "k.pem"
threads = 3
header_bytes = 2048
body_bytes = 4096
request_timeout = "5s"
idle_timeout = "1m"
max_connections = 7
max_waiting_callbacks = 8
[store]
url = "mysql://u:p@host:3306/db"
data_key = "literal"
auto_migrate = false
connections = 9
[rules]
dir = ")" + folder.path().string() + R"("
[log]
level = "debug"
[[channel]]
id = "acme"
platform = "testnet"
tenant = "firm"
rules = "2024-12-19"
freshness = "0"
unionid_scope = "brand"
token = "t"
agent_id = 1000002
)",
                                  "guanxi.toml");
  if (!config) FAIL(config.error().detail);
  CHECK(config->server.public_address == "[::]:80");
  CHECK(config->server.private_address == "127.0.0.1:0");
  CHECK(config->server.public_url == "https://scrm.example.com");
  CHECK(config->server.tls_certificate == "c.pem");
  CHECK(config->server.tls_key == "k.pem");
  CHECK(config->server.threads == 3);
  CHECK(config->server.limits.header_bytes == 2048);
  CHECK(config->server.limits.body_bytes == 4096);
  CHECK(config->server.limits.request_time == 5s);
  CHECK(config->server.limits.idle_time == 60s);
  CHECK(config->server.limits.connections == 7);
  CHECK(config->server.max_waiting_callbacks == 8);
  CHECK(config->store.url == "mysql://u:p@host:3306/db");
  CHECK(config->store.data_key == "literal");
  CHECK(config->store.connections == 9);
  CHECK_FALSE(config->auto_migrate);
  CHECK(config->rules_dir == folder.path().string());
  CHECK(config->log_level == observe::Level::debug);
  REQUIRE(config->channels.size() == 1);
  const adapters::ChannelSettings& channel = config->channels[0].settings;
  CHECK(channel.id == "acme");
  CHECK(channel.platform == "testnet");
  CHECK(channel.tenant == "firm");
  CHECK(channel.rules == "2024-12-19");
  CHECK(channel.freshness == Milliseconds{0});
  CHECK(channel.settings == adapters::Settings{{"token", "t"},
                                               {"agent_id", "1000002"},
                                               {"unionid_scope", "brand"},
                                               {"public_url", "https://scrm.example.com"}});
}

TEST_CASE("a channel that says little belongs to the default tenant and follows the latest rules") {
  const auto config = read_config("[[channel]]\nid = \"a\"\nplatform = \"testnet\"\n", "f");
  REQUIRE(config);
  const adapters::ChannelSettings& channel = config->channels.at(0).settings;
  CHECK(channel.tenant == "default");
  CHECK(channel.rules == "latest");
  CHECK_FALSE(channel.freshness);
  CHECK(channel.settings.at("unionid_scope") == "default");
}

TEST_CASE("a faulty file is refused with the place, the key and the cure") {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"[sever]\n", "guanxi.toml:1: unknown section 'sever'; did you mean 'server'?"},
      {"\n[server]\npubilc = \"0.0.0.0:80\"\n",
       "guanxi.toml:3: unknown key 'pubilc' in [server]; did you mean 'public'?"},
      {"[log]\nverbosity = \"high\"\n",
       "guanxi.toml:2: unknown key 'verbosity' in [log]; known are: level"},
      {"[server]\npublic = 8080\n", "guanxi.toml:2: server.public must be a text in quotes"},
      {"[server]\npublic = \"8080\"\n",
       "guanxi.toml:2: server.public must be an address and port such as \"0.0.0.0:8080\""},
      {"[server]\npublic = \"0.0.0.0:80800\"\n",
       "guanxi.toml:2: server.public must be an address and port such as \"0.0.0.0:8080\""},
      {"[server]\npublic_url = \"scrm.example.com\"\n",
       "guanxi.toml:2: server.public_url must begin with https:// or http://"},
      {"[server]\nthreads = 0\n",
       "guanxi.toml:2: server.threads must be a whole number from 1 to 256"},
      {"[server]\nidle_timeout = \"soon\"\n",
       "guanxi.toml:2: server.idle_timeout must be a duration such as \"90s\", \"15m\", \"1h\" or "
       "\"2d\""},
      {"[server]\nrequest_timeout = \"0\"\n",
       "guanxi.toml:2: server.request_timeout must be longer than 0"},
      {"[server]\npublic = \"127.0.0.1:80\"\nprivate = \"127.0.0.1:80\"\n",
       "guanxi.toml:1: server.public and server.private cannot both be 127.0.0.1:80; give the CRM "
       "API an address of its own"},
      {"[server]\ntls_key = \"k\"\n",
       "guanxi.toml:1: server.tls_certificate and server.tls_key belong together; one is missing"},
      {"[store]\nauto_migrate = \"yes\"\n",
       "guanxi.toml:2: store.auto_migrate must be true or false"},
      {"[store]\ndata_key = \"env:GUANXI_TEST_UNSET\"\n",
       "guanxi.toml:2: store.data_key names the environment variable GUANXI_TEST_UNSET, which is "
       "not set"},
      {"[store]\ndata_key = \"file:/nonexistent/key\"\n",
       "guanxi.toml:2: store.data_key names /nonexistent/key, which cannot be read"},
      {"[rules]\ndir = \"/nonexistent\"\n",
       "guanxi.toml:2: rules.dir is no folder: make it, or remove the key"},
      {"[log]\nlevel = \"loud\"\n",
       "guanxi.toml:2: log.level must be debug, info, warning, error or off"},
      {"[channel]\nid = \"a\"\n",
       "guanxi.toml:1: channels are written [[channel]], with two brackets"},
      {"[[channel]]\nplatform = \"testnet\"\n", "guanxi.toml:1: a channel needs an id"},
      {"[[channel]]\nid = \"a\"\n", "guanxi.toml:1: channel 'a' needs a platform"},
      {"[[channel]]\nid = \"Acme\"\n",
       "guanxi.toml:2: channel.id must have 1 to 32 of a-z, 0-9 and '-'; it is part of the "
       "callback "
       "URL"},
      {"[[channel]]\nid = \"a\"\nplatform = \"t\"\n[[channel]]\nid = \"a\"\nplatform = \"t\"\n",
       "guanxi.toml:4: the channel id 'a' is used twice"},
      {"[[channel]]\nid = \"a\"\nplatform = \"t\"\nfreshness = \"1 hour\"\n",
       "guanxi.toml:4: channel.freshness must be a duration such as \"90s\", \"15m\", \"1h\" or "
       "\"2d\""},
      {"[[channel]]\nid = \"a\"\nplatform = \"t\"\ntoken = true\n",
       "guanxi.toml:4: channel.token must be a text in quotes"},
  };
  for (const auto& [text, detail] : rows) {
    CAPTURE(text);
    CHECK(refusal(text) == detail);
  }
  CHECK(refusal("[server\n").starts_with("guanxi.toml:"));
  CHECK(refusal("a = 1\na = 2\n").starts_with("guanxi.toml:2: "));
}

TEST_CASE("a channel's platform, keys and rules are checked against the manifests") {
  CHECK(channel_refusal("platform = \"testnet\"\ntoken = \"t\"\n").empty());
  CHECK(channel_refusal("platform = \"testnet\"\nrules = \"2023-10-01\"\n").empty());
  CHECK(channel_refusal("platform = \"tesnet\"\n") ==
        "guanxi.toml:1: channel 'acme': unknown platform 'tesnet'; did you mean 'testnet'?");
  CHECK(channel_refusal("platform = \"testnet\"\ntokn = \"t\"\n") ==
        "guanxi.toml:4: channel 'acme': unknown key 'tokn'; did you mean 'token'?");
  CHECK(channel_refusal("platform = \"testnet\"\nfreshnes = \"1h\"\n") ==
        "guanxi.toml:4: channel 'acme': unknown key 'freshnes'; did you mean 'freshness'?");
  CHECK(channel_refusal("platform = \"testnet\"\nrules = \"2024-12-20\"\n") ==
        "guanxi.toml:1: channel 'acme': no rules '2024-12-20'; did you mean '2024-12-19'?");
  CHECK(channel_refusal("platform = \"testnet\"\nmode = \"stream\"\n") ==
        "guanxi.toml:4: channel 'acme': unknown key 'mode'; known are: id, platform, tenant, "
        "rules, freshness, "
        "unionid_scope, token, app_secret");
}

TEST_CASE("manual edits come before CRMs and platforms unless the file says otherwise") {
  const auto usual = read_config("", "f");
  REQUIRE(usual);
  const models::SourceOrder& order = usual->survivorship.policy.of("name");
  CHECK(order.rank("manual") < order.rank("crm.erp"));
  CHECK(order.rank("crm.erp") < order.rank("testnet"));
  CHECK(order.rank("testnet") == order.rank("othernet"));
  const auto own = read_config(R"([survivorship]
default = ["crm", "platform"]
[survivorship.fields]
name = ["othernet", "crm.erp", "platform"]
company.name = ["manual"]
"attributes.*" = ["testnet"]
)",
                               "f");
  if (!own) FAIL(own.error().detail);
  const models::Survivorship& policy = own->survivorship.policy;
  CHECK(policy.of("gender").rank("crm") == 0);
  CHECK(policy.of("gender").rank("manual") == 2);
  CHECK(policy.of("name").rank("othernet") == 0);
  CHECK(policy.of("name").rank("crm.erp") == 1);
  CHECK(policy.of("company.name").rank("manual") == 0);
  CHECK(policy.of("attributes.testnet.city").rank("testnet") == 0);
  CHECK(check_survivorship(*own, platforms()));
  CHECK(read_config("[survivorship]\nfields = { \"name\" = [\"crm\"] }\n", "f"));
}

TEST_CASE("an order of sources is refused with its place if a word of it is unknown") {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"[survivorship]\norder = []\n",
       "guanxi.toml:2: unknown key 'order' in [survivorship]; known are: default, fields"},
      {"[survivorship]\ndefault = \"crm\"\n",
       "guanxi.toml:2: survivorship.default must be a list of 1 to 32 sources such as [\"manual\", "
       "\"crm\", \"platform\"]"},
      {"[survivorship]\ndefault = []\n",
       "guanxi.toml:2: survivorship.default must be a list of 1 to 32 sources such as [\"manual\", "
       "\"crm\", \"platform\"]"},
      {"[survivorship]\ndefault = [\"crm\", \"crm\"]\n",
       "guanxi.toml:2: survivorship.default names 'crm' twice"},
      {"[survivorship]\ndefault = [1]\n",
       "guanxi.toml:2: survivorship.default must be a text in quotes"},
      {"[survivorship.fields]\n\n\"nmae\" = [\"crm\"]\n",
       "guanxi.toml:3: unknown field 'nmae' in [survivorship.fields]; did you mean 'name'?"},
      {"[survivorship.fields]\ncompany.nam = [\"crm\"]\n",
       "guanxi.toml:2: unknown field 'company.nam' in [survivorship.fields]; did you mean "
       "'company.name'?"},
      {"[survivorship]\nfields = [\"crm\"]\n",
       "guanxi.toml:2: survivorship.fields must be a table: [survivorship.fields]"},
  };
  for (const auto& [text, detail] : rows) {
    CAPTURE(text);
    CHECK(refusal(text) == detail);
  }
  const auto checked = [](const std::string& text) {
    const auto config = read_config(text, "guanxi.toml");
    REQUIRE(config);
    const auto known = check_survivorship(*config, platforms());
    return known ? "" : known.error().detail;
  };
  CHECK(checked("[survivorship]\ndefault = [\"testnet\", \"crm.erp\"]\n").empty());
  CHECK(checked("[survivorship]\ndefault = [\"manual\",\n\"tesnet\"]\n") ==
        "guanxi.toml:3: survivorship.default names an unknown source 'tesnet'; did you mean "
        "'testnet'?");
  CHECK(checked("[survivorship.fields]\nname = [\"manuel\"]\n") ==
        "guanxi.toml:2: survivorship.fields.name names an unknown source 'manuel'; did you mean "
        "'manual'?");
  CHECK(checked("[survivorship]\ndefault = [\"crm.\"]\n") ==
        "guanxi.toml:2: survivorship.default names an unknown source 'crm.'; did you mean 'crm'?");
}

TEST_CASE("how far who is who is believed is read, and blocked values are as customers have them") {
  const auto usual = read_config("", "f");
  REQUIRE(usual);
  CHECK(usual->identity.limits.persons_per_value == 2);
  CHECK(usual->identity.limits.values_per_person == 10);
  CHECK(usual->identity.limits.statements_per_value == 64);
  CHECK(usual->identity.blocked.empty());
  const auto own = read_config(R"([identity]
persons_per_value = 1
values_per_person = 1000
statements_per_value = 30
blocked = ["139 0000 1111", "+86 13900002222", "１３９００００３３３３", "Shop@Example.com", "wmTest", "oTest"]
)",
                               "f");
  if (!own) FAIL(own.error().detail);
  CHECK(own->identity.limits.persons_per_value == 1);
  CHECK(own->identity.limits.values_per_person == 1000);
  CHECK(own->identity.limits.statements_per_value == 30);
  const std::set<std::string, std::less<>> blocked{
      "+8613900001111", "+8613900002222", "+8613900003333", "shop@example.com", "wmTest", "oTest"};
  CHECK(own->identity.blocked == blocked);
  const models::Identity phone{"phone", "phone", "", "+8613900001111", models::Side::customer};
  const models::Identity other{"phone", "phone", "", "+8613900004444", models::Side::customer};
  CHECK(own->identity.is_blocked(phone));
  CHECK_FALSE(own->identity.is_blocked(other));
  CHECK_FALSE(usual->identity.is_blocked(phone));
}

TEST_CASE("a limit that cannot be is refused with its place") {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"[identity]\npersons_per_values = 2\n",
       "guanxi.toml:2: unknown key 'persons_per_values' in [identity]; did you mean "
       "'persons_per_value'?"},
      {"[identity]\npersons_per_value = 0\n",
       "guanxi.toml:2: identity.persons_per_value must be a whole number from 1 to 1000"},
      {"[identity]\nvalues_per_person = 1001\n",
       "guanxi.toml:2: identity.values_per_person must be a whole number from 1 to 1000"},
      {"[identity]\nstatements_per_value = \"64\"\n",
       "guanxi.toml:2: identity.statements_per_value must be a whole number from 1 to 1000"},
      {"[identity]\nblocked = \"+8613900001111\"\n",
       "guanxi.toml:2: identity.blocked must be a list such as [\"+8613800138000\"]"},
      {"[identity]\nblocked = [13900001111]\n",
       "guanxi.toml:2: identity.blocked must be a text in quotes"},
      {"identity = 2\n", "guanxi.toml:1: identity must be a table: [identity]"},
  };
  for (const auto& [text, detail] : rows) {
    CAPTURE(text);
    CHECK(refusal(text) == detail);
  }
}

TEST_CASE("a mode that is not built yet is refused by its name") {
  auto known = platforms();
  known[0].settings.emplace_back().name = "mode";
  for (const std::string mode : {"stream", "websocket"}) {
    const auto config = read_config(
        "[[channel]]\nid = \"a\"\nplatform = \"testnet\"\nmode = \"" + mode + "\"\n", "f");
    REQUIRE(config);
    const auto checked = check_channel(*config, config->channels.at(0), known);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().detail.find("mode '" + mode + "' is not built yet") != std::string::npos);
  }
}

TEST_CASE(
    "a secret comes from the file itself, the environment or another file, and is never quoted") {
  const tests::TemporaryFolder folder;
  const std::string path = folder.file("secret");
  std::ofstream(path) << "from-file\n";
  ::setenv("GUANXI_TEST_SECRET", "from-environment", 1);
  const auto config = read_config(
      "[store]\ndata_key = \"env:GUANXI_TEST_SECRET\"\n[[channel]]\nid = "
      "\"a\"\nplatform = \"t\"\ntoken = \"file:" +
          path + "\"\nsecret = \"literal\"\n",
      "f");
  REQUIRE(config);
  CHECK(config->store.data_key == "from-environment");
  CHECK(config->channels[0].settings.settings.at("token") == "from-file");
  CHECK(config->channels[0].settings.settings.at("secret") == "literal");
  CHECK(refusal("[store]\nurl = \"hush\"\nconnections = 0\n").find("hush") == std::string::npos);
  ::unsetenv("GUANXI_TEST_SECRET");
}

TEST_CASE("a file that is not there is said so") {
  const auto config = load_config("/nonexistent/guanxi.toml");
  REQUIRE_FALSE(config);
  CHECK(config.error().detail == "/nonexistent/guanxi.toml: cannot be read");
}

TEST_CASE("the version printed is the version built") {
  std::ifstream file(GUANXI_SOURCE_DIR "/CMakeLists.txt");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  CHECK(text.find("project(guanxi VERSION " + std::string(kVersion) + " ") != std::string::npos);
}
