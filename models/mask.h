// What those who may not see personal data are shown instead of it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace guanxi::models {

// "+86138****0000", "l***@example.com"
std::string mask_phone(std::string_view phone);
std::string mask_email(std::string_view email);

// A text with the phones and e-mails in it masked, however they are written: seven digits and more
// are a phone, whatever marks and blanks stand between them, but for dates and times of day.
std::string mask_text(std::string_view text);
// The same for every text in a value.
void mask_within(nlohmann::json& value);

}  // namespace guanxi::models
