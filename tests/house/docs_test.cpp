#include <doctest/doctest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "tests/house/source_tree.h"

using namespace guanxi::house;

namespace {

const SourceFile* find_file(const std::vector<SourceFile>& files, std::string_view path) {
  const auto it = std::ranges::find(files, path, &SourceFile::path);
  return it == files.end() ? nullptr : &*it;
}

void collect(const std::string& text, const std::regex& pattern, std::set<std::string>& into) {
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it)
    into.insert((*it)[1]);
}

// What the build, the scripts and the Node handler take from elsewhere.
std::set<std::string> dependencies(const std::vector<SourceFile>& files) {
  static const std::regex kPackage("find_package\\(([A-Za-z0-9_+-]+)");
  static const std::regex kLibrary("find_library\\([A-Z_]+ ([a-z0-9_]+)");
  static const std::regex kDebian(
      "\\b(lib[a-z0-9.+-]+-dev|[a-z0-9-]+-dev|mariadb-[a-z-]+|wrk|ccache|lld)\\b");
  static const std::regex kArray("\\+?=\\(([^)]*)\\)");
  std::set<std::string> names;
  for (const SourceFile& file : files) {
    if (file.path.ends_with("CMakeLists.txt")) {
      collect(file.text, kPackage, names);
      collect(file.text, kLibrary, names);
    }
    if (file.path == "scripts/setup") {
      std::set<std::string> arrays;
      collect(file.text, kArray, arrays);
      for (const std::string& array : arrays) collect(array, kDebian, names);
    }
    if (is_below(file.path, "tests") && file.path.ends_with("/package.json")) {
      const auto package = nlohmann::json::parse(file.text);
      for (const auto& [name, version] : package.at("dependencies").items()) names.insert(name);
    }
  }
  for (const char* own : {"Threads", "PkgConfig"}) names.erase(own);  // CMake's own modules
  return names;
}

Complaints check_dependencies(const std::vector<SourceFile>& files) {
  const SourceFile* page = find_file(files, "docs/dependencies.md");
  if (!page) return {"docs/dependencies.md is missing"};
  Complaints complaints;
  for (const std::string& name : dependencies(files))
    if (page->text.find('`' + name + '`') == std::string::npos)
      complaints.push_back("docs/dependencies.md has no line for " + name);
  return complaints;
}

Complaints check_links(const std::vector<SourceFile>& files, const std::filesystem::path& root) {
  static const std::regex kLink("\\]\\(([^)#: ]+)(#[^)]*)?\\)");
  Complaints complaints;
  for (const SourceFile& file : files) {
    if (!file.path.ends_with(".md")) continue;
    std::set<std::string> targets;
    collect(file.text, kLink, targets);
    const auto folder = root / std::filesystem::path(file.path).parent_path();
    for (const std::string& target : targets)
      if (!std::filesystem::exists(folder / target))
        complaints.push_back(file.path + " links to " + target + ", which is not there");
  }
  return complaints;
}

}  // namespace

TEST_CASE("every dependency of the build has its line in docs/dependencies.md") {
  const auto files = read_tree(GUANXI_SOURCE_DIR);
  CHECK(dependencies(files).size() > 20);
  const Complaints complaints = check_dependencies(files);
  CHECK_MESSAGE(complaints.empty(), joined(complaints));
}

TEST_CASE("every link between the documents leads to a file") {
  const Complaints complaints = check_links(read_tree(GUANXI_SOURCE_DIR), GUANXI_SOURCE_DIR);
  CHECK_MESSAGE(complaints.empty(), joined(complaints));
}

TEST_CASE("a missing dependency line and a broken link are found") {
  CHECK(check_dependencies({{"CMakeLists.txt", "find_package(Nowhere REQUIRED)\n"},
                            {"docs/dependencies.md", "| `Else` |\n"}})
            .size() == 1);
  CHECK(check_links({{"README.md", "[page](docs/nowhere.md#a)\n"}}, GUANXI_SOURCE_DIR).size() == 1);
}
