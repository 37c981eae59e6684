// Platforms from the binary and from a directory, and channels bound to them.
#include "adapters/registry.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "models/fact.h"

using namespace guanxi;
using namespace guanxi::adapters;
using models::Json;

namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = R"({
  "title": "Chat",
  "settings": {
    "corp": {"required": true, "pattern": "[a-z0-9]{1,8}", "help": "Console, first page."},
    "secret": {"secret": true, "required": true, "pattern": "[a-z]{4,}", "help": "Console, second page."},
    "receiver": {"default": "$corp", "help": "Usually the corp."},
    "mode": {"pattern": "http|stream", "default": "http", "not_built": ["stream"], "help": "How it pushes."},
    "api_base": {"default": "https://api.example", "help": "For tests."}},
  "scopes": {"org": ["corp", "receiver"]}})";

constexpr const char* kPack = R"({
  "interface": 1, "source": {"sheet": "read 2026-01-01"},
  "transport": {"recipes": {"app.post": {"when": {"method": "POST", "query:key": true}, "body": "json",
    "expect": {"query:key": "setting:secret"}, "fresh": false, "dedupe": ["plain:/id"],
    "answer": {"ok": {"text": "text:ok"}}, "accepts": ["bearer", "unsigned-body", "no-time", "free-id"]}}},
  "identities": {"cid": {"namespace": "chat.cid", "scope": "org", "side": "customer"}},
  "inlets": {"main": {"has": ["/type"], "name": ["/type"], "ignored": {"/id": 1}}},
  "events": {"e": {"facts": {"p": {"fact": "person", "customer": {"cid": "/c"}}}}},
  "api": {"base": "https://api.example", "errors": {"code": "/code", "ok": ["0"], "codes": {"40": "refresh"}},
    "tokens": {"t": {"request": "GET /token", "query": {"s": "setting:secret"}, "value": "/t",
                     "lifetime": 60, "put": "query:access_token"}},
    "calls": {"get": {"request": "GET /get", "query": {"id": "$id", "p": "$page"},
      "pages": {"style": "offset", "rows": "/list", "total": "/total"},
      "facts": {"p": {"fact": "person", "each": "/list", "customer": {"cid": "@"}}}}}},
  "examples": {
    "one": {"payload": {"type": "e", "c": "c1"}, "event": "e",
            "facts": [{"fact": "person", "customer": {"cid": "c1"}, "trust": "account-bound"}]},
    "two": {"answer_to": "get", "with": {"id": "1"}, "payload": {"list": ["c1"], "total": 1},
            "facts": [{"fact": "person", "customer": {"cid": "c1"}}]}}})";

