// What the commands about rules are given, checked: platforms, versions, channels.
#pragma once

#include <string>
#include <vector>

#include "adapters/registry.h"
#include "gateway/app/config.h"

namespace guanxi::app {

// Each throws CommandFailed with what is near when there is none of that name.
const adapters::PlatformDescription& find_platform(
    const std::vector<adapters::PlatformDescription>& platforms, const std::string& name);
// "latest" is one of every platform.
void check_version(const adapters::PlatformDescription& platform, const std::string& version);
// Empty is none, and right.
void check_channel_of(const Config& config, const std::string& id, const std::string& platform);

}  // namespace guanxi::app
