// AES-CBC as platforms wrap it: base64, a rule for the IV, padding of 16 or 32, and for some a
// frame of filler, length, message and receiver.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/protocol/recipe_plan.h"
#include "crypto/aes_cbc.h"

namespace guanxi::adapters::protocol {

// A cipher with a channel's key. Immutable.
struct BoundCipher {
  const CipherPlan* plan = nullptr;
  crypto::AesCbc aes;
  std::string key;                 // for what is derived from it
  std::string iv;                  // when the rule fixes it
  std::vector<std::string> tails;  // receivers, one of which stands in the frame
};

// The key of `bits` that a setting holds; nothing if it has another size or is spelled wrongly.
std::optional<std::string> decode_key(std::string_view setting, KeyForm form);

// The message in `text`; `iv_text` is the base64 of the IV where the plan takes it from a ref.
// Every failure is the same: nothing.
std::optional<std::string> open_cipher(const BoundCipher& cipher, std::string_view text,
                                       std::optional<std::string_view> iv_text);

// The inverse. `filler` gives the frame's filler and the IV where it is free; too short a filler is
// stretched by hashing, so that only a caller with randomness gets randomness.
struct Sealed {
  std::string text;
  std::string iv_text;  // base64, for the ref that carries it
};
Sealed seal_cipher(const BoundCipher& cipher, std::string_view message, std::string_view filler);

// Bytes that only holders of the key can foresee and that differ between requests.
std::string derive_filler(const BoundCipher& cipher, std::string_view query, std::string_view body);

}  // namespace guanxi::adapters::protocol
