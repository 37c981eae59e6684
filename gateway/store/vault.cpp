#include "gateway/store/vault.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <stdexcept>

#include "crypto/aes_gcm.h"
#include "crypto/base64.h"
#include "crypto/digest.h"
#include "models/result.h"

namespace guanxi::store {
namespace {

crypto::AesGcm sealing(std::string_view key) {
  auto made = crypto::AesGcm::make(key);
  GUANXI_CHECK(made.has_value());
  return *std::move(made);
}

std::string derive(std::string_view data_key, std::string_view purpose) {
  return crypto::hmac(crypto::HashAlgorithm::sha256, data_key, purpose);
}

std::string sealing_part(std::string_view data_key) {
  return derive(data_key, "guanxi sealing key");
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

struct Vault::DataKey {
  std::string id;
  crypto::AesGcm seal;
  const DataKey* before;  // the one added before this one
};

// Keys are added and never go, so that whoever reads needs no lock.
struct Vault::Ring {
  const DataKey* find(std::string_view id) const {
    const DataKey* key = newest.load(std::memory_order_acquire);
    while (key != nullptr && key->id != id) key = key->before;
    return key;
  }

  void add(std::string_view data_key) {
    GUANXI_CHECK(data_key.size() == kKey);
    const std::string id = id_of(data_key);
    if (find(id) != nullptr) return;
    keys.push_back({id, sealing(sealing_part(data_key)), newest.load()});
    newest.store(&keys.back(), std::memory_order_release);
  }

  std::mutex adding;
  std::deque<DataKey> keys;
  std::atomic<const DataKey*> newest{nullptr};
  std::atomic<const DataKey*> sealing_key{nullptr};
  std::function<std::vector<std::string>()> more;
};

Vault::Vault(Keys keys)
    : ring_(std::make_unique<Ring>()), index_(crypto::HashAlgorithm::sha256, keys.index) {
  GUANXI_CHECK(!keys.data.empty() && keys.index.size() == kKey);
  for (const std::string& key : keys.data) ring_->add(key);
  ring_->sealing_key = &ring_->keys.front();
  ring_->more = std::move(keys.more);
}

Vault::Vault(std::string_view data_key)
    : Vault(Keys{{std::string(data_key)}, index_key(data_key)}) {}

Vault::~Vault() = default;
Vault::Vault(Vault&&) noexcept = default;
Vault& Vault::operator=(Vault&&) noexcept = default;

std::string Vault::id_of(std::string_view data_key) {
  return crypto::digest(crypto::HashAlgorithm::sha256, sealing_part(data_key)).substr(0, kKeyId);
}

std::string Vault::index_key(std::string_view data_key) {
  return derive(data_key, "guanxi index key");
}

std::string Vault::seal(std::string_view place, std::string_view plain) const {
  const DataKey& key = *ring_->sealing_key.load(std::memory_order_acquire);
  return key.id + key.seal.seal(plain, place);
}

std::optional<std::string> Vault::open(std::string_view place, std::string_view sealed) const {
  if (sealed.size() < kKeyId) return std::nullopt;
  const DataKey* key = find(sealed.substr(0, kKeyId));
  if (key == nullptr) return std::nullopt;
  return key->seal.open(sealed.substr(kKeyId), place);
}

std::string Vault::sealing_key() const {
  return ring_->sealing_key.load(std::memory_order_acquire)->id;
}

bool Vault::seal_by(std::string_view key_id) {
  const DataKey* key = find(key_id);
  if (key == nullptr) return false;
  ring_->sealing_key.store(key, std::memory_order_release);
  return true;
}

bool Vault::holds(std::string_view key_id) const { return find(key_id) != nullptr; }

const Vault::DataKey* Vault::find(std::string_view key_id) const {
  if (const DataKey* key = ring_->find(key_id); key != nullptr || !ring_->more) return key;
  const std::lock_guard lock(ring_->adding);
  try {
    for (const std::string& key : ring_->more()) ring_->add(key);
  } catch (const std::runtime_error&) {
    // What cannot be read now is no key at hand; a value says so where it is opened.
    return nullptr;
  }
  return ring_->find(key_id);
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
