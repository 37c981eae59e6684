// What a function answers that the outside world can make fail: a value or one of few errors.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace guanxi {

// Few codes, each with one consequence. See error_text() for the word of each.
enum class ErrorCode {
  malformed,        // the input can never be read: refuse it (HTTP 400), do not retry
  unauthenticated,  // not proven to come from who it claims: refuse it (HTTP 403), say no more
  unsupported,      // understood and not offered (HTTP 404, 415, 501)
  conflict,         // somebody else changed what was read: read and decide again
  not_found,        // no such thing (HTTP 404)
  rate_limited,     // too much now (HTTP 429, 503): try later
  unavailable,      // a store or platform does not answer (HTTP 503): try later
};

// The code's stable spelling, as logs and problem documents show it.
std::string_view error_text(ErrorCode code);

// `detail` is for the operator: what, where and what to do. It never holds a secret, a token, a
// message body or a phone number, and is never sent to an unauthenticated caller.
struct Error {
  ErrorCode code{};
  std::string detail;

  bool operator==(const Error&) const = default;
};

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

inline tl::unexpected<Error> fail(ErrorCode code, std::string detail) {
  return tl::unexpected<Error>(Error{code, std::move(detail)});
}

// A broken invariant of our own: prints where and what, and ends the process. Always on.
[[noreturn]] void invariant_broken(const char* file, int line, std::string_view what);

}  // namespace guanxi

// The always-on check of invariants; the one macro, because it names its place.
#define GUANXI_CHECK(condition)                                                   \
  do {                                                                            \
    if (!(condition)) ::guanxi::invariant_broken(__FILE__, __LINE__, #condition); \
  } while (false)
