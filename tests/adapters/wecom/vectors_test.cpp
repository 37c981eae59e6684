// Signature and cipher against examples that others published, in both envelopes.
#include <doctest/doctest.h>

#include "tests/adapters/wecom/wecom_channel.h"

namespace guanxi::adapters::wecom_test {
namespace {

std::vector<Json> vectors() {
  std::vector<Json> all;
  for (const auto& path : json_files(source_dir() / "adapters/wecom/vectors")) {
    const Json vectors = read_json(path);
    if (!vectors.is_array()) continue;  // whole callbacks, which tests/adapters/protocol opens
    for (const Json& vector : vectors) all.push_back(vector);
  }
  return all;
}

std::string text(const Json& vector, const char* name) {
  return vector.at(name).get<std::string>();
}

bool is_echo(const Json& vector) { return text(vector, "kind") == "echostr"; }

std::shared_ptr<const Adapter> adapter_of(const Json& vector) {
  return adapter_with({{"token", text(vector, "token")},
                       {"encoding_aes_key", text(vector, "encoding_aes_key")},
                       {"receive_id", text(vector, "receive_id")}});
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (c == '+')
      encoded += "%2B";
    else if (c == '/')
      encoded += "%2F";
    else if (c == '=')
      encoded += "%3D";
    else
      encoded += c;
  }
  return encoded;
}

std::string query_of(const Json& vector) {
  return "msg_signature=" + text(vector, "msg_signature") +
         "&timestamp=" + text(vector, "timestamp") + "&nonce=" + text(vector, "nonce");
}

Callback echo(const Json& vector, const std::string& echostr) {
  return {"GET", "/callbacks/wecom/acme", query_of(vector) + "&echostr=" + echostr, {}, ""};
}

Callback post_xml(const Json& vector) {
  return {
      "POST",
      "/callbacks/wecom/acme",
      query_of(vector),
      {},
      "<xml><ToUserName><![CDATA[toUser]]></ToUserName><AgentID><![CDATA[218]]></AgentID><Encrypt>"
      "<![CDATA[" +
          text(vector, "encrypt") + "]]></Encrypt></xml>"};
}

Callback post_json(const Json& vector) {
  const Json body{
      {"tousername", "toUser"}, {"encrypt", text(vector, "encrypt")}, {"agentid", "218"}};
  return {"POST", "/callbacks/wecom/acme", query_of(vector), {}, body.dump()};
}

}  // namespace

TEST_CASE("published echo strings are answered with their plain text") {
  std::size_t checked = 0;
  for (const Json& vector : vectors()) {
    if (!is_echo(vector)) continue;
    CAPTURE(text(vector, "id"));
    const auto adapter = adapter_of(vector);
    std::string blanks = text(vector, "encrypt");
    std::ranges::replace(blanks, '+', ' ');
    for (const std::string& echostr :
         {percent_encoded(text(vector, "encrypt")), text(vector, "encrypt"), blanks}) {
      const auto opened = adapter->open(echo(vector, echostr), today());
      REQUIRE(opened);
      CHECK(opened->recipe == "app.url_check");
      CHECK(opened->answer.status == 200);
      CHECK(opened->answer.body == text(vector, "plaintext"));
      CHECK(opened->payloads.empty());
    }
    ++checked;
  }
  CHECK(checked == 3);
}

TEST_CASE("published callbacks open to their plain text in the XML and in the JSON envelope") {
  std::size_t checked = 0;
  for (const Json& vector : vectors()) {
    if (is_echo(vector)) continue;
    CAPTURE(text(vector, "id"));
    const auto adapter = adapter_of(vector);
    for (const Callback& callback : {post_xml(vector), post_json(vector)}) {
      const auto opened = adapter->open(callback, today());
      REQUIRE(opened);
      REQUIRE(opened->payloads.size() == 1);
      CHECK(opened->payloads[0].bytes == text(vector, "plaintext"));
      CHECK(opened->answer.status == 200);
    }
    ++checked;
  }
  CHECK(checked == 7);
}

TEST_CASE("one changed character of signature or cipher text is refused without a reason") {
  for (const Json& vector : vectors()) {
    CAPTURE(text(vector, "id"));
    const auto adapter = adapter_of(vector);
    for (const char* field : {"msg_signature", "encrypt", "timestamp", "nonce"}) {
      CAPTURE(field);
      Json forged = vector;
      std::string value = text(vector, field);
      value.back() = value.back() == '1' ? '2' : '1';
      forged[field] = value;
      const auto opened =
          adapter->open(is_echo(vector) ? echo(forged, percent_encoded(text(forged, "encrypt")))
                                        : post_xml(forged),
                        today());
      REQUIRE_FALSE(opened);
      CHECK(opened.error().code == ErrorCode::unauthenticated);
    }
  }
}

TEST_CASE("a callback made for another receiver is refused, though its signature is right") {
  for (const Json& vector : vectors()) {
    CAPTURE(text(vector, "id"));
    const auto adapter = adapter_with({{"token", text(vector, "token")},
                                       {"encoding_aes_key", text(vector, "encoding_aes_key")},
                                       {"receive_id", text(vector, "receive_id") + "x"}});
    const auto opened = adapter->open(
        is_echo(vector) ? echo(vector, percent_encoded(text(vector, "encrypt"))) : post_xml(vector),
        today());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == ErrorCode::unauthenticated);
  }
}

TEST_CASE(
    "without a receive_id the company's own id is expected; an empty one is not the default") {
  const auto open_with = [](const Settings& settings, const Json& vector) {
    return adapter_with(settings)->open(post_xml(vector), today()).has_value();
  };
  for (const Json& vector : vectors()) {
    if (text(vector, "id") == "G1") {
      CHECK(open_with({}, vector));
      CHECK_FALSE(open_with({{"receive_id", ""}}, vector));
    }
    if (text(vector, "id") == "G3") {
      CHECK_FALSE(open_with({}, vector));
      CHECK(open_with({{"receive_id", ""}}, vector));
    }
  }
}

TEST_CASE("a key that is not 43 characters of base64 is refused when the channel is bound") {
  for (const char* key : {"jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2",
                          "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2CC",
                          "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2=",
                          "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2$2C"}) {
    const auto bound = registry().bind(channel({{"encoding_aes_key", key}}));
    REQUIRE_FALSE(bound);
    CHECK(bound.error().detail.find("encoding_aes_key") != std::string::npos);
    CHECK(bound.error().detail.find(key) == std::string::npos);
  }
}

}  // namespace guanxi::adapters::wecom_test
