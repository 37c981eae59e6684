#include "gateway/app/file_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace guanxi::app {
namespace {

// For the store, platform calls and everything that is no connection of a listener.
constexpr std::size_t kOwn = 256;
constexpr std::size_t kFewest = 16;
constexpr rlim_t kEnough = 1u << 20;

}  // namespace

std::size_t raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kOwn;
  const rlim_t reachable = std::max(limit.rlim_cur, std::min(limit.rlim_max, kEnough));
  const rlimit raised{reachable, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return static_cast<std::size_t>(std::min(limit.rlim_cur, kEnough));
}

std::size_t connections_within(std::size_t files, std::size_t wanted) {
  const std::size_t free = files > kOwn ? files - kOwn : 0;
  return std::clamp(wanted, std::min(wanted, kFewest), std::max(free / 2, kFewest));
}

}  // namespace guanxi::app
