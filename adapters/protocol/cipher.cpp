#include "adapters/protocol/cipher.h"

#include <array>
#include <cstdint>
#include <utility>

#include "crypto/base64.h"
#include "crypto/constant_time.h"
#include "crypto/digest.h"
#include "crypto/hmac.h"
#include "models/result.h"

namespace guanxi::adapters::protocol {
namespace {

constexpr std::size_t kBlock = crypto::AesCbc::kBlock;
constexpr std::size_t kLengthField = 4;

// 32 characters around the middle: too short a secret is centred in '#', the odd one to the left.
std::string centre(std::string_view secret) {
  constexpr std::size_t kSize = 32;
  if (secret.size() >= kSize) return std::string(secret.substr((secret.size() - kSize) / 2, kSize));
  const std::size_t missing = kSize - secret.size();
  std::string out((missing + 1) / 2, '#');
  return out.append(secret).append(missing / 2, '#');
}

std::uint32_t read_length(std::string_view bytes) {
  std::uint32_t length = 0;
  for (const char c : bytes.substr(0, kLengthField)) {
    length = length << 8 | static_cast<std::uint8_t>(c);
  }
  return length;
}

std::string write_length(std::size_t length) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(length >> shift & 0xFF);
  return out;
}

// Leaves the message in `plain`; false unless one of the receivers stands behind it.
bool unframe(const BoundCipher& cipher, std::string& plain) {
  const std::size_t begin = cipher.plan->filler + kLengthField;
  if (plain.size() < begin) return false;
  const std::size_t length = read_length(std::string_view(plain).substr(cipher.plan->filler));
  if (length > plain.size() - begin) return false;
  const std::string_view tail = std::string_view(plain).substr(begin + length);
  bool known = false;
  for (const std::string& expected : cipher.tails) {
    known = crypto::equal_in_constant_time(tail, expected) || known;
  }
  if (!known) return false;
  plain.resize(begin + length);
  plain.erase(0, begin);
  return true;
}

struct Split {
  std::string own_iv;  // empty: the cipher's
  std::string data;
};

// The cipher text and the IV that belongs to it.
std::optional<Split> split_iv(const BoundCipher& cipher, std::string_view text,
                              std::optional<std::string_view> iv_text) {
  const CipherPlan& plan = *cipher.plan;
  if (plan.iv == CipherPlan::Iv::before) {
    const std::size_t at = text.find(plan.delimiter);
    if (at == std::string_view::npos) return std::nullopt;
    iv_text = text.substr(0, at);
    text.remove_prefix(at + plan.delimiter.size());
  }
  auto data = crypto::decode_base64_lenient(text);
  if (!data) return std::nullopt;
  if (plan.iv == CipherPlan::Iv::head) {
    if (data->size() < 2 * kBlock) return std::nullopt;
    return Split{data->substr(0, kBlock), data->substr(kBlock)};
  }
  if (plan.iv != CipherPlan::Iv::before && plan.iv != CipherPlan::Iv::ref) {
    return Split{{}, *std::move(data)};
  }
  auto iv = iv_text ? crypto::decode_base64_lenient(*iv_text) : std::nullopt;
  if (!iv || iv->empty()) return std::nullopt;
  return Split{*std::move(iv), *std::move(data)};
}

std::string stretch(std::string_view filler, std::size_t size) {
  std::string out(filler.substr(0, size));
  for (char round = 0; out.size() < size; ++round) {
    const std::array<std::string_view, 2> parts{filler, {&round, 1}};
    out += crypto::digest_of(crypto::HashAlgorithm::sha256, parts);
  }
  out.resize(size);
  return out;
}

}  // namespace

std::optional<std::string> decode_key(std::string_view setting, KeyForm form) {
  switch (form) {
    case KeyForm::base64:
      return crypto::decode_base64_lenient(setting);
    case KeyForm::hex:
      return crypto::from_hex(setting);
    case KeyForm::sha256:
      return crypto::digest(crypto::HashAlgorithm::sha256, setting);
    case KeyForm::centre32:
      return centre(setting);
    case KeyForm::utf8:
      break;
  }
  return std::string(setting);
}

std::optional<std::string> open_cipher(const BoundCipher& cipher, std::string_view text,
                                       std::optional<std::string_view> iv_text) {
  const auto split = split_iv(cipher, text, iv_text);
  if (!split) return std::nullopt;
  auto plain = cipher.aes.decrypt(split->own_iv.empty() ? cipher.iv : split->own_iv, split->data);
  if (!plain) return std::nullopt;
  const auto size = crypto::unpad(*plain, cipher.plan->pad);
  if (!size) return std::nullopt;
  plain->resize(*size);
  if (cipher.plan->framed && !unframe(cipher, *plain)) return std::nullopt;
  return plain;
}

Sealed seal_cipher(const BoundCipher& cipher, std::string_view message, std::string_view filler) {
  const CipherPlan& plan = *cipher.plan;
  std::string plain;
  if (plan.framed) plain = stretch(filler, plan.filler) + write_length(message.size());
  plain += message;
  if (plan.framed) plain += cipher.tails.front();

  const bool fixed_iv = !cipher.iv.empty();
  const std::string iv = fixed_iv ? cipher.iv : stretch(filler, kBlock);
  const auto data = cipher.aes.encrypt(iv, crypto::pad(plain, plan.pad));
  GUANXI_CHECK(data.has_value());
  Sealed sealed;
  if (!fixed_iv) sealed.iv_text = crypto::encode_base64(iv);
  if (plan.iv == CipherPlan::Iv::head) {
    sealed.text = crypto::encode_base64(iv + *data);
  } else if (plan.iv == CipherPlan::Iv::before) {
    sealed.text = sealed.iv_text + plan.delimiter + crypto::encode_base64(*data);
  } else {
    sealed.text = crypto::encode_base64(*data);
  }
  return sealed;
}

std::string derive_filler(const BoundCipher& cipher, std::string_view query,
                          std::string_view body) {
  const std::array<std::string_view, 3> request{query, "\n", body};
  return crypto::hmac(crypto::HashAlgorithm::sha256, cipher.key,
                      crypto::digest_of(crypto::HashAlgorithm::sha256, request));
}

}  // namespace guanxi::adapters::protocol
