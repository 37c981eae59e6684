#include "gateway/app/activation.h"

#include <ranges>
#include <set>

namespace guanxi::app {

std::optional<store::Activation> activation_in_force(const std::vector<store::Activation>& log,
                                                     std::string_view platform,
                                                     std::string_view channel, bool shadow) {
  // An entry stands behind what it takes back, so that from the end on each is known in time.
  std::set<std::int64_t> taken_back;
  for (const store::Activation& entry : std::views::reverse(log)) {
    if (entry.takes_back != 0) {
      taken_back.insert(entry.takes_back);
      continue;
    }
    const bool concerns = entry.shadow == shadow && entry.platform == platform &&
                          (entry.channel.empty() || entry.channel == channel);
    if (concerns && !taken_back.contains(entry.id)) return entry;
  }
  return std::nullopt;
}

std::string activated_version(const std::vector<store::Activation>& log, std::string_view platform,
                              std::string_view channel) {
  const auto entry = activation_in_force(log, platform, channel);
  return entry && entry->version != kByDay ? entry->version : std::string();
}

std::string shadow_version(const std::vector<store::Activation>& log, std::string_view platform,
                           std::string_view channel) {
  const auto entry = activation_in_force(log, platform, channel, true);
  return entry && entry->version != kByDay ? entry->version : std::string();
}

}  // namespace guanxi::app
