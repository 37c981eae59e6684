// Keeps secrets at rest: seals values, and makes the keyed hashes by which they are found again.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/aes_gcm.h"
#include "crypto/hmac.h"

namespace guanxi::store {

// One data key. Immutable: any thread.
class Vault {
 public:
  static constexpr std::size_t kKey = 32;

  // `data_key` has kKey bytes; the key that seals and the key that hashes are derived from it.
  explicit Vault(std::string_view data_key);

  // Id of the sealing key, then AES-256-GCM's nonce, ciphertext and tag. `place` (table.column) is
  // authenticated, so that a value cannot be moved elsewhere.
  std::string seal(std::string_view place, std::string_view plain) const;
  // Nothing if it was not sealed by this key for this place, or was changed.
  std::optional<std::string> open(std::string_view place, std::string_view sealed) const;

  // HMAC-SHA256 over the purpose and all parts, each with its length, cut to 16 bytes.
  using Hash = std::array<std::uint8_t, 16>;
  Hash hash(std::string_view purpose, std::initializer_list<std::string_view> parts) const;

 private:
  std::string key_id_;
  crypto::AesGcm seal_;
  crypto::Hmac index_;
};

// 32 bytes from base64 or hex, with white space around; nothing if it is neither.
std::optional<std::string> read_data_key(std::string_view text);

// The data key kept in a file. `make_if_absent`: a new one is made, readable by its owner only; two
// processes at once end with the same. Throws std::runtime_error with the path and the cure.
std::string data_key_from_file(const std::string& path, bool make_if_absent);

}  // namespace guanxi::store
