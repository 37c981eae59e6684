// Executes the table of who may include whom (docs/architecture.md), and the one home of each
// library.
#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <regex>

#include "tests/house/source_tree.h"

using namespace guanxi::house;

namespace {

struct Layer {
  std::string_view folder;  // the longest that fits a file decides
  std::vector<std::string_view> may_include;
};

const std::vector<std::string_view> kEverything{"models", "crypto", "adapters", "gateway"};

const std::vector<Layer>& layers() {
  static const std::vector<std::string_view> kWorker{
      "models",      "crypto",           "adapters",       "gateway/store",
      "gateway/net", "gateway/identity", "gateway/observe"};
  static const std::vector<Layer> kLayers{
      {"models", {"models"}},
      {"crypto", {"crypto"}},
      {"adapters", {"models", "crypto", "adapters"}},
      {"gateway/app", kEverything},
      {"gateway/store", {"models", "crypto", "adapters"}},
      {"gateway/identity", {"models", "crypto", "adapters"}},
      {"gateway/observe", {"models", "crypto", "adapters"}},
      {"gateway/net", {"models", "crypto", "adapters", "gateway/observe"}},
      {"gateway/ingest", kWorker},
      {"gateway/pipeline", kWorker},
      {"gateway/platform", kWorker},
      {"gateway/deliver", kWorker},
      {"gateway/api", kWorker},
      {"gateway/sidebar", kWorker},
      {"gateway", {"gateway/app"}},
  };
  return kLayers;
}

struct Home {
  std::string_view header;  // how the include begins
  std::vector<std::string_view> folders;
};

const std::vector<Home>& homes() {
  static const std::vector<Home> kHomes{
      {"boost/", {"gateway/net"}},
      {"cpprest/", {"gateway/net"}},
      {"pplx/", {"gateway/net"}},
      {"cppconn/", {"gateway/store/mysql"}},
      {"mysql", {"gateway/store/mysql"}},
      {"jdbc/", {"gateway/store/mysql"}},
      {"sqlite3", {"gateway/store/sqlite"}},
      {"lz4", {"gateway/store/sql"}},
      {"openssl/", {"crypto", "gateway/net"}},
      {"spdlog/", {"gateway/observe"}},
      {"fmt/", {"gateway/observe"}},
      {"prometheus/", {"gateway/observe"}},
      {"toml++/", {"gateway/app"}},
      {"CLI/", {"gateway/app"}},
      {"pugixml", {"adapters/protocol"}},
      {"phonenumbers/", {"adapters/rules"}},
      {"valijson/", {"adapters/rules"}},
      {"doctest/", {}},
  };
  return kHomes;
}

// A platform's folder is one below adapters/ that is neither shared part.
std::optional<std::string_view> platform_of(std::string_view path) {
  if (!is_below(path, "adapters")) return std::nullopt;
  path.remove_prefix(std::string_view("adapters/").size());
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto name = path.substr(0, slash);
  if (name == "protocol" || name == "rules") return std::nullopt;
  return name;
}

const Layer* layer_of(std::string_view path) {
  const Layer* best = nullptr;
  for (const Layer& layer : layers())
    if (is_below(path, layer.folder) && (!best || layer.folder.size() > best->folder.size()))
      best = &layer;
  return best;
}

bool may_include(std::string_view from, const Layer& layer, std::string_view to) {
  const auto own = platform_of(from);
  if (const auto other = platform_of(to)) return own == other;
  if (own && is_below(to, "adapters"))
    return to == "adapters/adapter.h" || is_below(to, "adapters/protocol") ||
           is_below(to, "adapters/rules");
  if (is_below(to, layer.folder)) return true;
  return std::ranges::any_of(layer.may_include,
                             [&](std::string_view folder) { return is_below(to, folder); });
}

Complaints check_own_includes(const std::vector<SourceFile>& files) {
  static const std::regex kOwn("#include \"([^\"]+)\"");
  Complaints complaints;
  for (const SourceFile& file : files) {
    const Layer* layer = layer_of(file.path);
    if (!is_source(file.path) || !layer) continue;
    for (std::sregex_iterator it(file.text.begin(), file.text.end(), kOwn), end; it != end; ++it) {
      const std::string to = (*it)[1];
      if (!may_include(file.path, *layer, to))
        complaints.push_back(file.path + " must not include " + to);
    }
  }
  return complaints;
}

Complaints check_library_homes(const std::vector<SourceFile>& files) {
  static const std::regex kLibrary("#include <([^>]+)>");
  Complaints complaints;
  for (const SourceFile& file : files) {
    if (!is_source(file.path) || is_below(file.path, "tests") || is_below(file.path, "cmake"))
      continue;
    for (std::sregex_iterator it(file.text.begin(), file.text.end(), kLibrary), end; it != end;
         ++it) {
      const std::string header = (*it)[1];
      for (const Home& home : homes()) {
        if (!header.starts_with(home.header)) continue;
        if (std::ranges::none_of(home.folders, [&](auto f) { return is_below(file.path, f); }))
          complaints.push_back(file.path + " must not include <" + header +
                               ">: its home is elsewhere");
      }
    }
  }
  return complaints;
}

Complaints check_platform_names(const std::vector<SourceFile>& files) {
  static const std::regex kName(
      "wecom|wechat|qyapi|weixin|dingtalk|feishu|douyin|xiaohongshu|kuaishou|external_?user_?id|"
      "externalcontact|union_?id|open_?kf_?id",
      std::regex::icase);
  static const std::regex kContractKey("unionid_scope");  // a key of every channel, by the contract
  Complaints complaints;
  for (const SourceFile& file : files) {
    const bool shared = is_below(file.path, "models") || is_below(file.path, "crypto") ||
                        is_below(file.path, "adapters") || is_below(file.path, "gateway");
    if (!is_source(file.path) || !shared || platform_of(file.path)) continue;
    if (is_below(file.path, "gateway/sidebar")) continue;
    const std::string code = std::regex_replace(without_comments(file.text), kContractKey, "");
    std::smatch found;
    if (std::regex_search(code, found, kName))
      complaints.push_back(file.path + " names a platform: " + found.str());
  }
  return complaints;
}

std::vector<SourceFile> one(std::string path, std::string text) {
  return {{std::move(path), std::move(text)}};
}

}  // namespace

