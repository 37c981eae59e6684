// What the tags of customers are called now.
#pragma once

#include <span>

#include "adapters/bound_channel.h"
#include "gateway/store/store.h"
#include "models/json.h"

namespace guanxi::api {

// By the tag libraries of the channels that gave them; a tag that no library knows is left out.
Result<models::TagNames> tag_names(store::Store& store, const adapters::ChannelMap& channels,
                                   store::TenantId tenant,
                                   std::span<const models::Customer> customers);

}  // namespace guanxi::api
