// Phone numbers as platforms write them, read by libphonenumber. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/rules/path.h"

namespace guanxi::adapters::rules {

// "+8613800000000", or {"masked"}, {"cipher"} or {"raw"} with the text when it is no whole number
// (an extension is not part of one). `region` is a two-letter country, "" for CN.
Json read_phone(std::string_view text, std::string_view region);

// E.164 of a mobile number without extension, the only kind that tells who somebody is.
std::optional<std::string> mobile_number(std::string_view text, std::string_view region);

}  // namespace guanxi::adapters::rules
