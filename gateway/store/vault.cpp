#include "gateway/store/vault.h"

#include <algorithm>

#include "crypto/base64.h"
#include "crypto/digest.h"
#include "models/result.h"

namespace guanxi::store {
namespace {

constexpr std::size_t kKeyId = 4;

crypto::AesGcm sealing(std::string_view key) {
  auto made = crypto::AesGcm::make(key);
  GUANXI_CHECK(made.has_value());
  return *std::move(made);
}

std::string derive(std::string_view data_key, std::string_view purpose) {
  return crypto::hmac(crypto::HashAlgorithm::sha256, data_key, purpose);
}

void add_part(std::string& message, std::string_view part) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    message += static_cast<char>(static_cast<std::uint64_t>(part.size()) >> shift);
  }
  message += part;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace

Vault::Vault(std::string_view data_key)
    : seal_(sealing(derive(data_key, "guanxi sealing key"))),
      index_(crypto::HashAlgorithm::sha256, derive(data_key, "guanxi index key")) {
  GUANXI_CHECK(data_key.size() == kKey);
  const std::string key = derive(data_key, "guanxi sealing key");
  key_id_ = crypto::digest(crypto::HashAlgorithm::sha256, key).substr(0, kKeyId);
}

std::string Vault::seal(std::string_view place, std::string_view plain) const {
  return key_id_ + seal_.seal(plain, place);
}

std::optional<std::string> Vault::open(std::string_view place, std::string_view sealed) const {
  if (!sealed.starts_with(key_id_)) return std::nullopt;
  return seal_.open(sealed.substr(kKeyId), place);
}

Vault::Hash Vault::hash(std::string_view purpose,
                        std::initializer_list<std::string_view> parts) const {
  std::string message;
  add_part(message, purpose);
  for (const std::string_view part : parts) add_part(message, part);
  const std::string full = index_.sign(message);
  Hash cut{};
  std::copy_n(full.begin(), cut.size(), cut.begin());
  return cut;
}

std::optional<std::string> read_data_key(std::string_view text) {
  const std::string_view key = trimmed(text);
  auto read = key.size() == 2 * Vault::kKey ? crypto::from_hex : crypto::decode_base64;
  const auto bytes = read(key);
  if (!bytes || bytes->size() != Vault::kKey) return std::nullopt;
  return *bytes;
}

}  // namespace guanxi::store