TEST_CASE("every folder includes only what the architecture allows") {
  const Complaints complaints = check_own_includes(read_tree(GUANXI_SOURCE_DIR));
  CHECK_MESSAGE(complaints.empty(), joined(complaints));
}

TEST_CASE("every library is included in its one home only") {
  const Complaints complaints = check_library_homes(read_tree(GUANXI_SOURCE_DIR));
  CHECK_MESSAGE(complaints.empty(), joined(complaints));
}

TEST_CASE("no platform is named outside its folder") {
  const Complaints complaints = check_platform_names(read_tree(GUANXI_SOURCE_DIR));
  CHECK_MESSAGE(complaints.empty(), joined(complaints));
}

TEST_CASE("a forbidden include is found") {
  const std::array<std::pair<const char*, const char*>, 9> kForbidden{{
      {"models/a.h", "crypto/digest.h"},
      {"crypto/a.cpp", "models/result.h"},
      {"adapters/rules/a.cpp", "gateway/net/http_client.h"},
      {"adapters/rules/a.cpp", "adapters/wecom/a.h"},
      {"adapters/wecom/a.cpp", "adapters/feishu/a.h"},
      {"adapters/wecom/a.cpp", "adapters/registry.h"},
      {"gateway/ingest/a.cpp", "gateway/pipeline/a.h"},
      {"gateway/net/a.cpp", "gateway/store/store.h"},
      {"gateway/app/a.cpp", "tests/support/a.h"},
  }};
  for (const auto& [from, to] : kForbidden) {
    CAPTURE(from);
    CHECK(check_own_includes(one(from, std::string("#include \"") + to + "\"\n")).size() == 1);
  }
}

TEST_CASE("an allowed include is not complained of") {
  const std::array<std::pair<const char*, const char*>, 6> kAllowed{{
      {"adapters/wecom/a.cpp", "adapters/wecom/b.h"},
      {"adapters/wecom/a.cpp", "adapters/rules/b.h"},
      {"adapters/registry.cpp", "adapters/rules/b.h"},
      {"gateway/store/sqlite/a.cpp", "gateway/store/store.h"},
      {"gateway/api/a.cpp", "gateway/net/http_server.h"},
      {"gateway/main.cpp", "gateway/app/command_line.h"},
  }};
  for (const auto& [from, to] : kAllowed) {
    CAPTURE(from);
    CHECK(check_own_includes(one(from, std::string("#include \"") + to + "\"\n")).empty());
  }
}

TEST_CASE("a library outside its home is found") {
  CHECK(check_library_homes(one("gateway/api/a.cpp", "#include <boost/beast.hpp>\n")).size() == 1);
  CHECK(check_library_homes(one("gateway/store/sql/a.cpp", "#include <sqlite3.h>\n")).size() == 1);
  CHECK(check_library_homes(one("gateway/net/a.cpp", "#include <boost/beast.hpp>\n")).empty());
}

TEST_CASE("a platform's name in shared code is found, in a comment it is an example") {
  CHECK(check_platform_names(one("gateway/api/a.cpp", "if (p == \"WeCom\") x();\n")).size() == 1);
  CHECK(check_platform_names(one("models/a.cpp", "auto k = \"external_userid\";\n")).size() == 1);
  CHECK(check_platform_names(one("models/a.cpp", "auto k = \"unionid_scope\";\n")).empty());
  CHECK(check_platform_names(one("models/a.cpp", "int k;  // as WeCom's unionid\n")).empty());
  CHECK(check_platform_names(one("adapters/wecom/a.cpp", "auto k = \"unionid\";\n")).empty());
}
