#include "adapters/rules/pack.h"

#include <algorithm>

#include "adapters/rules/compile.h"
#include "adapters/rules/example.h"
#include "adapters/rules/schema.h"
#include "crypto/digest.h"

namespace guanxi::adapters::rules {
namespace {

// Canonical: nlohmann's objects are sorted.
std::string content_hash(const Json& resolved) {
  const std::string text = resolved.dump(-1, ' ', false, Json::error_handler_t::replace);
  return crypto::to_hex(crypto::digest(crypto::HashAlgorithm::sha256, text));
}

std::set<std::string> setting_names(const Manifest& manifest, bool secrets_only) {
  std::set<std::string> names;
  for (const SettingDescription& setting : manifest.settings) {
    if (setting.secret || !secrets_only) names.insert(setting.name);
  }
  if (!secrets_only) names.insert({"public_url", "unionid_scope"});
  return names;
}

void check_transport(const Json& transport, const Manifest& manifest,
                     std::vector<Complaint>& complaints) {
  const auto found = protocol::lint_transport(transport, setting_names(manifest, true),
                                              setting_names(manifest, false));
  for (const protocol::Complaint& complaint : found) {
    complaints.push_back({"/transport" + complaint.pointer, complaint.reason});
  }
}

const Json& member(const Json& object, const char* key) {
  static const Json kNothing = Json::object();
  const auto found = object.find(key);
  return found == object.end() || !found->is_object() ? kNothing : *found;
}

// An event that is `like` another states only what differs; its shape is judged as it will be read.
Json without_likes(const Json& pack) {
  const auto events = pack.find("events");
  if (events == pack.end() || !events->is_object()) return pack;
  Json resolved = pack;
  for (auto& [name, entry] : resolved["events"].items()) entry = resolved_event(*events, entry);
  return resolved;
}

}  // namespace

RulePack::RulePack(std::string platform, std::string version, Json resolved,
                   const Manifest& manifest, const RulePack* earlier,
                   std::vector<Complaint>& complaints)
    : platform_(std::move(platform)), version_(std::move(version)), resolved_(std::move(resolved)) {
  hash_ = content_hash(resolved_);
  const std::size_t before = complaints.size();
  for (Complaint& complaint : check_schema(Schema::pack, without_likes(resolved_))) {
    complaints.push_back(std::move(complaint));
  }
  if (complaints.size() != before) return;
  plan_ = compile_rules(resolved_, manifest, complaints);
  if (complaints.size() == before) run_examples(plan_, manifest, resolved_, complaints);
  const Json& transport = member(resolved_, "transport");
  if (earlier != nullptr && member(earlier->resolved_, "transport") == transport) {
    transport_ = earlier->transport_;
  } else {
    check_transport(transport, manifest, complaints);
    auto compiled = protocol::Transport::compile(transport, setting_names(manifest, true),
                                                 setting_names(manifest, false));
    if (compiled) transport_ = std::move(*compiled);
  }
}

std::vector<std::string> RulePack::event_names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : plan_.events) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> RulePack::example_names() const {
  std::vector<std::string> names;
  for (const auto& [name, example] : member(resolved_, "examples").items()) {
    if (!example.contains("answer_to")) names.push_back(name);
  }
  return names;
}

Result<std::pair<std::string, Json>> RulePack::example(std::string_view name) const {
  const Json& examples = member(resolved_, "examples");
  auto found = examples.find(std::string(name));
  if (found == examples.end() || found->contains("answer_to")) {
    found = std::find_if(examples.begin(), examples.end(), [&](const Json& example) {
      return !example.contains("answer_to") && example.value("event", std::string()) == name;
    });
  }
  if (found == examples.end()) {
    return fail(ErrorCode::not_found, platform_ + " " + version_ + " has no example or event \"" +
                                          std::string(name) + "\"");
  }
  const Json& payload = found->at("payload");
  auto text = protocol::render_tree(found->value("format", std::string("json")), payload);
  if (!text) return tl::unexpected<Error>(text.error());
  return std::pair(std::move(*text), payload);
}

bool is_version(std::string_view text) {
  if (text.size() != 10) return false;
  return parse_time(std::string(text) + "T00:00:00Z").has_value();
}

Json resolve_pack(const PackFiles& files, const std::string& version,
                  std::vector<Complaint>& complaints) {
  // Every step leads to an earlier day, so the chain ends.
  std::vector<const Json*> chain;
  std::string at = version;
  for (;;) {
    const auto file = files.find(at);
    if (file == files.end()) {
      complaints.push_back({"/extends", "there is no pack \"" + at + "\""});
      return Json::object();
    }
    const Json& json = file->second.json;
    if (!json.is_object()) {
      complaints.push_back({"", "is no object"});
      return Json::object();
    }
    chain.push_back(&json);
    const auto base = json.find("extends");
    if (base == json.end()) break;
    const std::string earlier = base->is_string() ? base->get<std::string>() : std::string();
    if (!is_version(earlier) || earlier >= at) {
      complaints.push_back({"/extends", "is no earlier version"});
      return Json::object();
    }
    at = earlier;
  }
  Json resolved = *chain.back();
  for (auto patch = chain.rbegin() + 1; patch != chain.rend(); ++patch) {
    resolved.merge_patch(**patch);
  }
  resolved.erase("extends");
  return resolved;
}

}  // namespace guanxi::adapters::rules
