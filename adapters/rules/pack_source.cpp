#include "adapters/rules/pack_source.h"

#include <set>
#include <utility>

#include "adapters/rules/pack.h"

namespace guanxi::adapters::rules {
namespace {

constexpr const char* kTransport = "transport";

std::set<std::string> setting_names(const Manifest& manifest, bool secrets_only) {
  std::set<std::string> names;
  for (const SettingDescription& setting : manifest.settings) {
    if (setting.secret || !secrets_only) names.insert(setting.name);
  }
  if (!secrets_only) names.insert({"public_url", std::string(kSharedScopeSetting)});
  return names;
}

// The file that a pack extends; null if there is none.
const Json* base_of(const PackFiles& files, const Json& json, std::string& version) {
  const auto base = json.find("extends");
  if (base == json.end() || !base->is_string()) return nullptr;
  version = base->get<std::string>();
  const auto file = files.find(version);
  return file == files.end() ? nullptr : &file->second.json;
}

}  // namespace

Json resolve_pack(const PackFiles& files, const std::string& version,
                  std::vector<Complaint>& complaints, std::string_view without) {
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
  // Member by member, so that what is not wanted is not copied either.
  Json resolved = Json::object();
  for (auto patch = chain.rbegin(); patch != chain.rend(); ++patch) {
    const bool is_base = patch == chain.rbegin();
    for (const auto& [name, value] : (*patch)->items()) {
      if (name == without || name == "extends") continue;
      if (is_base) {
        resolved[name] = value;
      } else if (value.is_null()) {
        resolved.erase(name);
      } else {
        resolved[name].merge_patch(value);
      }
    }
  }
  return resolved;
}

void check_transport(const Json& transport, const Manifest& manifest,
                     std::vector<Complaint>& complaints) {
  const auto found = protocol::lint_transport(transport, setting_names(manifest, true),
                                              setting_names(manifest, false));
  for (const protocol::Complaint& complaint : found) {
    complaints.push_back({"/transport" + complaint.pointer, complaint.reason});
  }
}

std::shared_ptr<const protocol::Transport> compile_transport(const Json& transport,
                                                             const Manifest& manifest) {
  auto compiled = protocol::Transport::compile(transport, setting_names(manifest, true),
                                               setting_names(manifest, false));
  return compiled ? std::move(*compiled) : nullptr;
}

PackSource::PackSource(std::map<std::string, std::pair<std::string, std::string>> texts,
                       Manifest manifest)
    : texts_(std::move(texts)), manifest_(std::move(manifest)) {}

std::shared_ptr<const PackFiles> PackSource::files() const {
  const std::lock_guard lock(mutex_);
  if (auto kept = files_.lock()) return kept;
  auto parsed = std::make_shared<PackFiles>();
  for (const auto& [version, text] : texts_) {
    (*parsed)[version] = {text.first, Json::parse(text.second, nullptr, false)};
  }
  files_ = parsed;
  return parsed;
}

std::shared_ptr<const protocol::Transport> PackSource::transport(const std::string& version) const {
  const auto kept = files();
  const PackFiles& all = *kept;
  // The packs from the last one that said something of its transport down to the first.
  std::vector<const Json*> patches;
  std::string owner;
  std::string at = version;
  const auto newest = all.find(version);
  for (const Json* json = newest == all.end() ? nullptr : &newest->second.json; json != nullptr;) {
    if (const auto own = json->find(kTransport); own != json->end()) {
      if (patches.empty()) owner = at;
      patches.push_back(&*own);
    }
    json = base_of(all, *json, at);
  }
  const std::lock_guard lock(mutex_);
  const auto known = transports_.find(owner);
  if (known != transports_.end()) return known->second;
  Json resolved = Json::object();
  for (auto patch = patches.rbegin(); patch != patches.rend(); ++patch) {
    resolved.merge_patch(**patch);
  }
  return transports_[owner] = compile_transport(resolved, manifest_);
}

}  // namespace guanxi::adapters::rules
