// Scalars as platforms write them, turned into what the model holds. Total: nothing for anything
// else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/rules/path.h"
#include "models/time.h"

namespace guanxi::adapters::rules {

// A string, number or boolean as text; nothing for null, lists and objects. Bytes that are not
// UTF-8 become U+FFFD, so that whatever is stored can be written as JSON.
std::optional<std::string> to_text(const Json& value);

// A whole number, or its decimal text.
std::optional<std::int64_t> to_integer(const Json& value);

// true, false, 1, 0 and their text.
std::optional<bool> to_boolean(const Json& value);

// Seconds, milliseconds or microseconds since 1970, told apart by size, as number or text with or
// without fraction; RFC 3339; "YYYY-MM-DD[ HH:MM[:SS]]" in Beijing. Nothing at or before 1970.
std::optional<Time> to_time(const Json& value);

// "12.34" yuan are 1234 fen.
std::optional<std::int64_t> fen_from_yuan(const Json& value);

// Without the prefix, if it has it.
std::string strip_prefix(std::string text, std::string_view prefix);

// Pieces between ',' and '|', blanks around them and empty ones left out.
std::vector<std::string> split_list(std::string_view text);

}  // namespace guanxi::adapters::rules
