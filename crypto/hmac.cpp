#include "crypto/hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "crypto/must.h"

namespace guanxi::crypto {
namespace {

struct FreeContext {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MAC_CTX, FreeContext>;

const char* name_of(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::md5:
      return "MD5";
    case HashAlgorithm::sha1:
      return "SHA1";
    case HashAlgorithm::sha256:
      return "SHA256";
  }
  return "";
}

Context keyed(HashAlgorithm algorithm, std::string_view key) {
  static EVP_MAC* const kMac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  Context context(EVP_MAC_CTX_new(kMac));
  must(context != nullptr, "memory for a keyed hash");
  const std::array parameters{OSSL_PARAM_construct_utf8_string(
                                  OSSL_MAC_PARAM_DIGEST, const_cast<char*>(name_of(algorithm)), 0),
                              OSSL_PARAM_construct_end()};
  // A null key would mean "keep the former one".
  const char* bytes = key.empty() ? "" : key.data();
  must(EVP_MAC_init(context.get(), reinterpret_cast<const unsigned char*>(bytes), key.size(),
                    parameters.data()) == 1,
       "starting a keyed hash");
  return context;
}

std::string sign_with(EVP_MAC_CTX* context, std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  std::size_t size = 0;
  must(EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(data.data()), data.size()) ==
               1 &&
           EVP_MAC_final(context, bytes.data(), &size, bytes.size()) == 1,
       "making a keyed hash");
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

}  // namespace

std::string hmac(HashAlgorithm algorithm, std::string_view key, std::string_view data) {
  return sign_with(keyed(algorithm, key).get(), data);
}

struct Hmac::State {
  Context context;
  std::uint64_t id = 0;  // never used again, unlike an address
};

namespace {

// The thread's own copy of a keyed context: copying one costs more than hashing a short message.
EVP_MAC_CTX* copy_of_thread(const EVP_MAC_CTX* context, std::uint64_t id) {
  struct Copy {
    std::uint64_t id = 0;
    Context context;
  };
  thread_local std::array<Copy, 4> copies;
  thread_local std::size_t oldest = 0;
  for (Copy& copy : copies) {
    if (copy.id != id) continue;
    // Without a key, the former one is kept.
    must(EVP_MAC_init(copy.context.get(), nullptr, 0, nullptr) == 1, "starting a keyed hash");
    return copy.context.get();
  }
  Copy& copy = copies[oldest++ % copies.size()];
  copy = {id, Context(EVP_MAC_CTX_dup(context))};
  must(copy.context != nullptr, "memory for a keyed hash");
  return copy.context.get();
}

}  // namespace

Hmac::Hmac(HashAlgorithm algorithm, std::string_view key)
    : state_(std::make_unique<State>(State{keyed(algorithm, key), 0})) {
  static std::atomic<std::uint64_t> last{0};
  state_->id = ++last;
}
Hmac::~Hmac() = default;
Hmac::Hmac(Hmac&&) noexcept = default;
Hmac& Hmac::operator=(Hmac&&) noexcept = default;

std::string Hmac::sign(std::string_view data) const {
  return sign_with(copy_of_thread(state_->context.get(), state_->id), data);
}

}  // namespace guanxi::crypto
