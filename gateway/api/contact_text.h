// E-mails as people type them into a search, in the spelling that customers are found by.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace guanxi::api {

// Lower case; nothing for other text.
std::optional<std::string> email_from(std::string_view text);

}  // namespace guanxi::api
