// The channels in force: what a configuration binds, shared by everything that serves them. A
// reload replaces the whole map at once; who holds a snapshot finishes with the old one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "adapters/adapter.h"

namespace guanxi::adapters {

struct BoundChannel {
  std::int32_t id = 0;      // the store's number of the channel
  std::int32_t tenant = 0;  // the store's number of its tenant
  std::string tenant_name;
  std::shared_ptr<const Adapter> adapter;
  // The same channel under a version that is being tried: reads along, and nothing comes of it.
  std::shared_ptr<const Adapter> shadow = nullptr;
};

// By channel id, as it stands in the callback URL.
using ChannelMap = std::map<std::string, BoundChannel, std::less<>>;

// Any thread.
class Channels {
 public:
  Channels() : map_(std::make_shared<const ChannelMap>()) {}
  explicit Channels(ChannelMap map) : map_(std::make_shared<const ChannelMap>(std::move(map))) {}

  // Never null; does not change once taken.
  std::shared_ptr<const ChannelMap> snapshot() const {
    const std::lock_guard lock(mutex_);
    return map_;
  }

  void replace(ChannelMap map) {
    auto next = std::make_shared<const ChannelMap>(std::move(map));
    const std::lock_guard lock(mutex_);
    map_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const ChannelMap> map_;
};

}  // namespace guanxi::adapters
