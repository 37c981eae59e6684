// Forgeries derived from every recorded callback: none may open, and no error may tell them apart.
#include <random>

#include "crypto/base64.h"
#include "tests/adapters/protocol/cases.h"

using namespace guanxi;
using namespace guanxi::adapters;
using namespace guanxi::adapters::protocol;

namespace {

std::vector<std::string> bytes_of(const Opened& opened) {
  std::vector<std::string> out;
  for (const Payload& payload : opened.payloads) out.push_back(payload.bytes);
  return out;
}

bool reads_as_any(const std::string& body) {
  return parse_tree("xml", body).has_value() || parse_tree("json", body).has_value();
}

// A changed callback opens only if the recipe says that the part is free, or if it says the same.
void check_refused(const Case& one, const Opened& original, const Tampered& tampered,
                   const Result<Opened>& opened) {
  CAPTURE(one.id);
  CAPTURE(tampered.what);
  if (opened) {
    const bool same = bytes_of(*opened) == bytes_of(original) && opened->recipe == original.recipe;
    const bool unused = tampered.part == "body" || one.loose().contains(tampered.part);
    CHECK((one.free().contains(tampered.part) || (unused && same)));
    return;
  }
  const bool unread = opened.error().code == ErrorCode::malformed;
  CHECK((unread || opened.error() == Error{ErrorCode::unauthenticated, "not authenticated"}));
  if (unread)
    CHECK_FALSE((tampered.callback.body == one.callback.body && reads_as_any(one.callback.body)));
}

}  // namespace

TEST_CASE("no part of a callback can be changed, dropped, repeated or swapped") {
  int refused = 0;
  for (const Suite& suite : load_suites()) {
    for (const Case& one : suite.cases) {
      if (one.refused()) continue;
      const auto bound = bind_or_fail(suite, suite.transport, one.settings);
      const auto original = bound->open(one.callback, one.now);
      REQUIRE(original.has_value());
      for (const Tampered& tampered : protocol::tampered(one.callback)) {
        const auto opened = bound->open(tampered.callback, one.now);
        check_refused(one, *original, tampered, opened);
        refused += opened ? 0 : 1;
      }
    }
  }
  MESSAGE("refused ", refused, " forgeries");
  CHECK(refused > 5000);
}

