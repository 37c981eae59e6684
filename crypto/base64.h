// Base64 (RFC 4648), standard and URL-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace guanxi::crypto {

// Standard alphabet, padded.
std::string encode_base64(std::string_view bytes);
// URL-safe alphabet, no padding.
std::string encode_base64_url(std::string_view bytes);

// Reads only what encode_base64 writes: padding required, spare bits zero, no white space.
std::optional<std::string> decode_base64(std::string_view text);
// Standard alphabet; padding may be missing and the last character's spare bits may be set, as in
// keys that platforms hand out (wecom-wechat.md: non-canonical keys). Nothing else is forgiven.
std::optional<std::string> decode_base64_lenient(std::string_view text);
// Reads only what encode_base64_url writes.
std::optional<std::string> decode_base64_url(std::string_view text);

}  // namespace guanxi::crypto
