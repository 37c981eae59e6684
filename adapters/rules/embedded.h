// The data files compiled into the binary, by their path below adapters/.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "models/embedded_file.h"

namespace guanxi::adapters::rules {

std::span<const models::EmbeddedFile> embedded_files();
std::optional<std::string_view> embedded_file(std::string_view path);

}  // namespace guanxi::adapters::rules
