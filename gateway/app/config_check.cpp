#include <algorithm>

#include "gateway/app/config.h"

namespace guanxi::app {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string suggestion(std::string_view word, std::span<const std::string> known) {
  std::string nearest;
  std::size_t best = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t d = distance(word.substr(0, 128), candidate);
    if (d < best) {
      best = d;
      nearest = candidate;
    }
  }
  if (!nearest.empty()) return "; did you mean '" + nearest + "'?";
  std::string all;
  for (const std::string& candidate : known) all += (all.empty() ? "" : ", ") + candidate;
  return "; known are: " + all;
}

Result<void> check_channel(const Config& config, const ChannelConfig& channel,
                           std::span<const adapters::PlatformDescription> platforms) {
  const auto refusal = [&](int line, const std::string& reason) {
    return fail(ErrorCode::malformed, config.file + ':' + std::to_string(line) + ": channel '" +
                                          channel.settings.id + "': " + reason);
  };
  std::vector<std::string> names;
  for (const auto& platform : platforms) names.push_back(platform.name);
  const auto platform = std::ranges::find(names, channel.settings.platform);
  if (platform == names.end()) {
    return refusal(channel.line, "unknown platform '" + channel.settings.platform + "'" +
                                     suggestion(channel.settings.platform, names));
  }
  const auto& description = platforms[static_cast<std::size_t>(platform - names.begin())];
  std::vector<std::string> known{"id", "platform", "tenant", "rules", "freshness"};
  known.emplace_back(adapters::kSharedScopeSetting);
  for (const auto& setting : description.settings) known.push_back(setting.name);
  for (const auto& [name, line] : channel.lines) {
    if (std::ranges::find(known, name) == known.end()) {
      return refusal(line, "unknown key '" + name + "'" + suggestion(name, known));
    }
  }
  // Links that the gateway would have to dial itself.
  if (const auto mode = channel.settings.settings.find("mode");
      mode != channel.settings.settings.end() &&
      (mode->second == "stream" || mode->second == "websocket")) {
    return refusal(channel.lines.at("mode"),
                   "mode '" + mode->second + "' is not built yet; use callbacks over HTTP");
  }
  const std::string& rules = channel.settings.rules;
  if (rules != "latest" &&
      std::ranges::find(description.pack_versions, rules) == description.pack_versions.end()) {
    std::vector<std::string> versions = description.pack_versions;
    versions.emplace_back("latest");
    return refusal(channel.line, "no rules '" + rules + "'" + suggestion(rules, versions));
  }
  return {};
}

Result<void> check_survivorship(const Config& config,
                                std::span<const adapters::PlatformDescription> platforms) {
  std::vector<std::string> known;
  for (const auto& platform : platforms) known.push_back(platform.name);
  for (const std::string_view word : models::SourceOrder::classes()) known.emplace_back(word);
  for (const auto& [name, key, line] : config.survivorship.platforms) {
    if (std::ranges::find(known, name) != known.end()) continue;
    return fail(ErrorCode::malformed, config.file + ':' + std::to_string(line) + ": " + key +
                                          " names an unknown source '" + name + "'" +
                                          suggestion(name, known));
  }
  return {};
}

}  // namespace guanxi::app
