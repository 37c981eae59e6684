#include "gateway/observe/thread_name.h"

#include <pthread.h>

#include <array>
#include <cstdio>

namespace guanxi::observe {

void name_thread(const char* name) {
  std::array<char, 16> kept{};
  std::snprintf(kept.data(), kept.size(), "%s", name);
  pthread_setname_np(pthread_self(), kept.data());
}

}  // namespace guanxi::observe
