#include "adapters/rules/library.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "adapters/rules/embedded.h"
#include "adapters/rules/schema.h"

namespace guanxi::adapters::rules {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifest = "manifest.json";
constexpr std::string_view kRules = "rules/";
constexpr std::uintmax_t kLargestFile = 8 * 1024 * 1024;

struct Sources {
  const DataFile* manifest = nullptr;
  std::map<std::string, const DataFile*> packs;  // by version
};

// "wecom/rules/2024-12-19.json" is wecom, rules/2024-12-19.json.
std::pair<std::string, std::string> split_path(const std::string& path) {
  const std::size_t slash = path.find('/');
  if (slash == std::string::npos) return {};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

std::string version_of(std::string_view rest) {
  if (!rest.starts_with(kRules) || !rest.ends_with(".json")) return {};
  return std::string(rest.substr(kRules.size(), rest.size() - kRules.size() - 5));
}

// Refuses repeated keys, of which JSON readers keep one in silence.
std::optional<Json> parse_file(const DataFile& file, std::vector<Finding>& findings) {
  std::vector<std::set<std::string>> open;
  std::string repeated;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end && !open.empty()) open.pop_back();
    if (event == Json::parse_event_t::key && !open.empty()) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!open.back().insert(key).second && repeated.empty()) repeated = key;
    }
    return true;
  };
  Json json = Json::parse(file.text, watch, false, true);
  if (json.is_discarded()) {
    findings.push_back({file.path, "", "is no JSON"});
    return std::nullopt;
  }
  if (!repeated.empty()) {
    findings.push_back({file.path, "", "repeats the key \"" + repeated + "\""});
    return std::nullopt;
  }
  return json;
}

std::map<std::string, Sources> sort_files(const std::vector<DataFile>& files,
                                          std::vector<Finding>& findings) {
  std::map<std::string, Sources> platforms;
  for (const DataFile& file : files) {
    const auto [platform, rest] = split_path(file.path);
    const std::string version = version_of(rest);
    if (rest != kManifest && version.empty()) continue;
    if (rest != kManifest && !is_version(version)) {
      findings.push_back({file.path, "", "is not named by a day such as 2024-12-19.json"});
      continue;
    }
    Sources& sources = platforms[platform];
    if (rest == kManifest) {
      sources.manifest = &file;
    } else {
      sources.packs[version] = &file;
    }
  }
  return platforms;
}

void add_findings(const std::string& file, const std::vector<Complaint>& complaints,
                  std::vector<Finding>& findings) {
  for (const Complaint& complaint : complaints) {
    findings.push_back({file, complaint.pointer, complaint.reason});
  }
}

std::optional<Manifest> load_manifest(const DataFile& file, std::vector<Finding>& findings) {
  const auto json =
      file.proven ? Json::parse(file.text, nullptr, false) : parse_file(file, findings);
  if (!json) return std::nullopt;
  std::vector<Complaint> complaints;
  if (!file.proven) complaints = check_schema(Schema::manifest, *json);
  Manifest manifest;
  if (complaints.empty()) manifest = compile_manifest(*json, complaints, file.proven);
  add_findings(file.path, complaints, findings);
  return complaints.empty() ? std::optional(std::move(manifest)) : std::nullopt;
}

PackFiles parsed_packs(const Sources& sources, std::vector<Finding>& findings) {
  PackFiles files;
  for (const auto& [version, file] : sources.packs) {
    auto json = parse_file(*file, findings);
    if (json) files[version] = {file->path, std::move(*json)};
  }
  return files;
}

// The versions of which a file, or one of those it extends, is not of the binary.
std::set<std::string, std::less<>> unproven(const Sources& sources, const PackFiles& files) {
  std::set<std::string, std::less<>> versions;
  for (const auto& [version, file] : files) {
    const auto base = file.json.is_object() ? file.json.find("extends") : file.json.end();
    const bool rests = base != file.json.end() && base->is_string() &&
                       versions.contains(base->get_ref<const std::string&>());
    if (rests || !sources.packs.at(version)->proven) versions.insert(version);
  }
  return versions;
}

std::shared_ptr<const PackSource> source_of(const Sources& sources, const Platform& platform) {
  std::map<std::string, std::pair<std::string, std::string>> texts;
  for (const auto& [version, file] : sources.packs) texts[version] = {file->path, file->text};
  return std::make_shared<const PackSource>(std::move(texts), platform.manifest);
}

