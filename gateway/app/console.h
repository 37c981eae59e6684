// Where a command writes: results on `out`, diagnostics on `err`.
#pragma once

#include <iosfwd>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "models/result.h"

namespace guanxi::app {

struct Console {
  std::ostream& out;
  std::ostream& err;
  bool json = false;  // tables as JSON
};

// Ends a command with exit code 1 and this one line.
class CommandFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The same with exit code 2: the command line itself is at fault.
class WrongUsage : public CommandFailed {
 public:
  using CommandFailed::CommandFailed;
};

// The value, or CommandFailed with the error's detail after `what`.
template <typename T>
T need(Result<T> result, const std::string& what = {}) {
  if (!result) {
    throw CommandFailed(what.empty() ? result.error().detail : what + ": " + result.error().detail);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace guanxi::app
