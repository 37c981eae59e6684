#include <doctest/doctest.h>

#include <regex>

#include "tests/house/source_tree.h"

using namespace guanxi::house;

namespace {

// Written apart, so that this file does not break the rules it checks.
const std::regex& forbidden_words() {
  static const std::regex kWords(std::string("\\b(TO") + "DO|FIX" + "ME|XX" + "X|HA" + "CK)\\b");
  return kWords;
}
const std::regex& machine_names() {
  static const std::regex kNames(std::string("/wo") + "rk/|/ro" + "ot/|/ho" +
                                 "me/[a-z]|registry\\.npm" + "js|npm" + "mirror|deb\\.deb" +
                                 "ian\\.org");
  return kNames;
}

// The core knows no platform, and none of a platform's ids: those are data of its folder. The
// sidebar is a page within one platform's client.
const std::regex& platform_names() {
  static const std::regex kNames(
      "wecom|wechat|weixin|dingtalk|feishu|lark|douyin|xiaohongshu|kuaishou|union_?id|open_?id|"
      "external_?user_?id",
      std::regex::icase);
  return kNames;
}

bool is_core(std::string_view path) {
  return path.starts_with("gateway/") && !path.starts_with("gateway/sidebar/");
}

bool is_third_party(std::string_view path) { return path == "LICENSE"; }

Complaints check_words(const std::vector<SourceFile>& files, const std::regex& words) {
  Complaints complaints;
  for (const SourceFile& file : files) {
    if (is_third_party(file.path)) continue;
    const auto lines = lines_of(file.text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      std::match_results<std::string_view::const_iterator> found;
      if (std::regex_search(lines[i].begin(), lines[i].end(), found, words))
        complaints.push_back(file.path + ":" + std::to_string(i + 1) + " holds '" + found.str() +
                             "'");
    }
  }
  return complaints;
}

Complaints check_headers(const std::vector<SourceFile>& files) {
  Complaints complaints;
  for (const SourceFile& file : files) {
    if (!file.path.ends_with(".h")) continue;
    if (!file.text.starts_with("// "))
      complaints.push_back(file.path + " does not begin with what it is for");
    if (file.text.find("\n#pragma once\n") == std::string::npos)
      complaints.push_back(file.path + " has no #pragma once");
  }
  return complaints;
}

Complaints check_file_names(const std::vector<SourceFile>& files) {
  static const std::regex kSnake("([a-z0-9_]+/)*[a-z0-9_]+\\.(h|cpp)");
  Complaints complaints;
  for (const SourceFile& file : files)
    if (is_source(file.path) && !std::regex_match(file.path, kSnake))
      complaints.push_back(file.path + " is not in snake_case");
  return complaints;
}

}  // namespace

TEST_CASE("every header says what it is for and is included once") {
  const Complaints complaints = check_headers(read_tree(GUANXI_SOURCE_DIR));
  CHECK_MESSAGE(complaints.empty(), joined(complaints));
}

TEST_CASE("every source file is named in snake_case") {
  const Complaints complaints = check_file_names(read_tree(GUANXI_SOURCE_DIR));
  CHECK_MESSAGE(complaints.empty(), joined(complaints));
}

TEST_CASE("no file leaves work for later") {
  const Complaints complaints = check_words(read_tree(GUANXI_SOURCE_DIR), forbidden_words());
  CHECK_MESSAGE(complaints.empty(), joined(complaints));
}

TEST_CASE("the core names no platform and none of a platform's ids") {
  std::vector<SourceFile> core = read_tree(GUANXI_SOURCE_DIR);
  std::erase_if(core, [](const SourceFile& file) { return !is_core(file.path); });
  CHECK(core.size() > 100);
  const Complaints complaints = check_words(core, platform_names());
  CHECK_MESSAGE(complaints.empty(), joined(complaints));
  CHECK(check_words({{"gateway/x.cpp", "if (kind == \"unionid\") WeCom();\n"}}, platform_names())
            .size() == 1);
}

TEST_CASE("no file names a machine's paths or a package registry's host") {
  const Complaints complaints = check_words(read_tree(GUANXI_SOURCE_DIR), machine_names());
  CHECK_MESSAGE(complaints.empty(), joined(complaints));
}

TEST_CASE("a broken text rule is found") {
  CHECK(check_headers({{"models/a.h", "#pragma once\n"}}).size() == 2);
  CHECK(check_headers({{"models/a.h", "// What.\n#pragma once\n"}}).empty());
  CHECK(check_file_names({{"models/AbC.cpp", ""}}).size() == 1);
  CHECK(check_words({{"a.md", std::string("later: TO") + "DO\n"}}, forbidden_words()).size() == 1);
  CHECK(check_words({{"a.md", std::string("see /wo") + "rk/x\n"}}, machine_names()).size() == 1);
}
