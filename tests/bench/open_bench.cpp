// How long one core takes to verify, decrypt and parse a callback of 800 B plaintext into the tree
// that mapping reads, against the SHA-1, base64 and AES calls alone on the same bytes. The last
// line is JSON.
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "adapters/protocol/transport.h"
#include "crypto/base64.h"

namespace {

using namespace guanxi;
using namespace guanxi::adapters;
using namespace guanxi::adapters::protocol;

constexpr const char* kToken = "gatewayTok1";
constexpr const char* kKey = "3bfcOEhSXJjE8rE3R5EYPQNzDxiGjwei4JP+tYrijVE";
constexpr const char* kReceiver = "ww00scrmdemo000001";
constexpr std::int64_t kNow = 1735689600000;
constexpr std::size_t kPayloadBytes = 800;

constexpr const char* kTransport = R"({"freshness":"1h",
"ciphers":{"envelope":{"bits":256,"key":"setting:encoding_aes_key","key_as":"base64","iv":"key","pad":32,
  "frame":{"filler":16,"tail":"setting:receive_id"}}},
"recipes":{
"app.xml":{"when":{"method":"POST","body:/Encrypt":true},"body":"xml",
  "verify":{"alg":"sha1","sort":true,"in":"query:msg_signature",
    "parts":["setting:token","query:timestamp","query:nonce","body:/Encrypt"]},
  "fresh":{"at":"query:timestamp","unit":"s"},"decrypt":[{"cipher":"envelope","from":"body:/Encrypt"}],
  "dedupe":"payload","order":["plain:/ExternalUserID|/ChatId|/UserID|/Id|/FromUserName"],
  "answer":{"suite":{"when":{"plain:/InfoType":true},"text":"text:success"},"ok":{"text":"text:"}},
  "accepts":["old-hash"]},
"app.json":{"when":{"method":"POST","body:/encrypt":true},"body":"json",
  "verify":{"alg":"sha1","sort":true,"in":"query:msg_signature",
    "parts":["setting:token","query:timestamp","query:nonce","body:/encrypt"]},
  "fresh":{"at":"query:timestamp","unit":"s"},"decrypt":[{"cipher":"envelope","from":"body:/encrypt"}],
  "dedupe":"payload","answer":{"ok":{"text":"text:"}},"accepts":["old-hash"]}}})";

std::string payload() {
  std::string text =
      "<xml><ToUserName><![CDATA[ww00scrmdemo000001]]></ToUserName><FromUserName><![CDATA[sys]]>"
      "</FromUserName><CreateTime>1735689600</CreateTime><MsgType><![CDATA[event]]></"
      "MsgType><Event>"
      "<![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[add_external_contact]]>"
      "</ChangeType><UserID><![CDATA[sales.li]]></UserID><ExternalUserID>"
      "<![CDATA[wmDemoAAAAAAAAAAAAAAAAAAAAAAAAAA0001]]></ExternalUserID><State>"
      "<![CDATA[expo2025]]></State><WelcomeCode><![CDATA[";
  const std::string end = "]]></WelcomeCode></xml>";
  text.append(kPayloadBytes - text.size() - end.size(), 'W');
  return text + end;
}

struct Bench {
  std::shared_ptr<const BoundTransport> transport;
  Callback callback;
  std::array<std::string, 4> signed_parts;
};

