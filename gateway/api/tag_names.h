// What the tag libraries know now: customers keep the tags they were given by id.
#pragma once

#include <span>
#include <string_view>

#include "adapters/bound_channel.h"
#include "gateway/store/store.h"
#include "models/json.h"

namespace guanxi::api {

// By the tag libraries of the channels that gave them; a tag that no library knows is left out.
Result<models::TagNames> tag_names(store::Store& store, const adapters::ChannelMap& channels,
                                   store::TenantId tenant,
                                   std::span<const models::Customer> customers);

// Whether the tag was deleted from every library of the tenant that had it: nobody has it any more.
Result<bool> is_deleted_tag(store::Store& store, const adapters::ChannelMap& channels,
                            store::TenantId tenant, std::string_view tag);

}  // namespace guanxi::api
