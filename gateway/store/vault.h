// Keeps secrets at rest: seals values, and makes the keyed hashes by which they are found again.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hmac.h"

namespace guanxi::store {

// A data key; while it is being changed, the one before and the one after. Any thread.
class Vault {
 public:
  static constexpr std::size_t kKey = 32;
  // Of what it seals: the key's id and AES-256-GCM's nonce, by which two seals are told apart.
  static constexpr std::size_t kKeyId = 4;
  static constexpr std::size_t kMark = 16;

  struct Keys {
    std::vector<std::string> data;  // kKey bytes each: the first seals, all open
    std::string index;              // index_key() of the first data key that the database had
    // Data keys that have come to be at hand since; asked when a key is met that is not.
    std::function<std::vector<std::string>()> more = {};
  };
  explicit Vault(Keys keys);
  // With one data key, the first that the database has.
  explicit Vault(std::string_view data_key);
  ~Vault();
  Vault(Vault&&) noexcept;
  Vault& operator=(Vault&&) noexcept;

  // By what a data key is known. It tells nothing of the key.
  static std::string id_of(std::string_view data_key);
  // The key that hashes, which stays when the data key is changed.
  static std::string index_key(std::string_view data_key);

  // Id of the sealing key, then AES-256-GCM's nonce, ciphertext and tag. `place` (table.column) is
  // authenticated, so that a value cannot be moved elsewhere.
  std::string seal(std::string_view place, std::string_view plain) const;
  // Nothing if it was not sealed by a key at hand for this place, or was changed.
  std::optional<std::string> open(std::string_view place, std::string_view sealed) const;

  // The id of the key that seals.
  std::string sealing_key() const;
  // Seals by that key from now on; false if it is not at hand.
  bool seal_by(std::string_view key_id);
  bool holds(std::string_view key_id) const;

  // HMAC-SHA256 over the purpose and all parts, each with its length, cut to 16 bytes.
  using Hash = std::array<std::uint8_t, 16>;
  Hash hash(std::string_view purpose, std::initializer_list<std::string_view> parts) const;

 private:
  struct DataKey;
  struct Ring;
  const DataKey* find(std::string_view key_id) const;

  std::unique_ptr<Ring> ring_;
  crypto::Hmac index_;
};

// 32 bytes from base64 or hex, with white space around; nothing if it is neither.
std::optional<std::string> read_data_key(std::string_view text);

}  // namespace guanxi::store
