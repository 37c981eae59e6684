// Keyed hashes (RFC 2104).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "crypto/digest.h"

namespace guanxi::crypto {

// Raw bytes, as many as the hash has.
std::string hmac(HashAlgorithm algorithm, std::string_view key, std::string_view data);

// The same for many messages under one key, whose schedule is computed once. Immutable: any thread.
class Hmac {
 public:
  Hmac(HashAlgorithm algorithm, std::string_view key);
  ~Hmac();
  Hmac(Hmac&&) noexcept;
  Hmac& operator=(Hmac&&) noexcept;

  std::string sign(std::string_view data) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace guanxi::crypto
