// Phones as people type them into a search, read as the packs read what platforms send.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace guanxi::adapters {

// E.164 of a whole number, without country code one of mainland China; nothing for other text.
std::optional<std::string> phone_from(std::string_view text);

}  // namespace guanxi::adapters
