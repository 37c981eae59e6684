#include <ostream>

#include "adapters/registry.h"
#include "gateway/app/commands.h"

namespace guanxi::app {
namespace {

using models::Json;

std::vector<adapters::Finding> findings_of(const std::string& config_path, const std::string& dir) {
  if (!dir.empty()) return adapters::lint(dir);
  auto findings = adapters::lint_built_in();
  const auto path = find_config(config_path);
  if (!path) {
    // Only a file that was asked for has to be there.
    if (!config_path.empty()) throw CommandFailed(path.error().detail);
    return findings;
  }
  const Config config = need(load_config(*path));
  if (config.rules_dir.empty()) return findings;
  for (adapters::Finding& finding : adapters::lint(config.rules_dir)) {
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace

int lint_rules(const std::string& config_path, const std::string& dir, Console& console) {
  const auto findings = findings_of(config_path, dir);
  if (console.json) {
    Json rows = Json::array();
    for (const adapters::Finding& finding : findings) {
      rows.push_back(
          {{"file", finding.file}, {"pointer", finding.pointer}, {"reason", finding.reason}});
    }
    console.out << rows.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  } else {
    for (const adapters::Finding& finding : findings) {
      console.out << finding.file << (finding.pointer.empty() ? "" : " " + finding.pointer) << ": "
                  << finding.reason << '\n';
    }
    if (findings.empty()) console.out << "clean\n";
  }
  return findings.empty() ? 0 : 1;
}

}  // namespace guanxi::app
