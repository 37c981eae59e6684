// How far long work is: one line that grows on a terminal, a plain line now and then elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

namespace guanxi::app {

class Progress {
 public:
  // "replayed", "rows": what is done to what. `total`: how many there are, if that is known.
  Progress(std::ostream& err, std::string done, std::string things,
           std::optional<std::int64_t> total = {});

  void advance(std::int64_t count);
  void finish();

 private:
  std::string line() const;

  std::ostream& err_;
  std::string done_;
  std::string things_;
  std::optional<std::int64_t> total_;
  bool is_terminal_;
  std::int64_t count_ = 0;
  std::chrono::steady_clock::time_point said_ = std::chrono::steady_clock::now();
};

}  // namespace guanxi::app