TEST_CASE("a callback is refused outside its window, on both sides, to the millisecond") {
  int timed = 0;
  for (const Suite& suite : load_suites()) {
    for (const Case& one : suite.cases) {
      if (one.refused() || suite.transport["recipes"][one.recipe]["fresh"] == false) continue;
      CAPTURE(one.id);
      const auto bound = bind_or_fail(suite, suite.transport, one.settings, Milliseconds{60'000});
      CHECK(bound->open(one.callback, one.now + Milliseconds{59'000}).has_value());
      CHECK_FALSE(bound->open(one.callback, one.now + Milliseconds{61'001}).has_value());
      CHECK_FALSE(bound->open(one.callback, one.now - Milliseconds{61'001}).has_value());
      const auto unchecked = bind_or_fail(suite, suite.transport, one.settings, Milliseconds{0});
      CHECK(unchecked->open(one.callback, one.now + Milliseconds{61'001}).has_value());
      ++timed;
    }
  }
  CHECK(timed > 40);
  const Suite suite = load_suite("wecom");
  const Case& one = suite.cases.front();
  const auto bound = bind_or_fail(suite, suite.transport, one.settings, Milliseconds{1000});
  CHECK(bound->open(one.callback, one.now + Milliseconds{1000}).has_value());
  CHECK_FALSE(bound->open(one.callback, one.now + Milliseconds{1001}).has_value());
}

TEST_CASE("whoever knows everything but the secrets makes nothing that opens") {
  for (const Suite& suite : load_suites()) {
    for (const Case& one : suite.cases) {
      if (!one.json.contains("made")) continue;
      if (suite.transport["recipes"][one.recipe]["when"]["method"] == "STREAM") continue;
      CAPTURE(one.id);
      Settings guessed = one.settings;
      for (const std::string& secret : suite.secrets) {
        const auto found = guessed.find(secret);
        if (found == guessed.end() || found->second.empty()) continue;
        char& c = found->second[found->second.size() / 2];  // not in a prefix such as whsec_
        c = flipped(c);
      }
      const auto forger = bind_or_fail(suite, suite.transport, guessed);
      const auto forged =
          forger->make(one.recipe, one.json.at("payload").get<std::string>(), forgery_of(one));
      REQUIRE(forged.has_value());
      const auto opened =
          bind_or_fail(suite, suite.transport, one.settings)->open(*forged, one.now);
      CHECK_FALSE(opened.has_value());
    }
  }
}

TEST_CASE("the six failures of the sheet's section 2 are one error") {
  const Suite suite = load_suite("wecom");
  const auto find = [&](const std::string& id) -> const Case& {
    return *std::ranges::find(suite.cases, id, &Case::id);
  };
  const Case& post = find("W1");
  const auto error_of = [&](const Settings& settings, const Callback& callback, Time now) {
    const auto opened = bind_or_fail(suite, suite.transport, settings)->open(callback, now);
    REQUIRE_FALSE(opened.has_value());
    return opened.error();
  };
  const Error wanted{ErrorCode::unauthenticated, "not authenticated"};

  Callback signature = post.callback;
  const std::size_t digit = signature.query.find("&timestamp") - 1;
  signature.query[digit] = flipped(signature.query[digit]);
  CHECK(error_of(post.settings, signature, post.now) == wanted);

  Settings receiver = post.settings;
  receiver["receive_id"] += "x";
  CHECK(error_of(receiver, post.callback, post.now) == wanted);
  receiver["receive_id"] = "";
  CHECK(error_of(receiver, post.callback, post.now) == wanted);

  Settings other_key = post.settings;
  other_key["encoding_aes_key"] = find("W4").settings.at("encoding_aes_key");
  CHECK(error_of(other_key, post.callback, post.now) == wanted);

  // Signed as it should be, over base64 that is none.
  for (const std::string& spoilt :
       {std::string("RypEvHKD8QQ"), std::string("a$=="), std::string(),
        std::string("AAAAAAAAAAAAAAAAAAAAAA=="), std::string(43, 'A')}) {
    std::vector<std::string> parts{post.settings.at("token"), "1409659813", "1372623149", spoilt};
    std::ranges::sort(parts);
    std::string joined;
    for (const std::string& part : parts) joined += part;
    Callback callback = post.callback;
    callback.query =
        "msg_signature=" + crypto::to_hex(crypto::digest(crypto::HashAlgorithm::sha1, joined)) +
        "&timestamp=1409659813&nonce=1372623149";
    callback.body = "<xml><Encrypt><![CDATA[" + spoilt + "]]></Encrypt></xml>";
    CHECK(error_of(post.settings, callback, post.now) == wanted);
  }
}

TEST_CASE("malformed is said only of what cannot be read and was compared with nothing secret") {
  const Suite suite = load_suite("wecom");
  const Case& post = suite.cases.front();
  const auto bound = bind_or_fail(suite, suite.transport, post.settings);
  const auto code_of = [&](const Callback& callback) {
    return bound->open(callback, post.now).error().code;
  };
  Callback callback = post.callback;
  callback.body = "garbage";
  CHECK(code_of(callback) == ErrorCode::malformed);
  callback.body = "<xml></xml>";
  CHECK(code_of(callback) == ErrorCode::unauthenticated);
  callback = {"GET", "", "", {}, ""};
  CHECK(code_of(callback) == ErrorCode::unauthenticated);
  callback = {"PUT", "", "", {}, "garbage"};
  CHECK(code_of(callback) == ErrorCode::unauthenticated);
}

TEST_CASE("a hash that ends in the body cannot be extended: what follows the document is refused") {
  const Suite suite = load_suite("douyin");
  const Case& one = *std::ranges::find(suite.cases, std::string("V-DY-01"), &Case::id);
  const auto bound = bind_or_fail(suite, suite.transport, one.settings);
  // Signed by somebody who has the secret, so that only the strictness of the parser is left.
  Callback extended = one.callback;
  extended.body += std::string("\x80\0\0\0\0", 5) + R"({"event":"forged"})";
  const std::string hash = crypto::to_hex(crypto::digest(
      crypto::HashAlgorithm::sha1, one.settings.at("client_secret") + extended.body));
  for (auto& [name, value] : extended.headers) {
    if (name == "X-Douyin-Signature") value = hash;
  }
  CHECK(bound->open(extended, one.now).error().code == ErrorCode::unauthenticated);
}

TEST_CASE("after authentication nothing is refused: what cannot be parsed is still laid open") {
  const Suite suite = load_suite("wecom");
  const Case& one = suite.cases.front();
  const auto bound = bind_or_fail(suite, suite.transport, one.settings);
  const Forgery forgery{one.now, "1", "0123456789abcdef", ""};
  for (const std::string& payload :
       {std::string("<xml><a>"), std::string(), std::string("\0\xff", 2)}) {
    const auto made = bound->make("app.xml", payload, forgery);
    REQUIRE(made.has_value());
    const auto opened = bound->open(*made, one.now);
    REQUIRE(opened.has_value());
    CHECK(opened->payloads.front().bytes == payload);
    CHECK(opened->answer.status == 200);
    CHECK_FALSE(parse_tree("xml", payload).has_value());
  }
}

TEST_CASE("distinct payloads have distinct dedupe keys, and copies one") {
  const Suite suite = load_suite("wecom");
  const Case& one = suite.cases.front();
  const auto bound = bind_or_fail(suite, suite.transport, one.settings);
  std::set<std::string> keys;
  for (int i = 0; i < 200; ++i) {
    const std::string payload = "<xml><MsgId>1</MsgId><I>" + std::to_string(i) + "</I></xml>";
    std::set<std::string> copies;
    for (const char* nonce : {"1", "2", "3"}) {
      const auto made = bound->make("app.xml", payload, {one.now, nonce, nonce, ""});
      copies.insert(bound->open(*made, one.now)->payloads.front().dedupe);
    }
    CHECK(copies.size() == 1);
    keys.merge(copies);
  }
  CHECK(keys.size() == 200);
}

TEST_CASE("dedupe keys from refs cannot run into each other, and an absent ref means the payload") {
  const Json transport = Json::parse(R"({"recipes":{"a.b":{"when":{"method":"STREAM"},"body":"json",
    "fresh":false,"dedupe":["plain:/a","plain:/b"],"answer":{"ok":{"text":"text:"}},"accepts":[]}}})");
  const Suite suite{"", transport, {}, {}, {}, {}};
  const auto bound = bind_or_fail(suite, transport, {});
  const auto key = [&](const std::string& body) {
    return bound->open({"STREAM", "", "", {}, body}, Time{})->payloads.front().dedupe;
  };
  CHECK(key(R"({"a":"1","b":"23"})") != key(R"({"a":"12","b":"3"})"));
  CHECK(key(R"({"a":"1","b":"2","c":1})") == key(R"({"a":"1","b":"2","c":2})"));
  CHECK(key(R"({"a":"1","c":1})") != key(R"({"a":"1","c":2})"));
  CHECK(key(R"({"a":99999999999999999999,"b":1})") != key(R"({"a":99999999999999999998,"b":1})"));
}

TEST_CASE("a recipe ends with its last Beijing day") {
  Suite suite = load_suite("kuaishou");
  const Case& one = suite.cases.front();
  suite.transport["recipes"][one.recipe]["until"] = "2023-11-15";
  const auto bound = bind_or_fail(suite, suite.transport, one.settings, Milliseconds{0});
  const Time midnight = parse_time("2023-11-16T00:00:00+08:00").value();
  CHECK(bound->open(one.callback, midnight - Milliseconds{1}).has_value());
  CHECK_FALSE(bound->open(one.callback, midnight).has_value());
}

TEST_CASE("open and parse_tree are total on mutated and random bytes") {
  std::mt19937 random(20260101);
  const auto mutate = [&](std::string text) {
    for (auto i = random() % 4; i > 0 && !text.empty(); --i) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random() & 0xFF);
          break;
        case 1:
          text.erase(at, random() % 9);
          break;
        case 2:
          text.insert(at, text.substr(random() % text.size(), random() % 40));
          break;
        default:
          text.insert(at, 1, "<>&;%\"{}[],:\0="[random() % 14]);
      }
    }
    return text;
  };
  for (const Suite& suite : load_suites()) {
    for (const Case& one : suite.cases) {
      const auto bound = bind_or_fail(suite, suite.transport, one.settings);
      for (int i = 0; i < 100; ++i) {
        Callback callback = one.callback;
        callback.query = mutate(callback.query);
        callback.body = mutate(callback.body);
        for (auto& [name, value] : callback.headers) value = mutate(value);
        (void)bound->open(callback, one.now);
        for (const char* format : {"xml", "json", "form", "bytes"})
          (void)parse_tree(format, callback.body);
      }
    }
  }
}
