#include "tests/adapters/protocol/cases.h"

using namespace guanxi;
using namespace guanxi::adapters;
using namespace guanxi::adapters::protocol;

namespace {

std::string bind_error(const Suite& suite, const Settings& settings) {
  auto compiled = Transport::compile(suite.transport, suite.secrets, suite.known);
  REQUIRE(compiled.has_value());
  const auto bound = BoundTransport::bind(*compiled, settings, std::nullopt);
  if (bound) return "";
  CHECK(bound.error().code == ErrorCode::malformed);
  return bound.error().detail;
}

}  // namespace

TEST_CASE("a key must be one of exactly the cipher's bits") {
  const Suite suite = load_suite("wecom");
  Settings settings = suite.cases.front().settings;
  const std::string key = settings["encoding_aes_key"];
  CHECK(bind_error(suite, settings).empty());
  for (const std::string& wrong : {key.substr(0, 42), key + "A", "$" + key.substr(1),
                                   key.substr(0, 42) + "=", std::string("short")}) {
    settings["encoding_aes_key"] = wrong;
    const std::string error = bind_error(suite, settings);
    CHECK(error == "encoding_aes_key: does not hold a key of 256 bits");
    CHECK(error.find(wrong) == std::string::npos);
  }
}

TEST_CASE("a needed setting may not be missing, and only a receiver may be empty on purpose") {
  const Suite suite = load_suite("wecom");
  const Settings good = suite.cases.front().settings;
  for (const char* name : {"token", "encoding_aes_key"}) {
    Settings settings = good;
    settings[name] = "";
    CHECK(bind_error(suite, settings).starts_with(std::string(name) + ": is needed"));
    settings.erase(name);
    CHECK(bind_error(suite, settings).starts_with(std::string(name) + ": is needed"));
  }
  Settings settings = good;
  settings["receive_id"] = "";
  CHECK(bind_error(suite, settings).empty());
  settings.erase("receive_id");
  CHECK(bind_error(suite, settings) == "receive_id: is missing");
}

TEST_CASE("settings choose the recipes, and at least one must be left") {
  const Suite suite = load_suite("feishu");
  const auto names = [&](const Settings& settings) {
    return bind_or_fail(suite, suite.transport, settings)->recipes();
  };
  CHECK(names({{"encrypt_key", "k"}, {"verification_token", "t"}}) ==
        std::vector<std::string>{"event.signed", "card.old", "event.url_check"});
  CHECK(names({{"verification_token", "t"}}) ==
        std::vector<std::string>{"card.old", "event.plain"});
  const Suite webhook = load_suite("webhook");
  CHECK(bind_error(webhook, {{"secret", "s"}, {"style", "unknown"}})
            .starts_with("these settings enable no"));
  CHECK(bind_error(webhook, {{"secret", "whsec_$"}, {"style", "standard"}}) ==
        "secret: is not spelled as this platform spells keys");
}
