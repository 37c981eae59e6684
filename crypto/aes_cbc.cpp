#include "crypto/aes_cbc.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

#include "crypto/must.h"

namespace guanxi::crypto {
namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// One context per thread and key size that keeps its cipher: naming the cipher again at each use
// would make OpenSSL 3 free and rebuild the context.
EVP_CIPHER_CTX* context_of_thread(std::size_t key_size) {
  static const std::array<EVP_CIPHER*, 3> kFetched{
      EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr),
      EVP_CIPHER_fetch(nullptr, "AES-192-CBC", nullptr),
      EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)};
  thread_local std::array<Context, 3> contexts;
  const std::size_t index = key_size / 8 - 2;
  Context& context = contexts[index];
  if (!context) {
    context.reset(EVP_CIPHER_CTX_new());
    must(context != nullptr &&
             EVP_CipherInit_ex2(context.get(), kFetched[index], nullptr, nullptr, 0, nullptr) == 1,
         "starting a cipher");
    EVP_CIPHER_CTX_set_padding(context.get(), 0);
  }
  return context.get();
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::optional<AesCbc> AesCbc::make(std::string_view key) {
  if (key.size() != 16 && key.size() != 24 && key.size() != 32) return std::nullopt;
  return AesCbc(key);
}

AesCbc::AesCbc(std::string_view key) : size_(key.size()) {
  std::memcpy(key_.data(), key.data(), key.size());
}

AesCbc::~AesCbc() { OPENSSL_cleanse(key_.data(), key_.size()); }

std::optional<std::string> AesCbc::run(bool encrypt, std::string_view iv,
                                       std::string_view data) const {
  if (iv.size() != kBlock || data.empty() || data.size() % kBlock != 0) return std::nullopt;
  if (data.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return std::nullopt;
  EVP_CIPHER_CTX* context = context_of_thread(size_);
  std::string out(data.size(), '\0');
  int written = 0;
  must(EVP_CipherInit_ex2(context, nullptr, key_.data(), bytes_of(iv), encrypt ? 1 : 0, nullptr) ==
               1 &&
           EVP_CipherUpdate(context, reinterpret_cast<unsigned char*>(out.data()), &written,
                            bytes_of(data), static_cast<int>(data.size())) == 1 &&
           static_cast<std::size_t>(written) == out.size(),
       "running a cipher");
  return out;
}

std::optional<std::string> AesCbc::encrypt(std::string_view iv, std::string_view data) const {
  return run(true, iv, data);
}

std::optional<std::string> AesCbc::decrypt(std::string_view iv, std::string_view data) const {
  return run(false, iv, data);
}

std::string pad(std::string_view data, std::size_t block) {
  const std::size_t count = block - data.size() % block;
  std::string padded;
  padded.reserve(data.size() + count);
  padded.append(data).append(count, static_cast<char>(count));
  return padded;
}

std::optional<std::size_t> unpad(std::string_view data, std::size_t block) {
  if (data.empty()) return std::nullopt;
  const auto count = static_cast<std::uint32_t>(static_cast<unsigned char>(data.back()));
  // Bit 31 of a difference says "less than", without a branch on what was decrypted.
  const auto below = [](std::uint32_t a, std::uint32_t b) { return (a - b) >> 31; };
  const auto limit = static_cast<std::uint32_t>(std::min(block, data.size()));
  std::uint32_t wrong = below(count, 1) | below(limit, count);
  for (std::uint32_t i = 0; i < limit; ++i) {
    const auto byte =
        static_cast<std::uint32_t>(static_cast<unsigned char>(data[data.size() - 1 - i]));
    const std::uint32_t inside = std::uint32_t{0} - below(i, count);
    wrong |= (byte ^ count) & inside;
  }
  if (wrong != 0) return std::nullopt;
  return data.size() - count;
}

}  // namespace guanxi::crypto
