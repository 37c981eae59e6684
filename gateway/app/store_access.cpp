#include "gateway/app/store_access.h"

#include <stdexcept>
#include <utility>

#include "gateway/app/activation.h"
#include "gateway/app/console.h"

namespace guanxi::app {

std::unique_ptr<store::Store> open_ready_store(const Config& config) {
  auto store = store::open_store(config.store);
  if (const auto older = older_schema(*store)) {
    if (!config.auto_migrate) throw CommandFailed("store.url: " + *older + "; run guanxi migrate");
    need(store->migrate(), "store.url");
  }
  return store;
}

std::optional<std::string> older_schema(store::Store& store) {
  const auto [stored, known] = need(store.schema_versions(), "store.url");
  if (stored > known) {
    throw CommandFailed("store.url: the store's schema is version " + std::to_string(stored) +
                        " and this program knows " + std::to_string(known) +
                        "; run the newer program");
  }
  if (stored == known) return std::nullopt;
  return "the schema is version " + std::to_string(stored) + " of " + std::to_string(known);
}

Result<adapters::BoundChannel> bind_channel(const Config& config, const ChannelConfig& channel,
                                            const adapters::Registry& registry) {
  const auto platforms = registry.platforms();
  if (auto known = check_channel(config, channel, platforms); !known) {
    return tl::unexpected(std::move(known.error()));
  }
  auto adapter = registry.bind(channel.settings);
  if (!adapter) {
    return fail(adapter.error().code, config.file + ':' + std::to_string(channel.line) +
                                          ": channel '" + channel.settings.id +
                                          "': " + adapter.error().detail);
  }
  adapters::BoundChannel bound;
  bound.tenant_name = channel.settings.tenant;
  bound.adapter = std::move(*adapter);
  return bound;
}

Result<adapters::ChannelMap> bind_channels(const Config& config, const adapters::Registry& registry,
                                           store::Store& store, Time now) {
  adapters::ChannelMap map;
  const auto platforms = registry.platforms();
  if (auto known = check_survivorship(config, platforms); !known) {
    return tl::unexpected(std::move(known.error()));
  }
  const auto log = store.activations();
  if (!log) return tl::unexpected(log.error());
  for (ChannelConfig channel : config.channels) {
    channel.settings.activated =
        activated_version(*log, channel.settings.platform, channel.settings.id);
    auto bound = bind_channel(config, channel, registry);
    if (!bound) return tl::unexpected(std::move(bound.error()));
    const std::string version =
        shadow_version(*log, channel.settings.platform, channel.settings.id);
    if (!version.empty()) {
      channel.settings.rules = version;
      auto shadow = registry.bind(channel.settings);
      // What is only tried keeps nothing from going on.
      if (shadow) bound->shadow = *std::move(shadow);
    }
    map.emplace(channel.settings.id, std::move(*bound));
  }
  // Only now, so that a refused file leaves no trace.
  for (auto& [id, bound] : map) {
    const adapters::ChannelSettings& settings = bound.adapter->channel();
    const auto record = store.register_channel(settings.tenant, id, settings.platform, now);
    if (!record) {
      return fail(record.error().code, "channel '" + id + "': " + record.error().detail);
    }
    bound.id = record->id;
    bound.tenant = record->tenant;
  }
  return map;
}

Result<const ChannelConfig*> find_channel(const Config& config, const std::string& id) {
  std::vector<std::string> known;
  for (const ChannelConfig& channel : config.channels) {
    if (channel.settings.id == id) return &channel;
    known.push_back(channel.settings.id);
  }
  if (known.empty()) {
    return fail(ErrorCode::not_found, config.file + " has no [[channel]]; add one");
  }
  return fail(ErrorCode::not_found,
              config.file + " has no channel '" + id + "'" + suggestion(id, known));
}

}  // namespace guanxi::app