// A rules directory that goes away with the test.
class Folder {
 public:
  Folder() {
    static int count = 0;
    path_ = fs::temp_directory_path() /
            ("guanxi-registry-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

std::string pack_text() {
  Json pack = Json::parse(kPack);
  pack["examples"]["one"]["facts"][0].erase("trust");
  return pack.dump();
}

void write_chat(const Folder& folder) {
  folder.write("chat/manifest.json", kManifest);
  folder.write("chat/2025-01-01.json", pack_text());
  folder.write("chat/2026-01-01.json",
               R"({"extends":"2025-01-01","source":{"sheet":"read later"},
                   "inlets":{"main":{"ignored":{"/extra":1}}}})");
}

ChannelSettings channel() {
  ChannelSettings settings;
  settings.id = "acme";
  settings.platform = "chat";
  settings.tenant = "default";
  settings.settings = {{"corp", "c1"}, {"secret", "geheim"}};
  return settings;
}

std::string refusal(const Registry& registry, const ChannelSettings& settings) {
  const auto bound = registry.bind(settings);
  REQUIRE(!bound);
  CHECK(bound.error().code == ErrorCode::malformed);
  CHECK(bound.error().detail.find("geheim") == std::string::npos);
  return bound.error().detail;
}

}  // namespace

TEST_CASE("a rules directory adds a platform to those of the binary") {
  const Folder folder;
  write_chat(folder);
  const Registry registry(folder.path());
  const auto platforms = registry.platforms();
  const auto chat = std::ranges::find(platforms, "chat", &PlatformDescription::name);
  REQUIRE(chat != platforms.end());
  CHECK(chat->title == "Chat");
  CHECK(chat->pack_versions == std::vector<std::string>{"2025-01-01", "2026-01-01"});
  CHECK(chat->settings.size() == 5);
  CHECK(registry.pack("chat", "2025-01-01") != nullptr);
  CHECK(registry.pack("chat", "2020-01-01") == nullptr);
  CHECK(registry.pack("nothing", "2025-01-01") == nullptr);
  CHECK(lint(folder.path()).empty());
}

TEST_CASE("a pack that is wrong is refused whole, with file, pointer and reason") {
  const Folder folder;
  write_chat(folder);
  folder.write("chat/2026-02-01.json",
               R"({"extends":"2026-01-01","events":{"e":{"facts":{"p":{"fact":"people"}}}}})");
  CHECK_THROWS_AS(Registry(folder.path()), std::runtime_error);
  const auto findings = lint(folder.path());
  REQUIRE(!findings.empty());
  CHECK(findings[0].file == "chat/rules/2026-02-01.json");
  CHECK(findings[0].pointer.starts_with("/events/e/facts/p"));
}

TEST_CASE("files that are no JSON, badly named, repeat a key or lack a manifest are findings") {
  const auto reason = [](const char* name, const char* text) {
    const Folder folder;
    write_chat(folder);
    folder.write(name, text);
    const auto findings = lint(folder.path());
    return findings.empty() ? std::string() : findings[0].reason;
  };
  CHECK(reason("chat/2026-03-01.json", "{") == "is no JSON");
  CHECK(reason("chat/newest.json", "{}").starts_with("is not named by a day"));
  CHECK(reason("chat/2026-03-01.json", R"({"a":1,"a":2})") == "repeats the key \"a\"");
  CHECK(reason("other/2026-03-01.json", "{}") == "is missing");
  CHECK(!reason("chat/manifest.json", R"({"title":"x"})").empty());
  CHECK(lint("/no/such/folder").size() == 1);
  const Folder empty;
  REQUIRE(lint(empty.path()).size() == 1);
  CHECK(lint(empty.path())[0].reason.find("holds no pack") == 0);
}

TEST_CASE("settings are checked against the manifest, and secrets never quoted") {
  const Folder folder;
  write_chat(folder);
  const Registry registry(folder.path());
  CHECK(registry.bind(channel()));
  ChannelSettings wrong = channel();
  wrong.settings["copr"] = "x";
  CHECK(refusal(registry, wrong).find("did you mean \"corp\"?") != std::string::npos);
  wrong = channel();
  wrong.settings.erase("secret");
  CHECK(refusal(registry, wrong).find("\"secret\" is missing (Console, second page.)") !=
        std::string::npos);
  wrong = channel();
  wrong.settings["secret"] = "geheim!";
  CHECK(refusal(registry, wrong).find("must match [a-z]{4,}") != std::string::npos);
  wrong = channel();
  wrong.settings["mode"] = "stream";
  CHECK(refusal(registry, wrong).find("mode = \"stream\" is not built yet") != std::string::npos);
  wrong = channel();
  wrong.rules = "2020-01-01";
  CHECK(refusal(registry, wrong).find("is no version of chat; the newest is 2026-01-01") !=
        std::string::npos);
  wrong = channel();
  wrong.platform = "chatt";
  CHECK(refusal(registry, wrong).find("did you mean \"chat\"?") != std::string::npos);
}

TEST_CASE("defaults are filled in, also from other settings") {
  const Folder folder;
  write_chat(folder);
  const Registry registry(folder.path());
  const auto bound = registry.bind(channel());
  REQUIRE(bound);
  const Settings& settings = (*bound)->channel().settings;
  CHECK(settings.at("receiver") == "c1");
  CHECK(settings.at("mode") == "http");
  CHECK(settings.at("unionid_scope") == "default");
  const auto identity = (*bound)->identify("cid", "x");
  REQUIRE(identity);
  CHECK(identity->scope == "c1/c1");
  CHECK(identity->name_space == "chat.cid");
  CHECK(!(*bound)->identify("nothing", "x"));
}

TEST_CASE("a row is read by the pack of its Beijing day, or by the channel's pin") {
  const Folder folder;
  write_chat(folder);
  const Registry registry(folder.path());
  const auto bound = registry.bind(channel());
  REQUIRE(bound);
  const Time before = *parse_time("2025-12-31T15:59:59.999Z");
  const Time after = *parse_time("2025-12-31T16:00:00Z");
  CHECK((*bound)->pack_at(before).version() == "2025-01-01");
  CHECK((*bound)->pack_at(after).version() == "2026-01-01");
  const std::string body = R"({"type":"e","c":"c9","extra":1})";
  const auto old_reading = (*bound)->read_payload("app.post", "json", body, before);
  const auto new_reading = (*bound)->read_payload("app.post", "json", body, after);
  REQUIRE(old_reading);
  REQUIRE(new_reading);
  CHECK(new_reading->pack->version() == "2026-01-01");
  CHECK(new_reading->events[0].drift.empty());
  // Some are served a change before its day: the pack next to the day's knows all of it.
  CHECK(old_reading->pack->version() == "2026-01-01");
  CHECK(old_reading->events[0].drift.empty());
  // What none of them knows is drift of the day's own.
  const auto unknown = (*bound)->read_payload(
      "app.post", "json", R"({"type":"e","c":"c9","extra":1,"more":2})", before);
  REQUIRE(unknown);
  CHECK(unknown->pack->version() == "2025-01-01");
  CHECK(unknown->events[0].drift.size() == 2);
  // The recipe proves little, and so do its facts.
  CHECK(new_reading->events[0].facts.at(0).trust == models::Trust::staff_typed);
  CHECK(new_reading->events[0].facts.at(0).unproven);
  ChannelSettings pinned = channel();
  pinned.rules = "2025-01-01";
  const auto kept = *registry.bind(pinned);
  CHECK(kept->pack_at(after).version() == "2025-01-01");
  CHECK(kept->read_payload("app.post", "json", body, after)->events[0].drift.size() == 1);
  // What was activated is as good as a pin, and a pin is better.
  ChannelSettings activated = channel();
  activated.activated = "2025-01-01";
  CHECK((*registry.bind(activated))->pack_at(after).version() == "2025-01-01");
  activated.rules = "2026-01-01";
  CHECK((*registry.bind(activated))->pack_at(before).version() == "2026-01-01");
  activated.rules = "latest";
  activated.activated = "2024-01-01";
  const auto missing = registry.bind(activated);
  REQUIRE(!missing);
  CHECK(missing.error().detail.find("2024-01-01 of chat was activated and is not there") !=
        std::string::npos);
}

TEST_CASE("a payload or answer that cannot be parsed is malformed") {
  const Folder folder;
  write_chat(folder);
  const Registry registry(folder.path());
  const auto bound = registry.bind(channel());
  REQUIRE(bound);
  const auto payload = (*bound)->read_payload("app.post", "json", "{", Time{});
  REQUIRE(!payload);
  CHECK(payload.error().code == ErrorCode::malformed);
  const CallContext context{"get", Json{{"id", "1"}}, Time{}};
  CHECK((*bound)->read_answer(context, "<html>").error().code == ErrorCode::malformed);
  const CallContext unknown{"gte", Json::object(), Time{}};
  CHECK((*bound)->read_answer(unknown, "{}").error().code == ErrorCode::not_found);
}

TEST_CASE("a callback made by the adapter is opened by it, and a forged one is not") {
  const Folder folder;
  write_chat(folder);
  const Registry registry(folder.path());
  const auto bound = registry.bind(channel());
  REQUIRE(bound);
  Forgery forgery;
  forgery.now = *parse_time("2026-06-01T00:00:00Z");
  auto callback = (*bound)->make_callback(R"({"type":"e","c":"c1","id":"1"})", forgery);
  REQUIRE(callback);
  const auto opened = (*bound)->open(*callback, forgery.now);
  REQUIRE(opened);
  CHECK(opened->recipe == "app.post");
  REQUIRE(opened->payloads.size() == 1);
  const auto reading = (*bound)->read_payload(opened->recipe, opened->payloads[0].format,
                                              opened->payloads[0].bytes, forgery.now);
  REQUIRE(reading);
  CHECK(reading->events[0].facts.size() == 1);
  callback->query = "key=other";
  CHECK(!(*bound)->open(*callback, forgery.now));
}

TEST_CASE("the api side asks for tokens, calls, pages, and reads errors as errors") {
  const Folder folder;
  write_chat(folder);
  const Registry registry(folder.path());
  const auto bound = registry.bind(channel());
  REQUIRE(bound);
  const Adapter& adapter = **bound;
  const Time now = *parse_time("2026-06-01T00:00:00Z");
  CHECK(adapter.token_names(now) == std::vector<std::string>{"t"});
  CHECK(adapter.token_name("get", now) == std::string("t"));
  CHECK(adapter.token_name("gte", now).error().code == ErrorCode::not_found);
  CHECK(adapter.token_request("t", now)->url == "https://api.example/token?s=geheim");
  CHECK(adapter.read_token("t", {200, {}, R"({"t":"T"})"}, now)->value == "T");
  const auto refused = adapter.read_token("t", {200, {}, R"({"code":41})"}, now);
  CHECK(refused.error().code == ErrorCode::unavailable);
  CHECK(adapter.read_token("t", {503, {}, ""}, now).error().code == ErrorCode::unavailable);
  CallContext context{"get", Json{{"id", "1"}}, now};
  CHECK(adapter.call_request(context, "", "T")->url ==
        "https://api.example/get?id=1&p=0&access_token=T");
  CHECK(adapter.judge("get", {200, {}, R"({"code":40})"}, now).action ==
        ApiVerdict::Action::refresh);
  auto reading = adapter.read_answer(context, R"({"list":["c1","c2"],"total":4})");
  REQUIRE(reading);
  CHECK(reading->next_page == "2");
  CHECK(reading->events.at(0).facts.size() == 2);
  context.arguments["page"] = "2";
  CHECK(adapter.read_answer(context, R"({"list":["c3","c4"],"total":4})")->next_page.empty());
  reading = adapter.read_answer(context, R"({"code":40,"list":[]})");
  REQUIRE(reading);
  CHECK(reading->events.at(0).status == models::Event::Status::none);
  CHECK(reading->events.at(0).facts.empty());
}