Bench prepare() {
  auto compiled = Transport::compile(Json::parse(kTransport), {"token", "encoding_aes_key"},
                                     {"token", "encoding_aes_key", "receive_id"});
  if (!compiled) throw std::runtime_error(compiled.error().detail);
  const Settings settings{{"token", kToken}, {"encoding_aes_key", kKey}, {"receive_id", kReceiver}};
  Bench bench;
  bench.transport = BoundTransport::bind(*compiled, settings, std::nullopt).value();
  const Forgery forgery{from_ms(kNow), "1372623149", "0123456789abcdef", "app.xml"};
  bench.callback = bench.transport->make("app.xml", payload(), forgery).value();
  const std::string& body = bench.callback.body;
  const std::size_t begin = body.find("CDATA[") + 6;
  bench.signed_parts = {kToken, "1735689600", "1372623149",
                        body.substr(begin, body.find("]]>") - begin)};
  // As the platform sends it.
  bench.callback.body = "<xml><ToUserName><![CDATA[ww00scrmdemo000001]]></ToUserName>" +
                        body.substr(5, body.size() - 11) +
                        "<AgentID><![CDATA[1000007]]></AgentID></xml>";
  return bench;
}

std::size_t open_and_parse(const Bench& bench) {
  const auto opened = bench.transport->open(bench.callback, from_ms(kNow));
  const Payload& first = opened.value().payloads.front();
  return parse_tree(first.format, first.bytes).value().size();
}

// The calls that any receiver must make, and nothing around them.
class Crypto {
 public:
  explicit Crypto(const Bench& bench)
      : parts_(bench.signed_parts), key_(crypto::decode_base64_lenient(kKey).value()) {
    std::ranges::sort(parts_);
    for (const std::string& part : parts_) joined_ += part;
    cipher_text_ = bench.signed_parts[3];
    decoded_.resize(cipher_text_.size());
    plain_.resize(cipher_text_.size());
    context_ = EVP_CIPHER_CTX_new();
  }
  ~Crypto() { EVP_CIPHER_CTX_free(context_); }
  Crypto(const Crypto&) = delete;
  Crypto& operator=(const Crypto&) = delete;

  std::size_t run() {
    std::array<unsigned char, SHA_DIGEST_LENGTH> hash{};
    SHA1(bytes(joined_), joined_.size(), hash.data());
    const int padding = cipher_text_.ends_with("==") ? 2 : cipher_text_.ends_with("=") ? 1 : 0;
    const int size = EVP_DecodeBlock(bytes(decoded_), bytes(cipher_text_),
                                     static_cast<int>(cipher_text_.size())) -
                     padding;
    int written = 0;
    EVP_DecryptInit_ex(context_, EVP_aes_256_cbc(), nullptr, bytes(key_), bytes(key_));
    EVP_CIPHER_CTX_set_padding(context_, 0);
    EVP_DecryptUpdate(context_, bytes(plain_), &written, bytes(decoded_), size);
    return static_cast<std::size_t>(written) + hash[0];
  }

 private:
  static unsigned char* bytes(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
  }

  std::array<std::string, 4> parts_;
  std::string key_;
  std::string joined_;
  std::string cipher_text_;
  std::string decoded_;
  std::string plain_;
  EVP_CIPHER_CTX* context_ = nullptr;
};

// CPU time, which other programs on the machine do not prolong.
template <typename Work>
double microseconds(Work work) {
  constexpr int kRound = 10'000;
  std::size_t sum = 0;
  const std::clock_t begin = std::clock();
  for (int i = 0; i < kRound; ++i) sum += work();
  const auto ticks = static_cast<double>(std::clock() - begin);
  if (sum == 0) std::abort();
  return ticks * (1e6 / CLOCKS_PER_SEC) / kRound;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main() {
  const Bench bench = prepare();
  Crypto crypto(bench);
  std::vector<double> ours;
  std::vector<double> bare;
  for (int i = 0; i < 15; ++i) {
    ours.push_back(microseconds([&] { return open_and_parse(bench); }));
    bare.push_back(microseconds([&] { return crypto.run(); }));
  }
  std::printf("open and parse %.0f ns, SHA-1, base64 and AES alone %.0f ns, ratio %.2f\n",
              median(ours) * 1000, median(bare) * 1000, median(ours) / median(bare));
  std::printf("{\"open_us\": %.4f, \"crypto_us\": %.4f, \"payload_bytes\": %zu}\n", median(ours),
              median(bare), kPayloadBytes);
}
