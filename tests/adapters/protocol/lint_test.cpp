#include "tests/adapters/protocol/cases.h"

using namespace guanxi;
using namespace guanxi::adapters;
using namespace guanxi::adapters::protocol;

namespace {

// What one edit of the WeCom transport makes the linter say.
struct Fault {
  std::string what;
  std::string patch;    // RFC 7396 over the transport; null deletes
  std::string pointer;  // where the complaint is
  std::string reason;   // part of it
};

std::string all_of(const std::vector<Complaint>& complaints) {
  std::string out;
  for (const Complaint& one : complaints) out += one.pointer + ": " + one.reason + "\n";
  return out;
}

// Deletes every key of a JSON value in turn.
void deletions(const Json& value, const Json::json_pointer& at,
               std::vector<Json::json_pointer>& out) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      out.push_back(at / key);
      deletions(member, at / key, out);
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      out.push_back(at / i);
      deletions(value[i], at / i, out);
    }
  }
}

Json without(Json json, const Json::json_pointer& pointer) {
  Json& parent = json[pointer.parent_pointer()];
  if (parent.is_array()) {
    parent.erase(std::stoul(pointer.back()));
  } else {
    parent.erase(pointer.back());
  }
  return json;
}

Settings with_wrong_secrets(const Suite& suite, Settings settings) {
  for (auto& [name, value] : settings) {
    if (!suite.secrets.contains(name) || value.empty()) continue;
    for (std::size_t i = 6; i < value.size(); i += 3) value[i] = flipped(value[i]);
    if (value.size() <= 6) value.front() = flipped(value.front());
  }
  return settings;
}

