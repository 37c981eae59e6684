// Opening what the configuration names: the store, and the channels bound to their platforms.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "adapters/bound_channel.h"
#include "adapters/registry.h"
#include "gateway/app/config.h"
#include "gateway/store/store.h"
#include "models/time.h"

namespace guanxi::app {

// Opens the store and brings its schema up to date unless auto_migrate is off. Throws
// std::runtime_error with the setting and the cure.
std::unique_ptr<store::Store> open_ready_store(const Config& config);

// How far the store's schema is behind this program's; nothing if it is not. Throws CommandFailed
// if it is ahead.
std::optional<std::string> older_schema(store::Store& store);

// Binds one channel without a store: its numbers are 0.
Result<adapters::BoundChannel> bind_channel(const Config& config, const ChannelConfig& channel,
                                            const adapters::Registry& registry);

// Binds and registers all channels, or none, under the versions that the activation log puts in
// force: the first error names the channel and the cure.
Result<adapters::ChannelMap> bind_channels(const Config& config, const adapters::Registry& registry,
                                           store::Store& store, Time now);

// The configured channel of that id; not_found names the nearest.
Result<const ChannelConfig*> find_channel(const Config& config, const std::string& id);

}  // namespace guanxi::app
