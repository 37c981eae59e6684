// AES-256-GCM for what is encrypted at rest or handed to outsiders.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace guanxi::crypto {

// One key. Immutable, so one instance serves all threads; the key is wiped at the end.
// Nonces are random: at most 2^32 messages under one key.
class AesGcm {
 public:
  static constexpr std::size_t kKey = 32;
  static constexpr std::size_t kNonce = 12;
  static constexpr std::size_t kTag = 16;

  // Nothing unless the key has 32 bytes.
  static std::optional<AesGcm> make(std::string_view key);
  AesGcm(const AesGcm&) = default;
  AesGcm& operator=(const AesGcm&) = default;
  ~AesGcm();

  // nonce ‖ ciphertext ‖ tag. `associated` is authenticated and not included.
  std::string seal(std::string_view plain, std::string_view associated) const;
  // Nothing when anything was changed, or sealed under another key or other associated data.
  std::optional<std::string> open(std::string_view sealed, std::string_view associated) const;

 private:
  explicit AesGcm(std::string_view key);

  std::array<std::uint8_t, kKey> key_{};
};

}  // namespace guanxi::crypto
