// Whole bodies as JSON trees.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "adapters/protocol/document.h"

namespace guanxi::adapters::protocol {

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxNodes = 100'000;

// Nothing for what parse_tree calls malformed.
std::optional<nlohmann::json> read_tree(Format format, std::string_view bytes);

}  // namespace guanxi::adapters::protocol
