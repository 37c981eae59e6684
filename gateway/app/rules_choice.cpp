#include "gateway/app/rules_choice.h"

#include <algorithm>

#include "gateway/app/activation.h"
#include "gateway/app/console.h"
#include "gateway/app/store_access.h"

namespace guanxi::app {

const adapters::PlatformDescription& find_platform(
    const std::vector<adapters::PlatformDescription>& platforms, const std::string& name) {
  const auto found = std::ranges::find(platforms, name, &adapters::PlatformDescription::name);
  if (found != platforms.end()) return *found;
  std::vector<std::string> known;
  for (const auto& platform : platforms) known.push_back(platform.name);
  throw CommandFailed("there is no platform '" + name + "'" + suggestion(name, known));
}

void check_version(const adapters::PlatformDescription& platform, const std::string& version) {
  const auto& known = platform.pack_versions;
  if (version == kByDay || std::ranges::find(known, version) != known.end()) return;
  throw CommandFailed(platform.name + " has no version '" + version + "'" +
                      suggestion(version, known) + "; guanxi rules list shows all");
}

void check_channel_of(const Config& config, const std::string& id, const std::string& platform) {
  if (id.empty()) return;
  const ChannelConfig* channel = need(find_channel(config, id));
  if (channel->settings.platform != platform) {
    throw CommandFailed("channel '" + id + "' is of " + channel->settings.platform + ", not of " +
                        platform);
  }
}

}  // namespace guanxi::app
