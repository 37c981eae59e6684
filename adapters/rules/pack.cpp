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

RulePack::RulePack(std::string platform, std::string version, const Json& resolved,
                   const Manifest& manifest, const RulePack* earlier,
                   std::vector<Complaint>& complaints)
    : platform_(std::move(platform)), version_(std::move(version)) {
  hash_ = content_hash(resolved);
  const std::size_t before = complaints.size();
  for (Complaint& complaint : check_schema(Schema::pack, without_likes(resolved))) {
    complaints.push_back(std::move(complaint));
  }
  if (complaints.size() != before) return;
  plan_ = compile_rules(resolved, manifest, complaints);
  if (complaints.size() == before) run_examples(plan_, manifest, resolved, complaints);
  keep_examples(resolved);
  const Json& transport = member(resolved, "transport");
  transport_text_ = transport.dump();
  if (earlier != nullptr && earlier->transport_text_ == transport_text_) {
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

void RulePack::keep_examples(const Json& resolved) {
  for (const auto& [name, example] : member(resolved, "examples").items()) {
    if (!example.is_object() || example.contains("answer_to")) continue;
    examples_[name] = {example.value("event", std::string()), example.dump()};
  }
}

std::vector<std::string> RulePack::example_names() const {
  std::vector<std::string> names;
  for (const auto& [name, example] : examples_) names.push_back(name);
  return names;
}

Result<std::pair<std::string, Json>> RulePack::example(std::string_view name) const {
  auto found = examples_.find(name);
  if (found == examples_.end()) {
    found = std::ranges::find_if(examples_,
                                 [&](const auto& entry) { return entry.second.event == name; });
  }
  if (found == examples_.end()) {
    return fail(ErrorCode::not_found, platform_ + " " + version_ + " has no example or event \"" +
                                          std::string(name) + "\"");
  }
  Json example = Json::parse(found->second.text);
  auto text =
      protocol::render_tree(example.value("format", std::string("json")), example.at("payload"));
  if (!text) return tl::unexpected<Error>(text.error());
  return std::pair(std::move(*text), std::move(example.at("payload")));
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
