// Any bytes as a request ("METHOD query", header lines, an empty line, the body) to a channel of
// every platform, as a payload, as a signed ciphertext and as a document: opened, parsed and
// rendered without a crash or a contradiction.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/protocol/transport.h"
#include "adapters/registry.h"
#include "crypto/digest.h"
#include "tests/support/described_channels.h"

using namespace guanxi;
using namespace guanxi::adapters;
using namespace guanxi::adapters::protocol;

namespace {

const Time kNow = from_ms(1735689600000);
constexpr std::string_view kToken = "gatewayTok1";

constexpr const char* kTransport = R"json({"freshness":"1h",
"ciphers":{"envelope":{"bits":256,"key":"setting:key","key_as":"base64","iv":"key","pad":32,
             "frame":{"filler":16,"tail":"setting:receiver"}},
           "member":{"bits":256,"key":"setting:key","key_as":"sha256","iv":"before ~split~","pad":16}},
"recipes":{
"app.url_check":{"when":{"method":"GET","query:echostr":true},"body":"bytes",
  "verify":{"alg":"sha1","sort":true,"parts":["setting:token","query:timestamp","query:nonce","query:echostr"],
    "in":"query:msg_signature"},
  "fresh":{"at":"query:timestamp","unit":"s"},"decrypt":[{"cipher":"envelope","from":"query:echostr"}],
  "keep":false,"answer":{"echo":{"text":"plain"}},"accepts":["old-hash"]},
"app.xml":{"when":{"method":"POST","body:/Encrypt":true},"body":"xml",
  "verify":{"alg":"sha1","sort":true,"parts":["setting:token","query:timestamp","query:nonce","body:/Encrypt"],
    "in":"query:msg_signature"},
  "fresh":{"at":"query:timestamp","unit":"s"},"decrypt":[{"cipher":"envelope","from":"body:/Encrypt"}],
  "dedupe":["plain:/MsgId"],"order":["plain:/ExternalUserID|/UserID"],
  "answer":{"suite":{"when":{"plain:/InfoType":true},"text":"text:success"},"ok":{"text":"text:"}},
  "accepts":["old-hash"]},
"app.json":{"when":{"method":"POST","body:/encrypt":true},"body":"json",
  "verify":{"alg":"sha1","sort":true,"parts":["setting:token","query:timestamp","query:nonce","body:/encrypt"],
    "in":"query:msg_signature"},
  "fresh":{"at":"query:timestamp","unit":"s"},"decrypt":[{"cipher":"envelope","from":"body:/encrypt"}],
  "each":"/list","unfold":["/data"],"dedupe":["each:/id"],
  "answer":{"ok":{"json":{"/encrypt":"sealed","/signature":"signature"},"seal":{"cipher":"envelope","value":"text:success"},
    "sign":{"alg":"sha1","sort":true,"parts":["setting:token","sealed"]}}},"accepts":["old-hash"]},
"hook.event":{"when":{"method":"POST","header:X-Signature":true},"body":"json",
  "verify":{"alg":"hmac-sha256","key":"setting:token","in":"header:X-Signature","split":",","prefix":"v1=",
    "parts":["field:X-Signature/t","text:.","body.ascii"]},
  "fresh":{"at":"field:X-Signature/t","unit":"any"},"dedupe":["plain:/id"],
  "answer":{"ok":{"json":{"/id":"plain:/id"}}},"accepts":[]},
"list.event":{"when":{"method":"POST","header:app-key":true},"body":"form",
  "verify":{"alg":"md5","in":"header:sign",
    "parts":["path","text:?",{"pairs":["query","body","header:app-key"],"except":["sign"],"empty":false},"setting:token"]},
  "fresh":false,"dedupe":"payload","answer":{"ok":{"xml":{"/ok":1}}},"accepts":["free-id","no-time","old-hash","unsigned-body"]},
"open.member":{"when":{"method":"POST","query:key":true},"body":"json","expect":{"query:key":"setting:token"},
  "decrypt":[{"cipher":"member","from":"body:/content","into":"/content"}],"unfold":["/content"],"fresh":false,
  "dedupe":["plain:/id"],"answer":{"ok":{"text":"text:ok"}},"accepts":["bearer","free-id","no-time","unsigned-body"]}}})json";

