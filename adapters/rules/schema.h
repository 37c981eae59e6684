// JSON Schema (draft 7) of pack and manifest files: the first check, with messages by place.
#pragma once

#include <string_view>
#include <vector>

#include "adapters/rules/manifest.h"

namespace guanxi::adapters::rules {

enum class Schema : std::uint8_t { pack, manifest };

// Complaints about a resolved pack or a manifest, at most a few; empty: its shape is right.
std::vector<Complaint> check_schema(Schema schema, const Json& json);

}  // namespace guanxi::adapters::rules
