// Which drift is still news.
#pragma once

#include "adapters/bound_channel.h"
#include "gateway/store/records.h"
#include "models/time.h"

namespace guanxi::api {

// Whether the version in force for its channel noticed it: what another one did not know may be
// known by now, and is noticed again if it is not.
bool is_current(const store::DriftRow& row, const adapters::ChannelMap& channels, Time now);

}  // namespace guanxi::api
