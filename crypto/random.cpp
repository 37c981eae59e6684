#include "crypto/random.h"

#include <openssl/rand.h>

#include <algorithm>
#include <limits>

#include "crypto/base64.h"
#include "crypto/must.h"

namespace guanxi::crypto {

void fill_random(std::uint8_t* bytes, std::size_t size) {
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
