// Reading is total: nothing that any pack's examples can be turned into crashes it or throws.
#include "adapters/registry.h"
#include "adapters/rules/library.h"
#include "tests/adapters/rules/fixture.h"

using namespace guanxi;
using namespace guanxi::adapters;
using namespace guanxi::adapters::rules;
using namespace guanxi::adapters::rules::test;

namespace {

const std::vector<Json>& strangers() {
  static const std::vector<Json> values{Json(),
                                        Json(true),
                                        Json(-1),
                                        Json(1e308),
                                        Json(""),
                                        Json("x"),
                                        Json("\xff\xfe"),
                                        Json(std::string(70'000, 'a')),
                                        Json::array(),
                                        Json::array({1, "a", Json::object(), Json::array()}),
                                        Json::object(),
                                        Json{{"a", {{"b", 1}}}},
                                        Json("{\"a\":[1,{\"b\":\"c\"}]}")};
  return values;
}

// Every node of a tree, the root included.
void pointers_of(const Json& json, const Json::json_pointer& at,
                 std::vector<Json::json_pointer>& pointers) {
  pointers.push_back(at);
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) pointers_of(value, at / key, pointers);
  } else if (json.is_array()) {
    for (std::size_t i = 0; i < json.size(); ++i) pointers_of(json[i], at / i, pointers);
  }
}

// The newest pack of a platform, resolved.
Json newest_pack(const std::string& platform, const std::string& version) {
  PackFiles files;
  const std::string prefix = platform + "/rules/";
  for (const DataFile& file : built_in_files()) {
    if (!file.path.starts_with(prefix)) continue;
    files[file.path.substr(prefix.size(), version.size())] = {file.path, Json::parse(file.text)};
  }
  std::vector<Complaint> complaints;
  Json resolved = resolve_pack(files, version, complaints);
  REQUIRE(complaints.empty());
  return resolved;
}

template <typename Read>
void mutate_and_read(const Json& payload, const Read& read) {
  std::vector<Json::json_pointer> pointers;
  pointers_of(payload, Json::json_pointer(), pointers);
  for (const auto& pointer : pointers) {
    for (const Json& stranger : strangers()) {
      Json mutant = payload;
      mutant[pointer] = stranger;
      for (const models::Event& event : read(mutant)) {
        // Whatever was read can be stored and read back.
        const Json stored = models::facts_state(event.facts);
        const auto back = models::facts_from_state(Json::parse(stored.dump()));
        REQUIRE(back);
        CHECK(*back == event.facts);
      }
    }
  }
}

}  // namespace

TEST_CASE(
    "every example of every platform's newest pack, each node replaced by anything, is read") {
  std::vector<Finding> findings;
  for (const auto& [name, platform] : load_platforms(built_in_files(), findings)) {
    if (platform.packs.empty()) continue;
    const RulePack& pack = *platform.packs.rbegin()->second;
    const Json resolved = newest_pack(name, pack.version());
    const Scopes scopes(pack.plan(), platform.manifest, {});
    const Situation situation{pack.plan(), scopes, models::Trust::account_bound,
                              from_ms(kReceived)};
    for (const auto& [title, example] : resolved.at("examples").items()) {
      CAPTURE(title);
      const Json& payload = example.at("payload");
      if (!example.contains("answer_to")) {
        mutate_and_read(payload,
                        [&](const Json& json) { return read_message(situation, "", json); });
        continue;
      }
      const auto& call = pack.plan().api.calls.at(example.at("answer_to").get<std::string>());
      const CallContext context{call.name, example.value("with", Json::object()),
                                from_ms(kReceived)};
      mutate_and_read(
          payload, [&](const Json& json) { return read_answer(situation, call, context, json); });
    }
  }
}
