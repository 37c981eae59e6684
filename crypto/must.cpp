#include "crypto/must.h"

#include <cstdio>
#include <cstdlib>

namespace guanxi::crypto {

void must(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "guanxi: the OpenSSL library failed: %s\n", what);
  std::abort();
}

}  // namespace guanxi::crypto
