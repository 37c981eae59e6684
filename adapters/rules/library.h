// All platforms with their manifests and packs, from the binary and from a directory.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "adapters/registry.h"
#include "adapters/rules/pack.h"

namespace guanxi::adapters::rules {

struct Platform {
  std::string name;
  Manifest manifest;
  std::shared_ptr<const PackSource> source;                                   // of its proven packs
  std::map<std::string, std::shared_ptr<const RulePack>, std::less<>> packs;  // by version
  std::set<std::string, std::less<>> added;  // versions that rest on a file of a directory

  // The newest not later than a Beijing day, else the oldest; null without packs.
  const std::shared_ptr<const RulePack>* pack_of_day(std::string_view day) const;
};
using Platforms = std::map<std::string, Platform, std::less<>>;

// One data file: "wecom/manifest.json" or "wecom/rules/2024-12-19.json", and its text.
struct DataFile {
  std::string path;
  std::string text;
  // In the binary: the suite has linted it and run its examples.
  bool proven = false;
};

// The files of the binary that belong to platforms.
std::vector<DataFile> built_in_files();
// <dir>/<platform>/manifest.json, <dir>/<platform>/<date>.json and …/rules/<date>.json, under the
// names that the built-in ones have. A directory that cannot be read is a finding.
std::vector<DataFile> files_below(const std::string& dir, std::vector<Finding>& findings);

// The packs of one platform as they are written. What is no JSON is a finding.
PackFiles pack_files(const std::vector<DataFile>& files, const std::string& platform,
                     std::vector<Finding>& findings);

// Later files of the same path override. Packs that rest on proven files alone are compiled when
// they are first wanted; all others are now, linted, and their examples run. Findings are added; a
// platform's packs are complete only if there were none.
Platforms load_platforms(const std::vector<DataFile>& files, std::vector<Finding>& findings);

}  // namespace guanxi::adapters::rules
