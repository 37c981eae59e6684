// Errors as RFC 9457 problem documents. Every code stands in one table, which is also the page that
// a problem's `type` leads to.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/http_server.h"
#include "models/result.h"

namespace guanxi::api {

enum class ProblemCode : std::uint8_t {
  malformed_request,
  unknown_parameter,
  invalid_parameter,
  cursor_invalid,
  cursor_mismatch,
  invalid_body,
  too_many_items,
  unauthorized,
  insufficient_scope,
  not_found,
  method_not_allowed,
  conflict,
  body_too_large,
  unsupported_media_type,
  internal_error,
  store_unavailable,
  overloaded,
};

struct ProblemDescription {
  ProblemCode code;
  std::string_view name;  // "cursor-mismatch": what programs compare; never changes
  int status;
  std::string_view title;
  bool retryable;  // whether the same request may succeed later
  std::string_view cure;
};
std::span<const ProblemDescription> problem_descriptions();
const ProblemDescription& describe(ProblemCode code);

// One fault of a body: `pointer` as a URI fragment ("#/identities/3/kind").
struct Fault {
  std::string pointer;
  std::string detail;
};

struct Problem {
  ProblemCode code{};
  std::string detail;  // for the caller; names parameters, never values of other people
  std::vector<Fault> faults{};
  std::vector<std::pair<std::string, std::string>> headers{};
};

// What a failing store means to the caller. Details stay inside.
Problem problem_from(const Error& error);

net::Response problem_response(const Problem& problem, std::string_view trace_id);
// The same for a request that the listener refused with this status before anybody saw it.
net::Response listener_refusal(int status);

// The page /docs/problems.
std::string problems_page();

}  // namespace guanxi::api
