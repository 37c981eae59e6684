// Phones and e-mails as people type them into a search, in the spelling that customers are found
// by. The packs' converter reads what platforms send; this reads a caller's text, which must be
// whole.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace guanxi::api {

// E.164. Without country code only mainland China's mobile numbers; blanks and dashes are dropped.
std::optional<std::string> phone_from(std::string_view text);
// Lower case.
std::optional<std::string> email_from(std::string_view text);

}  // namespace guanxi::api