const BoundTransport& transport() {
  static const auto bound = [] {
    auto compiled = Transport::compile(Json::parse(kTransport), {"token", "key"}, {"receiver"});
    GUANXI_CHECK(compiled.has_value());
    const Settings settings{{"token", std::string(kToken)},
                            {"key", "3bfcOEhSXJjE8rE3R5EYPQNzDxiGjwei4JP+tYrijVE"},
                            {"receiver", "ww00scrmdemo000001"}};
    return BoundTransport::bind(*compiled, settings, std::nullopt).value();
  }();
  return *bound;
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return line;
}

// A channel for every recipe of every platform, as tests/simulator describes them.
const std::vector<std::shared_ptr<const Adapter>>& platforms() {
  static const auto bound = [] {
    std::vector<std::shared_ptr<const Adapter>> adapters;
    const Registry registry;
    for (const auto& file : tests::description_files(GUANXI_SOURCE_DIR "/tests/simulator")) {
      for (const ChannelSettings& channel : tests::described_channels(file)) {
        adapters.push_back(registry.bind(channel).value());
      }
    }
    return adapters;
  }();
  return bound;
}

void check_answer(const Result<Opened>& opened) {
  GUANXI_CHECK(opened || opened.error().code == ErrorCode::malformed ||
               opened.error().code == ErrorCode::unauthenticated);
}

void open_request(std::string_view text) {
  Callback callback;
  std::string_view first = take_line(text);
  const std::size_t blank = first.find(' ');
  callback.method = first.substr(0, blank);
  if (blank != std::string_view::npos) callback.query = first.substr(blank + 1);
  for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos) {
      callback.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
  }
  callback.body = text;
  check_answer(transport().open(callback, kNow));
  for (const auto& adapter : platforms()) check_answer(adapter->open(callback, kNow));
}

void send_payload(std::string_view text) {
  const Forgery forgery{kNow, "1372623149", "0123456789abcdef", ""};
  const auto made = transport().make("app.xml", text, forgery);
  GUANXI_CHECK(made.has_value());
  const auto opened = transport().open(*made, kNow);
  GUANXI_CHECK(opened && opened->payloads.size() == 1 && opened->payloads.front().bytes == text);
}

// Past the signature, so that the cipher meets any bytes.
void decrypt(std::string_view text) {
  const std::string ciphertext(text);
  for (const bool json : {false, true}) {
    std::array<std::string_view, 4> parts{kToken, "1735689600", "1", ciphertext};
    std::ranges::sort(parts);
    Callback callback;
    callback.method = "POST";
    callback.query = "timestamp=1735689600&nonce=1&msg_signature=" +
                     crypto::to_hex(crypto::digest_of(crypto::HashAlgorithm::sha1, parts));
    const auto body =
        render_tree(json ? "json" : "xml", {{json ? "encrypt" : "Encrypt", ciphertext}});
    if (!body) continue;
    callback.body = *body;
    (void)transport().open(callback, kNow);
  }
}

void read_documents(std::string_view text) {
  for (const char* format : {"xml", "json", "form", "bytes"}) {
    const auto tree = parse_tree(format, text);
    if (!tree) continue;
    for (const char* other : {"xml", "json"}) {
      const auto written = render_tree(other, *tree);
      if (!written) continue;
      const auto again = parse_tree(other, *written);
      GUANXI_CHECK(again.has_value());
      if (std::string_view(other) == "json") GUANXI_CHECK(*again == *tree);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  open_request(text);
  send_payload(text);
  decrypt(text);
  read_documents(text);
  return 0;
}
