#include "tests/adapters/protocol/cases.h"

using namespace guanxi;
using namespace guanxi::adapters;
using namespace guanxi::adapters::protocol;

namespace {

std::vector<std::pair<std::string, std::string>> headers_of(const Callback& callback) {
  auto headers = callback.headers;
  std::erase_if(headers, [](const auto& header) { return header.first == "Content-Type"; });
  std::ranges::sort(headers);
  return headers;
}

// What a sealed answer says: opened as if it were a callback, by a transport that has no such
// answer.
std::string opened_answer(const Suite& suite, const Case& one, const Answer& answer) {
  const Json body = Json::parse(answer.body);
  Json transport = suite.transport;
  for (auto& [name, recipe] : transport["recipes"].items()) {
    if (recipe.contains("answer")) recipe["answer"] = {{"ok", {{"text", "text:"}}}};
    recipe.erase("each");
    recipe.erase("unfold");
    recipe.erase("order");
    if (recipe.contains("dedupe")) recipe["dedupe"] = "payload";
    if (name.starts_with("robot.")) recipe["accepts"] = {"free-id", "unsigned-body"};
  }
  Callback callback = one.callback;
  callback.query = "msg_signature=" + body.at("msg_signature").get<std::string>() +
                   "&timestamp=" + body.at("timeStamp").get<std::string>() +
                   "&nonce=" + body.at("nonce").get<std::string>();
  callback.body = Json{{"encrypt", body.at("encrypt")}}.dump();
  const auto opened = bind_or_fail(suite, transport, one.settings)->open(callback, one.now);
  REQUIRE_MESSAGE(opened.has_value(), one.id << ": the sealed answer does not open");
  return opened->payloads.front().bytes;
}

void check_opened(const Suite& suite, const Case& one, const Opened& opened) {
  CHECK(opened.recipe == one.recipe);
  std::vector<std::string> payloads;
  for (const Payload& payload : opened.payloads) payloads.push_back(payload.bytes);
  CHECK(payloads == one.json.at("payloads").get<std::vector<std::string>>());
  CHECK(opened.answer.status == 200);
  if (one.json.contains("sealed_answer")) {
    CHECK(opened_answer(suite, one, opened.answer) == one.json.at("sealed_answer"));
  } else {
    CHECK(opened.answer.body == one.json.at("answer").get<std::string>());
    CHECK(opened.answer.content_type.empty() == opened.answer.body.empty());
  }
  if (!opened.payloads.empty())
    CHECK(opened.payloads.front().order == one.json.value("order", opened.payloads.front().order));
  CHECK(opened.watched == one.json.value("watched", std::vector<std::string>{}));
}

}  // namespace

TEST_CASE("every recorded callback opens as its platform meant it") {
  for (const Suite& suite : load_suites()) {
    for (const Case& one : suite.cases) {
      CAPTURE(suite.name);
      CAPTURE(one.id);
      const auto bound = bind_or_fail(suite, suite.transport, one.settings);
      const auto opened = bound->open(one.callback, one.now);
      if (one.refused()) {
        CHECK(opened.error().code == ErrorCode::unauthenticated);
        continue;
      }
      CHECK(opened.has_value());
      if (opened) check_opened(suite, one, *opened);
    }
  }
}

TEST_CASE("the inverse of every recorded callback is that callback, byte for byte") {
  int made_count = 0;
  for (const Suite& suite : load_suites()) {
    for (const Case& one : suite.cases) {
      if (!one.json.contains("made")) continue;
      CAPTURE(suite.name);
      CAPTURE(one.id);
      const auto bound = bind_or_fail(suite, suite.transport, one.settings);
      const auto payload = one.json.at("payload").get<std::string>();
      const auto made = bound->make(one.recipe, payload, forgery_of(one));
      CHECK_MESSAGE(made.has_value(), (made ? "" : made.error().detail));
      if (!made) continue;
      ++made_count;
      const Callback wanted = callback_from(one.json.at("made"));
      CHECK(made->method == wanted.method);
      CHECK(made->query == wanted.query);
      CHECK(made->body == wanted.body);
      CHECK(headers_of(*made) == headers_of(wanted));
    }
  }
  CHECK(made_count > 40);
}

TEST_CASE("the recorded signatures of API requests come out of the packs' sign entries") {
  int signed_count = 0;
  for (const Suite& suite : load_suites()) {
    for (const Json& one : suite.signs) {
      CAPTURE(one.at("id").get<std::string>());
      const auto bound = bind_or_fail(suite, suite.transport, settings_from(one.at("settings")));
      const auto text =
          bound->sign(one.at("name").get<std::string>(), callback_from(one.at("request")));
      CHECK(text.has_value());
      if (text) CHECK(*text == one.at("signature").get<std::string>());
      ++signed_count;
    }
  }
  CHECK(signed_count == 7);
}

TEST_CASE("without a name the inverse takes the storing recipe that carries such a payload") {
  const Suite suite = load_suite("wecom");
  const auto bound = bind_or_fail(suite, suite.transport, suite.cases.front().settings);
  const Forgery forgery{from_ms(1735689600000), "1", "0123456789abcdef", ""};
  CHECK(bound->make("", "<xml><A>1</A></xml>", forgery)->body.starts_with("<xml>"));
  CHECK(bound->make("", "{}", forgery)->body.starts_with("{"));
  CHECK(bound->make("app.none", "{}", forgery).error().code == ErrorCode::not_found);
  CHECK(bound->recipes() == std::vector<std::string>{"app.json", "app.url_check", "app.xml"});
}

TEST_CASE("the inverse moves a payload's time and id only where the recipe would refuse them") {
  Suite suite = load_suite("kuaishou");
  Json& recipe = suite.transport["recipes"]["open.webhook"];
  recipe["fresh"] = {{"at", "plain:/timestamp"}, {"unit", "ms"}};
  recipe["accepts"] = {"old-hash"};
  const auto bound = bind_or_fail(suite, suite.transport, {{"app_secret", "s"}});
  const Forgery forgery{from_ms(1800000000000), "1", "", ""};
  const std::string stale = R"({"message_id":"m","timestamp":1700000000000})";
  CHECK(bound->make("open.webhook", stale, forgery)->body ==
        R"({"message_id":"m","timestamp":1800000000000})");
  const std::string recent = R"({ "message_id": "m", "timestamp": 1800000000001 })";
  CHECK(bound->make("open.webhook", recent, forgery)->body == recent);
}
