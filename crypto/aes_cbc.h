// AES in CBC mode, and PKCS#7 padding kept apart from it, because platforms pad to 32 bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace guanxi::crypto {

// One key. Immutable, so one instance serves all threads; the key is wiped at the end.
class AesCbc {
 public:
  static constexpr std::size_t kBlock = 16;

  // Nothing unless the key has 16, 24 or 32 bytes.
  static std::optional<AesCbc> make(std::string_view key);
  AesCbc(const AesCbc&) = default;
  AesCbc& operator=(const AesCbc&) = default;
  ~AesCbc();

  // Padding is neither added nor removed. Nothing unless `iv` has 16 bytes and the data is whole
  // blocks, at least one.
  std::optional<std::string> encrypt(std::string_view iv, std::string_view data) const;
  std::optional<std::string> decrypt(std::string_view iv, std::string_view data) const;

 private:
  explicit AesCbc(std::string_view key);
  std::optional<std::string> run(bool encrypt, std::string_view iv, std::string_view data) const;

  std::array<std::uint8_t, 32> key_{};
  std::size_t size_;
};

// The data with its PKCS#7 padding: 1 to `block` bytes, each saying how many. `block` is 1 to 255.
std::string pad(std::string_view data, std::size_t block);

// The length without PKCS#7 padding of 1 to `block` bytes; nothing when there is none. The time
// depends on the size of the data only, not on where the padding is wrong. The data's size need not
// be a multiple of `block`, because some senders pad to 16 where 32 is documented.
std::optional<std::size_t> unpad(std::string_view data, std::size_t block);

}  // namespace guanxi::crypto