// Packs that rest on the binary alone are compiled when they are wanted, all others now.
void add_packs(const Sources& sources, Platform& platform, std::vector<Finding>& findings) {
  const bool is_proven = sources.manifest->proven;
  const bool all_proven = is_proven && std::ranges::all_of(sources.packs, [](const auto& pack) {
                            return pack.second->proven;
                          });
  if (is_proven) platform.source = source_of(sources, platform);
  const PackFiles files = all_proven ? PackFiles{} : parsed_packs(sources, findings);
  platform.added = unproven(sources, files);
  for (const auto& [version, file] : sources.packs) {
    if (!is_proven) platform.added.insert(version);
    if (!platform.added.contains(version)) {
      platform.packs[version] =
          std::make_shared<const RulePack>(platform.name, version, platform.source);
    }
  }
  for (const auto& [version, file] : files) {
    if (platform.packs.contains(version)) continue;
    std::vector<Complaint> wrong;
    const Json resolved = resolve_pack(files, version, wrong);
    if (wrong.empty()) {
      auto pack = std::make_shared<const RulePack>(platform.name, version, resolved,
                                                   platform.manifest, wrong);
      if (wrong.empty()) platform.packs[version] = std::move(pack);
    }
    add_findings(file.file, wrong, findings);
  }
}

Platform load_platform(const std::string& name, const Sources& sources,
                       std::vector<Finding>& findings) {
  Platform platform;
  platform.name = name;
  if (sources.manifest == nullptr) {
    findings.push_back({name + "/manifest.json", "", "is missing"});
    return platform;
  }
  auto manifest = load_manifest(*sources.manifest, findings);
  if (!manifest) return platform;
  platform.manifest = std::move(*manifest);
  add_packs(sources, platform, findings);
  if (sources.packs.empty()) findings.push_back({name, "", "has no rule pack"});
  return platform;
}

std::string read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

void collect(const fs::path& folder, const std::string& prefix, std::vector<DataFile>& files,
             std::vector<Finding>& findings) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    entries.push_back(entry->path());
  }
  if (error) findings.push_back({folder.string(), "", "cannot be read"});
  std::ranges::sort(entries);
  for (const fs::path& path : entries) {
    const std::string name = path.filename().string();
    if (!name.ends_with(".json") || !fs::is_regular_file(path, error)) continue;
    if (fs::file_size(path, error) > kLargestFile || error) {
      findings.push_back({path.string(), "", "is too large"});
      continue;
    }
    files.push_back({prefix + name, read_file(path), false});
  }
}

}  // namespace

const std::shared_ptr<const RulePack>* Platform::pack_of_day(std::string_view day) const {
  if (packs.empty()) return nullptr;
  auto later = packs.upper_bound(day);
  if (later != packs.begin()) --later;
  return &later->second;
}

std::vector<DataFile> built_in_files() {
  std::vector<std::string> platforms;
  for (const models::EmbeddedFile& file : embedded_files()) {
    const auto [platform, rest] = split_path(std::string(file.path));
    if (rest == kManifest) platforms.push_back(platform);
  }
  std::vector<DataFile> files;
  for (const models::EmbeddedFile& file : embedded_files()) {
    const auto [platform, rest] = split_path(std::string(file.path));
    if (std::ranges::find(platforms, platform) == platforms.end()) continue;
    if (rest == kManifest || !version_of(rest).empty()) {
      files.push_back({std::string(file.path), std::string(file.text), true});
    }
  }
  return files;
}

std::vector<DataFile> files_below(const std::string& dir, std::vector<Finding>& findings) {
  std::vector<DataFile> files;
  std::error_code error;
  if (!fs::is_directory(dir, error)) {
    findings.push_back({dir, "", "is no directory"});
    return files;
  }
  std::vector<fs::path> folders;
  for (fs::directory_iterator entry(dir, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_directory(error)) folders.push_back(entry->path());
  }
  std::ranges::sort(folders);
  for (const fs::path& folder : folders) {
    const std::string platform = folder.filename().string();
    std::vector<DataFile> flat;
    collect(folder, "", flat, findings);
    for (DataFile& file : flat) {
      const bool manifest = file.path == kManifest;
      file.path = platform + '/' + (manifest ? "" : std::string(kRules)) + file.path;
      files.push_back(std::move(file));
    }
    if (fs::is_directory(folder / "rules", error)) {
      collect(folder / "rules", platform + '/' + std::string(kRules), files, findings);
    }
  }
  return files;
}

PackFiles pack_files(const std::vector<DataFile>& files, const std::string& platform,
                     std::vector<Finding>& findings) {
  const auto sorted = sort_files(files, findings);
  const auto found = sorted.find(platform);
  return found == sorted.end() ? PackFiles{} : parsed_packs(found->second, findings);
}

Platforms load_platforms(const std::vector<DataFile>& files, std::vector<Finding>& findings) {
  Platforms platforms;
  for (const auto& [name, sources] : sort_files(files, findings)) {
    platforms.emplace(name, load_platform(name, sources, findings));
  }
  return platforms;
}

}  // namespace guanxi::adapters::rules
