#include "crypto/random.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <limits>

#include "crypto/base64.h"
#include "crypto/must.h"

namespace guanxi::crypto {

namespace {

// OpenSSL's generator costs a microsecond and two system calls however little it is asked for.
class Supply {
 public:
  ~Supply() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  bool take(std::uint8_t* bytes, std::size_t size) {
    if (size > bytes_.size() / 8) return false;
    if (left_ < size) {
      must(RAND_bytes(bytes_.data(), static_cast<int>(bytes_.size())) == 1, "no randomness");
      left_ = bytes_.size();
    }
    // What has been given is not kept.
    left_ -= size;
    std::copy_n(bytes_.data() + left_, size, bytes);
    OPENSSL_cleanse(bytes_.data() + left_, size);
    return true;
  }

 private:
  std::array<std::uint8_t, 512> bytes_{};
  std::size_t left_ = 0;
};

}  // namespace

void fill_random(std::uint8_t* bytes, std::size_t size) {
  thread_local Supply supply;
  if (supply.take(bytes, size)) return;
  while (size > 0) {
    const std::size_t part = std::min<std::size_t>(size, std::numeric_limits<int>::max());
    must(RAND_bytes(bytes, static_cast<int>(part)) == 1, "no randomness");
    bytes += part;
    size -= part;
  }
}

std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  fill_random(reinterpret_cast<std::uint8_t*>(bytes.data()), size);
  return bytes;
}

std::string random_token(std::size_t size) { return encode_base64_url(random_bytes(size)); }

}  // namespace guanxi::crypto
