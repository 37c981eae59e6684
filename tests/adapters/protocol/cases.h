// Recorded callbacks: adapters/<platform>/vectors/callbacks.json, opened by the transport of the
// platform's newest pack, and webhook.json with a transport of its own; and how to tamper with
// them.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "adapters/adapter.h"
#include "adapters/protocol/transport.h"
#include "adapters/rules/pack.h"
#include "crypto/digest.h"

namespace guanxi::adapters::protocol {

struct Case {
  std::string id;
  Json json;
  Settings settings;
  Time now{};
  std::string recipe;
  Callback callback;

  bool refused() const { return json.value("refused", false); }
  // Parts that the recipe's weaknesses leave to anybody.
  std::set<std::string> free() const { return json.value("free", std::set<std::string>{}); }
  // Parts of which something means nothing, such as a second signature.
  std::set<std::string> loose() const { return json.value("loose", std::set<std::string>{}); }
};

struct Suite {
  std::string name;
  Json transport;
  std::set<std::string> secrets;
  std::set<std::string> known;
  std::vector<Case> cases;
  Json signs;
};

inline Callback callback_from(const Json& json) {
  Callback callback;
  callback.method = json.at("method").get<std::string>();
  callback.path = json.at("path").get<std::string>();
  callback.query = json.at("query").get<std::string>();
  callback.body = json.at("body").get<std::string>();
  for (const auto& [name, value] : json.at("headers").items()) {
    callback.headers.emplace_back(name, value.get<std::string>());
  }
  return callback;
}

inline Settings settings_from(const Json& json) {
  return json.get<std::map<std::string, std::string, std::less<>>>();
}

inline Json read_json(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return Json::parse(stream);
}

inline void read_cases(const Json& json, Suite& suite) {
  for (const Json& one : json.at("cases")) {
    suite.cases.push_back({one.at("id").get<std::string>(), one, settings_from(one.at("settings")),
                           from_ms(one.at("now").get<std::int64_t>()),
                           one.at("recipe").get<std::string>(), callback_from(one.at("callback"))});
  }
  if (json.contains("signs")) suite.signs = json.at("signs");
}

inline Suite webhook_suite() {
  const Json json = read_json(GUANXI_SOURCE_DIR "/tests/adapters/protocol/webhook.json");
  Suite suite;
  suite.name = "webhook";
  suite.transport = json.at("transport");
  suite.secrets = json.at("secrets").get<std::set<std::string>>();
  suite.known = json.at("settings").get<std::set<std::string>>();
  suite.known.insert(suite.secrets.begin(), suite.secrets.end());
  read_cases(json, suite);
  return suite;
}

// Of a platform's folder.
inline Suite platform_suite(const std::filesystem::path& folder) {
  Suite suite;
  suite.name = folder.filename().string();
  rules::PackFiles packs;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "rules")) {
    packs[entry.path().stem().string()] = {entry.path().string(), read_json(entry.path())};
  }
  std::vector<rules::Complaint> complaints;
  suite.transport = rules::resolve_pack(packs, packs.rbegin()->first, complaints).at("transport");
  const Json manifest = read_json(folder / "manifest.json");
  suite.known = {"public_url", std::string(kSharedScopeSetting)};
  for (const auto& [name, setting] : manifest.at("settings").items()) {
    suite.known.insert(name);
    if (setting.value("secret", false)) suite.secrets.insert(name);
  }
  read_cases(read_json(folder / "vectors/callbacks.json"), suite);
  return suite;
}

inline std::vector<Suite> load_suites() {
  std::vector<Suite> suites{webhook_suite()};
  for (const auto& entry : std::filesystem::directory_iterator(GUANXI_SOURCE_DIR "/adapters")) {
    if (std::filesystem::exists(entry.path() / "manifest.json")) {
      suites.push_back(platform_suite(entry.path()));
    }
  }
  std::ranges::sort(suites, {}, &Suite::name);
  return suites;
}

inline Suite load_suite(const std::string& name) {
  if (name == "webhook") return webhook_suite();
  return platform_suite(std::filesystem::path(GUANXI_SOURCE_DIR "/adapters") / name);
}

inline std::shared_ptr<const BoundTransport> bind_or_fail(
    const Suite& suite, const Json& transport, const Settings& settings,
    std::optional<Milliseconds> freshness = std::nullopt) {
  auto compiled = Transport::compile(transport, suite.secrets, suite.known);
  REQUIRE_MESSAGE(compiled.has_value(), suite.name << ": " << compiled.error().detail);
  auto bound = BoundTransport::bind(*compiled, settings, freshness);
  REQUIRE_MESSAGE(bound.has_value(), suite.name << ": " << bound.error().detail);
  return *bound;
}

inline Forgery forgery_of(const Case& one) {
  const Json& json = one.json.at("forgery");
  Forgery forgery;
  forgery.now = one.now;
  forgery.nonce = json.at("nonce").get<std::string>();
  forgery.filler = json.contains("filler_hex")
                       ? crypto::from_hex(json.at("filler_hex").get<std::string>()).value()
                       : json.at("filler").get<std::string>();
  forgery.path = json.value("path", "");
  return forgery;
}

