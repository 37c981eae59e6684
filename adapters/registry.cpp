#include "adapters/registry.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "adapters/channel_adapter.h"
#include "adapters/rules/library.h"
#include "adapters/rules/vocabulary.h"

namespace guanxi::adapters {
namespace {

std::string finding_text(const Finding& finding) {
  return finding.file + (finding.pointer.empty() ? "" : " " + finding.pointer) + ": " +
         finding.reason;
}

}  // namespace

struct Registry::Platforms {
  std::map<std::string, std::shared_ptr<const rules::Platform>, std::less<>> by_name;
};

Registry::Registry(const std::string& rules_dir) : platforms_(std::make_unique<Platforms>()) {
  std::vector<Finding> findings;
  std::vector<rules::DataFile> files = rules::built_in_files();
  if (!rules_dir.empty()) {
    for (rules::DataFile& file : rules::files_below(rules_dir, findings)) {
      files.push_back(std::move(file));
    }
  }
  rules::Platforms loaded = rules::load_platforms(files, findings);
  if (!findings.empty()) throw std::runtime_error(finding_text(findings.front()));
  for (auto& [name, platform] : loaded) {
    platforms_->by_name[name] = std::make_shared<const rules::Platform>(std::move(platform));
  }
}

Registry::~Registry() = default;

std::vector<PlatformDescription> Registry::platforms() const {
  std::vector<PlatformDescription> descriptions;
  for (const auto& [name, platform] : platforms_->by_name) {
    PlatformDescription description{
        name, platform->manifest.title, platform->manifest.settings, {}, {}};
    for (const auto& [version, pack] : platform->packs) {
      description.pack_versions.push_back(version);
    }
    description.added_versions.assign(platform->added.begin(), platform->added.end());
    descriptions.push_back(std::move(description));
  }
  return descriptions;
}

Result<std::shared_ptr<const Adapter>> Registry::bind(const ChannelSettings& channel) const {
  const auto found = platforms_->by_name.find(channel.platform);
  if (found != platforms_->by_name.end()) return ChannelAdapter::bind(found->second, channel);
  std::vector<std::string_view> names;
  for (const auto& [name, platform] : platforms_->by_name) names.push_back(name);
  const std::string_view near = rules::nearest(channel.platform, names);
  return fail(ErrorCode::malformed,
              "channel \"" + channel.id + "\": there is no platform \"" + channel.platform + "\"" +
                  (near.empty() ? "" : "; did you mean \"" + std::string(near) + "\"?"));
}

std::shared_ptr<const Pack> Registry::pack(std::string_view platform,
                                           std::string_view version) const {
  const auto found = platforms_->by_name.find(platform);
  if (found == platforms_->by_name.end()) return nullptr;
  const auto pack = found->second->packs.find(version);
  return pack == found->second->packs.end() ? nullptr : pack->second;
}

Result<models::Json> resolved_pack(const std::string& rules_dir, const std::string& platform,
                                   const std::string& version) {
  std::vector<Finding> findings;
  std::vector<rules::DataFile> files = rules::built_in_files();
  if (!rules_dir.empty()) {
    for (rules::DataFile& file : rules::files_below(rules_dir, findings)) {
      files.push_back(std::move(file));
    }
  }
  const rules::PackFiles packs = rules::pack_files(files, platform, findings);
  if (!findings.empty()) return fail(ErrorCode::malformed, finding_text(findings.front()));
  if (packs.empty()) return fail(ErrorCode::not_found, "there is no platform " + platform);
  if (!packs.contains(version)) {
    return fail(ErrorCode::not_found,
                platform + " has no pack " + version + "; the newest is " + packs.rbegin()->first);
  }
  std::vector<rules::Complaint> complaints;
  models::Json resolved = rules::resolve_pack(packs, version, complaints);
  if (complaints.empty()) return resolved;
  return fail(ErrorCode::malformed, packs.at(version).file + " " + complaints.front().pointer +
                                        ": " + complaints.front().reason);
}

std::vector<Finding> lint(const std::string& dir) {
  std::vector<Finding> findings;
  // A directory may extend what is built in, so both are read and only its own files reported.
  std::vector<rules::DataFile> files = rules::built_in_files();
  std::vector<std::string> own;
  for (rules::DataFile& file : rules::files_below(dir, findings)) {
    own.push_back(file.path);
    files.push_back(std::move(file));
  }
  if (own.empty() && findings.empty()) {
    findings.push_back(
        {dir, "", "holds no pack: what is checked is the folder of platform folders"});
  }
  std::vector<Finding> found;
  rules::load_platforms(files, found);
  for (Finding& finding : found) {
    const std::string platform = finding.file.substr(0, finding.file.find('/'));
    const bool mine = std::any_of(own.begin(), own.end(), [&](const std::string& path) {
      return path.starts_with(platform + '/');
    });
    if (mine) findings.push_back(std::move(finding));
  }
  return findings;
}

std::vector<Finding> lint_built_in() {
  std::vector<Finding> findings;
  std::vector<rules::DataFile> files = rules::built_in_files();
  for (rules::DataFile& file : files) file.proven = false;
  rules::load_platforms(files, findings);
  return findings;
}

}  // namespace guanxi::adapters
