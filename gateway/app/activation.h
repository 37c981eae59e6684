// Which version of its rules a channel follows, by the log of what was activated and taken back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/records.h"

namespace guanxi::app {

// By day of receipt, as if nothing had been activated.
inline constexpr std::string_view kByDay = "latest";

// What stands: the newest entry that concerns the channel and is not taken back. Nothing if there
// is none.
std::optional<store::Activation> activation_in_force(const std::vector<store::Activation>& log,
                                                     std::string_view platform,
                                                     std::string_view channel, bool shadow = false);

// Its version; empty when none is in force, or the day decides.
std::string activated_version(const std::vector<store::Activation>& log, std::string_view platform,
                              std::string_view channel);

// The version that reads along; empty when none does.
std::string shadow_version(const std::vector<store::Activation>& log, std::string_view platform,
                           std::string_view channel);

}  // namespace guanxi::app
