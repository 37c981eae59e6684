#include "gateway/app/progress.h"

#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <utility>

namespace guanxi::app {
namespace {

constexpr std::chrono::seconds kBetweenLines{5};

}  // namespace

Progress::Progress(std::ostream& err, std::string done, std::string things,
                   std::optional<std::int64_t> total)
    : err_(err),
      done_(std::move(done)),
      things_(std::move(things)),
      total_(total),
      is_terminal_(isatty(STDERR_FILENO) == 1) {}

std::string Progress::line() const {
  std::string text = done_ + ' ' + std::to_string(count_);
  if (total_) text += " of " + std::to_string(std::max(*total_, count_));
  return text + ' ' + things_;
}

void Progress::advance(std::int64_t count) {
  count_ += count;
  if (is_terminal_) {
    err_ << '\r' << line() << std::flush;
  } else if (std::chrono::steady_clock::now() - said_ >= kBetweenLines) {
    said_ = std::chrono::steady_clock::now();
    err_ << line() << std::endl;
  }
}

void Progress::finish() { err_ << (is_terminal_ ? "\r" : "") << line() << '\n'; }

}  // namespace guanxi::app
