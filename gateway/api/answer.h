// How data becomes an answer.
#pragma once

#include <string>
#include <string_view>

#include "gateway/api/endpoints.h"
#include "models/fact.h"

namespace guanxi::api {

using models::Json;

// UTF-8 JSON; text that is not UTF-8 is repaired, not fatal.
std::string json_text(const Json& json);
net::Response json_response(const Json& json);

// One page of a list: {"data","next_cursor"} and, unless the last, a Link header.
net::Response page_response(const Call& call, Json data, const std::string& next_cursor);

// The body as JSON: an object, of bounded depth, sent as application/json.
Checked<Json> read_body(const net::Request& request);

// Unwraps a store's answer or returns its problem.
template <typename T>
Checked<T> checked(Result<T> result) {
  if (!result) return tl::unexpected(problem_from(result.error()));
  return std::move(*result);
}

}  // namespace guanxi::api
