// Hashes of byte strings, and hexadecimal text.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace guanxi::crypto {

// md5 and sha1 serve platforms' signatures; nothing of our own rests on them.
enum class HashAlgorithm : std::uint8_t { md5, sha1, sha256 };

// Raw bytes: 16 for md5, 20 for sha1, 32 for sha256. Any thread.
std::string digest(HashAlgorithm algorithm, std::string_view data);
// The hash of all parts joined without separator, without joining them in memory.
std::string digest_of(HashAlgorithm algorithm, std::span<const std::string_view> parts);

// A hash over data that arrives in pieces. One thread at a time.
class Digest {
 public:
  explicit Digest(HashAlgorithm algorithm);
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void update(std::string_view data);
  // The raw hash of everything so far; afterwards the object starts over, empty.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Lower case.
std::string to_hex(std::string_view bytes);
// Either case; nothing for an odd length or any other character.
std::optional<std::string> from_hex(std::string_view text);

}  // namespace guanxi::crypto
