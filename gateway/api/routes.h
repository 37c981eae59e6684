// Which request goes where, what it may ask and what its key must allow.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/api/endpoints.h"

namespace guanxi::api {

struct Route {
  std::string_view method;     // "GET" also serves HEAD
  std::string_view pattern;    // "/v1/customers/{id}"
  std::optional<Scope> scope;  // nothing: no key needed
  std::vector<std::string_view> parameters;
  Outcome (*endpoint)(const Context&, const Call&);  // null: the change feed
};
std::span<const Route> routes();

struct Match {
  const Route* route = nullptr;
  std::string item;  // what stands for {…}, as sent
};
// The page /docs: what stands in routes().
std::string routes_page();

// not_found, or method_not_allowed with the header Allow.
Checked<Match> match_route(std::string_view method, std::string_view path);

}  // namespace guanxi::api
