#include "crypto/aes_gcm.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstring>
#include <limits>
#include <memory>

#include "crypto/must.h"
#include "crypto/random.h"

namespace guanxi::crypto {
namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// Far above anything sealed here, and below what one int-sized call can take.
constexpr std::size_t kMost = 1U << 30;

EVP_CIPHER_CTX* context_of_thread() {
  static EVP_CIPHER* const kFetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  thread_local Context context;
  if (!context) {
    context.reset(EVP_CIPHER_CTX_new());
    must(context != nullptr &&
             EVP_CipherInit_ex2(context.get(), kFetched, nullptr, nullptr, 0, nullptr) == 1,
         "starting a cipher");
  }
  return context.get();
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool feed(EVP_CIPHER_CTX* context, unsigned char* out, std::string_view in) {
  int written = 0;
  return in.empty() ||
         EVP_CipherUpdate(context, out, &written, bytes_of(in), static_cast<int>(in.size())) == 1;
}

}  // namespace

std::optional<AesGcm> AesGcm::make(std::string_view key) {
  if (key.size() != kKey) return std::nullopt;
  return AesGcm(key);
}

AesGcm::AesGcm(std::string_view key) { std::memcpy(key_.data(), key.data(), key.size()); }

AesGcm::~AesGcm() { OPENSSL_cleanse(key_.data(), key_.size()); }

std::string AesGcm::seal(std::string_view plain, std::string_view associated) const {
  must(plain.size() <= kMost && associated.size() <= kMost, "too much to seal");
  EVP_CIPHER_CTX* context = context_of_thread();
  std::string sealed(kNonce + plain.size() + kTag, '\0');
  unsigned char* out = bytes_of(sealed);
  fill_random(out, kNonce);
  int written = 0;
  must(EVP_CipherInit_ex2(context, nullptr, key_.data(), out, 1, nullptr) == 1 &&
           feed(context, nullptr, associated) && feed(context, out + kNonce, plain) &&
           EVP_CipherFinal_ex(context, out + kNonce + plain.size(), &written) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kTag),
                               out + kNonce + plain.size()) == 1,
       "sealing");
  return sealed;
}

std::optional<std::string> AesGcm::open(std::string_view sealed,
                                        std::string_view associated) const {
  if (sealed.size() < kNonce + kTag || sealed.size() > kMost || associated.size() > kMost) {
    return std::nullopt;
  }
  EVP_CIPHER_CTX* context = context_of_thread();
  std::string plain(sealed.size() - kNonce - kTag, '\0');
  std::string tag(sealed.substr(sealed.size() - kTag));
  std::array<unsigned char, kTag> rest;
  int written = 0;
  must(EVP_CipherInit_ex2(context, nullptr, key_.data(), bytes_of(sealed), 0, nullptr) == 1 &&
           feed(context, nullptr, associated) &&
           feed(context, bytes_of(plain), sealed.substr(kNonce, plain.size())) &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kTag),
                               bytes_of(tag)) == 1,
       "opening");
  if (EVP_CipherFinal_ex(context, rest.data(), &written) != 1) {
    OPENSSL_cleanse(plain.data(), plain.size());
    return std::nullopt;
  }
  return plain;
}

}  // namespace guanxi::crypto
