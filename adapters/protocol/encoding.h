// Spellings of text on the wire: percent-encoding, UTF-8, white space, \u escapes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace guanxi::adapters::protocol {

// RFC 3986: '+' stays '+'. Nothing for a '%' without two hex digits.
std::optional<std::string> percent_decode(std::string_view text);
// Everything but RFC 3986's unreserved characters is encoded.
std::string percent_encode(std::string_view text);

bool is_utf8(std::string_view text);
// Characters beyond ASCII as lower-case \uxxxx (UTF-16 code units); nothing if `text` is not UTF-8.
std::optional<std::string> escape_non_ascii(std::string_view text);

// Without blanks, tabs, CR and LF at both ends.
std::string_view trim(std::string_view text);
// Takes what stands before `separator`, or everything, off the front of `rest`, and the separator.
std::string_view cut(std::string_view& rest, char separator);
// ASCII letters only.
std::string lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);

// The base64 text of a query parameter as its sender meant it: line ends around it are dropped, and
// blanks are the '+' that form decoding turned into them, unless they only surround it.
std::string repair_base64(std::string_view text);

}  // namespace guanxi::adapters::protocol