// Whether somebody without the secrets gets anything stored through a weakened transport. Parts
// that the recipe's weaknesses leave free are no forgery.
bool lets_forgery_in(const Suite& suite, const Case& one, const Json& transport,
                     const Json::json_pointer& cut) {
  auto compiled = Transport::compile(transport, suite.secrets, suite.known);
  if (!compiled) return false;
  const auto bound = BoundTransport::bind(*compiled, one.settings, std::nullopt);
  const auto forger =
      BoundTransport::bind(*compiled, with_wrong_secrets(suite, one.settings), std::nullopt);
  if (!bound || !forger) return false;
  for (const std::string& recipe : (*forger)->recipes()) {
    if (transport["recipes"][recipe]["when"]["method"] == "STREAM") continue;
    const auto forged = (*forger)->make(recipe, one.json.value("payload", "{}"), forgery_of(one));
    if (!forged) continue;
    const auto opened = (*bound)->open(*forged, one.now);
    if (opened && !opened->payloads.empty()) {
      MESSAGE(suite.name, " without ", cut.to_string(), ": ", recipe, " takes a forgery");
      return true;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("the transports of the fact sheets are clean") {
  for (const Suite& suite : load_suites()) {
    CHECK_MESSAGE(
        lint_transport(suite.transport, suite.secrets, suite.known).empty(),
        suite.name << "\n"
                   << all_of(lint_transport(suite.transport, suite.secrets, suite.known)));
  }
}

TEST_CASE("the linter finds every seeded fault and says where it is") {
  const std::string xml = "/recipes/app.xml";
  const std::vector<Fault> faults{
      {"unknown key", R"({"reciipes":{}})", "/reciipes", "not a key"},
      {"no recipes", R"({"recipes":null})", "/recipes", "missing"},
      {"freshness is no duration", R"({"freshness":"soon"})", "/freshness", "duration"},
      {"no freshness", R"({"freshness":null})", "/freshness", "missing"},
      {"unknown key of a recipe", R"({"recipes":{"app.xml":{"wen":{}}}})", xml + "/wen",
       "not a key"},
      {"no when", R"({"recipes":{"app.xml":{"when":null}}})", xml + "/when", "missing"},
      {"no method", R"({"recipes":{"app.xml":{"when":{"method":null}}}})", xml + "/when/method",
       "missing"},
      {"no body", R"({"recipes":{"app.xml":{"body":null}}})", xml + "/body", "missing"},
      {"unknown format", R"({"recipes":{"app.xml":{"body":"yaml"}}})", xml + "/body", "json, xml"},
      {"no fresh", R"({"recipes":{"app.xml":{"fresh":null}}})", xml + "/fresh", "missing"},
      {"no dedupe", R"({"recipes":{"app.xml":{"dedupe":null}}})", xml + "/dedupe", "missing"},
      {"no answer", R"({"recipes":{"app.xml":{"answer":null}}})", xml + "/answer", "missing"},
      {"no accepts", R"({"recipes":{"app.xml":{"accepts":null}}})", xml + "/accepts", "missing"},
      {"accepts too little", R"({"recipes":{"app.xml":{"accepts":[]}}})", xml + "/accepts",
       "old-hash"},
      {"accepts too much", R"({"recipes":{"app.xml":{"accepts":["no-time","old-hash"]}}})",
       xml + "/accepts", "exactly"},
      {"no verify", R"({"recipes":{"app.xml":{"verify":null}}})", xml + "/fresh/at", "not covered"},
      {"hash without a secret",
       R"({"recipes":{"app.xml":{"verify":{"parts":["setting:receive_id","query:timestamp","query:nonce","body:/Encrypt"]}}}})",
       xml + "/verify", "no secret"},
      {"signature that signs itself", R"({"recipes":{"app.xml":{"verify":{"in":"query:nonce"}}}})",
       xml + "/verify/in", "signs itself"},
      {"ciphertext not signed",
       R"({"recipes":{"app.xml":{"verify":{"parts":["setting:token","query:timestamp","query:nonce"]}}}})",
       xml + "/accepts", "unsigned-body"},
      {"IV not signed", R"({"ciphers":{"envelope":{"iv":"query:iv"}}})", xml + "/accepts",
       "unsigned-body"},
      {"time not signed",
       R"({"recipes":{"app.xml":{"verify":{"parts":["setting:token","query:nonce","body:/Encrypt"]}}}})",
       xml + "/fresh/at", "not covered"},
      {"another algorithm", R"({"recipes":{"app.xml":{"verify":{"alg":"crc32"}}}})",
       xml + "/verify/alg", "one of"},
      {"HMAC without key", R"({"recipes":{"app.xml":{"verify":{"alg":"hmac-sha256"}}}})",
       xml + "/verify/key", "missing"},
      {"key for a plain hash", R"({"recipes":{"app.xml":{"verify":{"key":"setting:token"}}}})",
       xml + "/verify/key", "not a key"},
      {"unknown setting",
       R"({"recipes":{"app.xml":{"expect":{"plain:/ToUserName":"setting:corp"}}}})",
       xml + "/expect/plain:~1ToUserName", "no setting"},
      {"no such ref", R"({"recipes":{"app.xml":{"dedupe":["cookie:x"]}}})", xml + "/dedupe/0",
       "not a ref"},
      {"ref of a later stage", R"({"recipes":{"app.xml":{"when":{"plain:/a":true}}}})",
       xml + "/when/plain:~1a", "may not use"},
      {"id that anybody chooses", R"({"recipes":{"app.xml":{"dedupe":["query:id"]}}})",
       xml + "/accepts", "free-id"},
      {"element without each", R"({"recipes":{"app.xml":{"dedupe":["each:/id"]}}})",
       xml + "/dedupe/0", "may not use"},
      {"elements with one id",
       R"({"recipes":{"app.xml":{"each":"/Item","dedupe":["plain:/MsgId"]}}})", xml + "/dedupe",
       "apart"},
      {"no such cipher",
       R"({"recipes":{"app.xml":{"decrypt":[{"cipher":"x","from":"body:/Encrypt"}]}}})",
       xml + "/decrypt/0/cipher", "no cipher"},
      {"nothing decrypted yet",
       R"({"recipes":{"app.xml":{"decrypt":[{"cipher":"envelope","from":"plain:/x"}]}}})",
       xml + "/decrypt/0/from", "nothing is decrypted"},
      {"secret shown", R"({"recipes":{"app.xml":{"answer":{"ok":{"text":"setting:token"}}}}})",
       xml + "/answer/ok", "secret"},
      {"no default answer",
       R"({"recipes":{"app.xml":{"answer":{"ok":{"when":{"plain:/a":true}}}}}})", xml + "/answer",
       "exactly one"},
      {"two defaults", R"({"recipes":{"app.xml":{"answer":{"no":{"text":"text:no"}}}}})",
       xml + "/answer", "exactly one"},
      {"answers that both apply",
       R"({"recipes":{"app.xml":{"answer":{"no":{"when":{"plain:/b":true},"text":"text:no"}}}}})",
       xml + "/answer", "may both apply"},
      {"answer of two kinds", R"({"recipes":{"app.xml":{"answer":{"ok":{"json":{}}}}}})",
       xml + "/answer/ok", "one of text"},
      {"sealed without seal", R"({"recipes":{"app.xml":{"answer":{"ok":{"text":"sealed"}}}}})",
       xml + "/answer/ok", "go together"},
      {"signature without sign",
       R"({"recipes":{"app.xml":{"answer":{"ok":{"text":"signature"}}}}})", xml + "/answer/ok",
       "go together"},
      {"keeps and has a dedupe for nothing", R"({"recipes":{"app.xml":{"keep":false}}})",
       xml + "/dedupe", "keep payloads"},
      {"bad name", R"({"recipes":{"App":{}}})", "/recipes/App", "inlet.variant"},
      {"bad day", R"({"recipes":{"app.xml":{"until":"2026-13-01"}}})", xml + "/until", "a day"},
      {"unknown use", R"({"recipes":{"app.xml":{"use":"off"}}})", xml + "/use", "watch"},
      {"cipher without bits", R"({"ciphers":{"envelope":{"bits":null}}})", "/ciphers/envelope/bits",
       "missing"},
      {"odd bits", R"({"ciphers":{"envelope":{"bits":200}}})", "/ciphers/envelope/bits", "128"},
      {"cipher without iv", R"({"ciphers":{"envelope":{"iv":null}}})", "/ciphers/envelope/iv",
       "missing"},
      {"cipher without pad", R"({"ciphers":{"envelope":{"pad":null}}})", "/ciphers/envelope/pad",
       "missing"},
      {"frame without tail", R"({"ciphers":{"envelope":{"frame":{"tail":null}}}})",
       "/ciphers/envelope/frame/tail", "missing"},
      {"cipher without a secret", R"({"ciphers":{"envelope":{"key":"setting:receive_id"}}})",
       "/ciphers/envelope/key", "secret"},
      {"frame that takes its tail from the request",
       R"({"ciphers":{"envelope":{"frame":{"tail":"query:id"}}}})", "/ciphers/envelope/frame/tail",
       "may not use"},
      {"weaker rival",
       R"({"recipes":{"app.open":{"when":{"method":"POST"},"body":"xml","expect":{"query:key":"setting:token"},"fresh":false,"dedupe":"payload","answer":{"ok":{"text":"text:"}},"accepts":["bearer","free-id","no-time","unsigned-body"]}}})",
       "/recipes/app.open", "is weaker than"},
      {"form beside another format",
       R"({"recipes":{"app.form":{"when":{"method":"POST","body:/Encrypt":true},"body":"form","plain":"xml","verify":{"alg":"sha1","sort":true,"parts":["setting:token","query:timestamp","query:nonce","body:/Encrypt"],"in":"query:msg_signature"},"fresh":{"at":"query:timestamp","unit":"s"},"decrypt":[{"cipher":"envelope","from":"body:/Encrypt"}],"dedupe":"payload","answer":{"ok":{"text":"text:"}},"accepts":["old-hash"]}}})",
       "/recipes/app.form/when", "may take what is meant for"},
      {"unproven that keeps",
       R"({"recipes":{"raw.any":{"when":{"method":"POST"},"body":"xml","fresh":false,"dedupe":"payload","answer":{"ok":{"text":"text:"}},"accepts":["free-id","no-time","unproven","unsigned-body"]}}})",
       "/recipes/raw.any", "proves nothing"},
      {"unproven that echoes",
       R"({"recipes":{"raw.any":{"when":{"method":"GET"},"body":"bytes","fresh":false,"keep":false,"answer":{"ok":{"text":"query:x"}},"accepts":["unproven"]}}})",
       "/recipes/raw.any/answer", "may echo only"},
      {"extendable hash",
       R"({"recipes":{"raw.any":{"when":{"method":"POST"},"body":"form","verify":{"alg":"sha256","parts":["setting:token","body"],"in":"header:S"},"fresh":false,"dedupe":"payload","answer":{"ok":{"text":"text:"}},"accepts":["no-time"]}}})",
       "/recipes/raw.any/body", "extended"},
      {"API signature without a secret", R"({"sign":{"x":{"alg":"md5","parts":["query:a"]}}})",
       "/sign/x", "no secret"},
  };
  const Suite suite = load_suite("wecom");
  for (const Fault& fault : faults) {
    CAPTURE(fault.what);
    Json transport = suite.transport;
    transport.merge_patch(Json::parse(fault.patch));
    const auto complaints = lint_transport(transport, suite.secrets, suite.known);
    const bool found = std::ranges::any_of(complaints, [&](const Complaint& one) {
      return one.pointer == fault.pointer && one.reason.find(fault.reason) != std::string::npos;
    });
    CHECK_MESSAGE(found, all_of(complaints));
    const auto compiled = Transport::compile(transport, suite.secrets, suite.known);
    REQUIRE_FALSE(compiled.has_value());
    CHECK(compiled.error() == Error{ErrorCode::malformed,
                                    complaints.front().pointer + ": " + complaints.front().reason});
  }
}

TEST_CASE("whatever key a transport loses, it is refused or still lets no forgery in") {
  int refused = 0;
  int harmless = 0;
  for (const Suite& suite : load_suites()) {
    std::vector<Json::json_pointer> cuts;
    deletions(suite.transport, Json::json_pointer(), cuts);
    for (const Json::json_pointer& cut : cuts) {
      const Json transport = without(suite.transport, cut);
      if (!lint_transport(transport, suite.secrets, suite.known).empty()) {
        ++refused;
        continue;
      }
      ++harmless;
      for (const Case& one : suite.cases) {
        if (one.json.contains("made")) CHECK_FALSE(lets_forgery_in(suite, one, transport, cut));
      }
    }
  }
  MESSAGE(refused, " mutants refused, ", harmless, " harmless");
  CHECK(refused > harmless);
}

TEST_CASE("the linter is total on transports of any shape") {
  for (
      const char* text :
      {"null", "[]", "1", R"({"recipes":[]})", R"({"recipes":{"a.b":1}})",
       R"({"ciphers":[1],"recipes":{"a.b":{"when":[],"verify":1,"decrypt":{},"expect":[],
                               "fresh":[],"answer":[],"dedupe":{},"accepts":{},"each":1,"unfold":{},"for":1,"until":1}}})",
       R"({"recipes":{"a.b":{"verify":{"parts":[{"pairs":1}],"in":{},"split":""},"answer":{"x":1}}}})",
       R"({"sign":{"x":{"alg":"hmac-sha1","parts":[]}},"recipes":{}})"}) {
    CHECK_FALSE(lint_transport(Json::parse(text), {}, {}).empty());
  }
  const Suite suite = load_suite("dingtalk");
  std::vector<Json::json_pointer> places;
  deletions(suite.transport, Json::json_pointer(), places);
  for (const Json::json_pointer& place : places) {
    for (const Json& value :
         {Json(nullptr), Json(1), Json(""), Json::array(), Json::object(), Json("text:")}) {
      Json transport = suite.transport;
      transport[place] = value;
      (void)lint_transport(transport, suite.secrets, suite.known);
    }
  }
}