struct Tampered {
  std::string what;  // "query:nonce flipped"
  std::string part;  // "query:nonce", "header:X", "body"
  Callback callback;
};

// Another character of the same class, so that hex stays hex and base64 stays base64.
inline char flipped(char c) {
  if (c == '0') return '1';
  if (c >= '1' && c <= '9') return '0';
  if (c == 'a' || c == 'A') return static_cast<char>(c + 1);
  if ((c >= 'b' && c <= 'z') || (c >= 'B' && c <= 'Z')) return static_cast<char>(c - 1);
  return c == '+' ? '/' : '+';
}

inline std::vector<std::string> split_query(const std::string& query) {
  std::vector<std::string> pairs;
  std::size_t begin = 0;
  while (begin < query.size()) {
    const std::size_t end = std::min(query.find('&', begin), query.size());
    pairs.push_back(query.substr(begin, end - begin));
    begin = end + 1;
  }
  return pairs;
}

inline std::string join_query(const std::vector<std::string>& pairs) {
  std::string out;
  for (const std::string& pair : pairs) {
    if (!pair.empty()) out += (out.empty() ? "" : "&") + pair;
  }
  return out;
}

// One parameter or header flipped at both ends, emptied, prolonged, shortened.
inline std::vector<std::pair<std::string, std::string>> spoil(const std::string& value) {
  std::vector<std::pair<std::string, std::string>> out;
  if (value.empty()) return {{"prolonged", "x"}};
  std::string first = value;
  first.front() = flipped(first.front());
  out.emplace_back("flipped at the front", first);
  std::string last = value;
  const std::size_t at = last.find_last_not_of("=%3D");
  if (at != std::string::npos && at > 0) {
    last[at - 1] = flipped(last[at - 1]);
    out.emplace_back("flipped at the end", last);
  }
  out.emplace_back("emptied", "");
  out.emplace_back("prolonged", value + "x");
  out.emplace_back("shortened", value.substr(0, value.size() - 1));
  return out;
}

inline void tamper_query(const Callback& callback, std::vector<Tampered>& out) {
  const auto pairs = split_query(callback.query);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const std::string name = pairs[i].substr(0, pairs[i].find('='));
    const auto with = [&](const std::string& what, const std::string& pair) {
      auto changed = pairs;
      changed[i] = pair;
      Callback spoilt = callback;
      spoilt.query = join_query(changed);
      out.push_back({"query:" + name + " " + what, "query:" + name, spoilt});
    };
    for (const auto& [what, value] : spoil(pairs[i].substr(name.size() + 1)))
      with(what, name + "=" + value);
    with("dropped", "");
    with("repeated", pairs[i] + "&" + pairs[i]);
    with("renamed", "x" + pairs[i]);
    const std::string& other = pairs[(i + 1) % pairs.size()];
    if (pairs.size() > 1) with("swapped", name + other.substr(other.find('=')));
  }
}

inline void tamper_headers(const Callback& callback, std::vector<Tampered>& out) {
  for (std::size_t i = 0; i < callback.headers.size(); ++i) {
    const auto& [name, value] = callback.headers[i];
    for (const auto& [what, changed] : spoil(value)) {
      Callback spoilt = callback;
      spoilt.headers[i].second = changed;
      out.push_back({"header:" + name + " " + what, "header:" + name, spoilt});
    }
    Callback dropped = callback;
    dropped.headers.erase(dropped.headers.begin() + static_cast<std::ptrdiff_t>(i));
    out.push_back({"header:" + name + " dropped", "header:" + name, dropped});
    Callback repeated = callback;
    repeated.headers.push_back(callback.headers[i]);
    out.push_back({"header:" + name + " repeated", "header:" + name, repeated});
  }
}

inline void tamper_body(const Callback& callback, std::vector<Tampered>& out) {
  const std::size_t step = std::max<std::size_t>(1, callback.body.size() / 60);
  for (std::size_t at = 0; at < callback.body.size(); at += step) {
    Callback spoilt = callback;
    spoilt.body[at] = flipped(spoilt.body[at]);
    out.push_back({"body flipped at " + std::to_string(at), "body", spoilt});
    spoilt.body = callback.body.substr(0, at);
    out.push_back({"body cut at " + std::to_string(at), "body", spoilt});
  }
  for (const std::string& tail : {std::string("x"), std::string("\x80\0\0\0", 4), callback.body}) {
    Callback spoilt = callback;
    spoilt.body += tail;
    out.push_back({"body prolonged", "body", spoilt});
  }
}

inline std::vector<Tampered> tampered(const Callback& callback) {
  std::vector<Tampered> out;
  tamper_query(callback, out);
  tamper_headers(callback, out);
  tamper_body(callback, out);
  Callback other = callback;
  other.method = callback.method == "GET" ? "POST" : "GET";
  out.push_back({"method changed", "method", other});
  return out;
}

}  // namespace guanxi::adapters::protocol
