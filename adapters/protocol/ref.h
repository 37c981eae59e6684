// How a recipe names a value: `kind:name`, for example `query:nonce` or
// `plain:/header/token|/token`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace guanxi::adapters::protocol {

// A JSON pointer (RFC 6901), read once.
struct Pointer {
  std::string text;
  std::vector<std::string> tokens;  // unescaped

  bool operator==(const Pointer&) const = default;
};

// Nothing unless `text` is empty (the whole tree) or starts with '/'.
std::optional<Pointer> parse_pointer(std::string_view text);

enum class RefKind : std::uint8_t {
  header,      // header:Name
  query,       // query:name, percent-decoded; '+' is no blank
  field,       // field:Header/key: the one key=… of a comma-separated header
  body,        // raw
  body_ascii,  // body.ascii: with non-ASCII characters as \uxxxx
  body_at,     // body:/pointer
  plain,       // decrypted; without decryption the body
  plain_at,    // plain:/pointer
  each_at,     // each:/pointer into one element
  path,        // of the URL, as sent
  url,         // public_url and path, never the Host header
  setting,     // of the channel
  text,        // literal
  sealed,      // in answers: what `seal` encrypted
  signature,   // in answers: what `sign` computed
};

struct Ref {
  RefKind kind{};
  bool as_integer = false;   // int:REF
  bool cipher_text = false;  // feeds a cipher: trimmed, and blanks in a query are '+'
  std::string spelling;      // as written, without int:
  std::string literal;       // text: the text; field: the key
  // Alternatives, of which the first present counts; which of the two depends on the kind.
  std::vector<std::string> names;
  std::vector<Pointer> pointers;
  // Where the plan keeps each of the names; filled when a plan is read.
  std::vector<std::size_t> slots;
};

// Nothing for anything but the grammar above.
std::optional<Ref> parse_ref(std::string_view text);

}  // namespace guanxi::adapters::protocol
