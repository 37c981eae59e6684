#include "gateway/api/problem.h"

#include <array>

#include "crypto/random.h"
#include "models/fact.h"

namespace guanxi::api {
namespace {

using models::Json;

constexpr std::array kDescriptions{
    ProblemDescription{ProblemCode::malformed_request, "malformed-request", 400,
                       "The request cannot be read", false,
                       "Encode the query by RFC 3986 and send each parameter once. With another "
                       "status the listener refused the request unread; the detail says why."},
    ProblemDescription{ProblemCode::unknown_parameter, "unknown-parameter", 400,
                       "A query parameter is not known here", false,
                       "Remove the parameter or correct its spelling; the detail names it."},
    ProblemDescription{ProblemCode::invalid_parameter, "invalid-parameter", 400,
                       "A parameter has a value that cannot be used", false,
                       "The detail names the parameter and what it takes."},
    ProblemDescription{ProblemCode::cursor_invalid, "cursor-invalid", 400,
                       "The cursor was not issued to this tenant for this list", false,
                       "Start the list again without a cursor, and pass cursors on unchanged."},
    ProblemDescription{ProblemCode::cursor_mismatch, "cursor-mismatch", 400,
                       "The cursor belongs to the same list with other filters", false,
                       "Keep all filters while paging, or start again without a cursor."},
    ProblemDescription{ProblemCode::invalid_body, "invalid-body", 400,
                       "The body does not say what this request needs", false,
                       "The members of `errors` point at each fault."},
    ProblemDescription{ProblemCode::too_many_items, "too-many-items", 400,
                       "The request asks for more than one request may", false,
                       "Split the request; the detail names the limit."},
    ProblemDescription{ProblemCode::unauthorized, "unauthorized", 401, "A valid API key is needed",
                       false, "Send `Authorization: Bearer gx_…` with a key that was not revoked."},
    ProblemDescription{ProblemCode::insufficient_scope, "insufficient-scope", 403,
                       "The API key lacks a scope", false,
                       "Use a key with the scope that the detail names."},
    ProblemDescription{ProblemCode::not_found, "not-found", 404, "There is no such thing", false,
                       "Check path and id; things of other tenants do not exist for this key."},
    ProblemDescription{ProblemCode::method_not_allowed, "method-not-allowed", 405,
                       "This resource does not take that method", false,
                       "The header Allow lists the methods."},
    ProblemDescription{ProblemCode::conflict, "conflict", 409,
                       "It is not, or cannot be, as the request takes it to be", false,
                       "The detail says why. Read again, and decide anew."},
    ProblemDescription{ProblemCode::body_too_large, "body-too-large", 413,
                       "The body is larger than accepted", false,
                       "Split the request; the detail names the limit."},
    ProblemDescription{ProblemCode::unsupported_media_type, "unsupported-media-type", 415,
                       "The body has another format than expected", false,
                       "Send `Content-Type: application/json`."},
    ProblemDescription{ProblemCode::internal_error, "internal-error", 500, "The gateway failed",
                       true, "Repeat later; give the operator the trace_id, which the log has."},
    ProblemDescription{ProblemCode::store_unavailable, "store-unavailable", 503,
                       "The store does not answer", true, "Repeat after Retry-After seconds."},
    ProblemDescription{ProblemCode::overloaded, "overloaded", 503, "Too many requests are waiting",
                       true, "Repeat after Retry-After seconds."},
};

}  // namespace

std::span<const ProblemDescription> problem_descriptions() { return kDescriptions; }

const ProblemDescription& describe(ProblemCode code) {
  const ProblemDescription& found = kDescriptions.at(static_cast<std::size_t>(code));
  GUANXI_CHECK(found.code == code);
  return found;
}

Problem problem_from(const Error& error) {
  switch (error.code) {
    case ErrorCode::malformed:
      return {ProblemCode::malformed_request, error.detail};
    case ErrorCode::not_found:
      return {ProblemCode::not_found, "no such thing"};
    case ErrorCode::conflict:
      return {ProblemCode::conflict, "changed meanwhile"};
    case ErrorCode::unavailable:
    case ErrorCode::rate_limited:
      return {ProblemCode::store_unavailable, "the store does not answer"};
    case ErrorCode::unauthenticated:
    case ErrorCode::unsupported:
      break;
  }
  return {ProblemCode::internal_error, "unexpected failure"};
}

namespace {

ProblemCode code_of_refusal(int status) {
  if (status == 413) return ProblemCode::body_too_large;
  if (status == 503) return ProblemCode::overloaded;
  return status == 500 ? ProblemCode::internal_error : ProblemCode::malformed_request;
}

std::string_view detail_of_refusal(int status) {
  switch (status) {
    case 408:
      return "the request took too long to arrive";
    case 413:
      return "the body is larger than this server accepts";
    case 414:
      return "the request's target is too long";
    case 431:
      return "the request's headers are too large";
    case 500:
    case 503:
      return "the gateway cannot answer now";
    default:
      return "the request is not HTTP/1.1 as this server reads it";
  }
}

net::Response response_of(const Problem& problem, int status, std::string_view trace_id) {
  const ProblemDescription& description = describe(problem.code);
  Json body{{"type", "/docs/problems#" + std::string(description.name)},
            {"title", description.title},
            {"status", status},
            {"detail", problem.detail},
            {"code", description.name},
            {"retryable", description.retryable},
            {"trace_id", trace_id}};
  for (const Fault& fault : problem.faults) {
    body["errors"].push_back({{"pointer", fault.pointer}, {"detail", fault.detail}});
  }
  net::Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.headers = problem.headers;
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

}  // namespace

net::Response problem_response(const Problem& problem, std::string_view trace_id) {
  return response_of(problem, describe(problem.code).status, trace_id);
}

net::Response listener_refusal(int status) {
  const std::string trace_id = crypto::random_token(12);
  const Problem problem{code_of_refusal(status), std::string(detail_of_refusal(status))};
  net::Response response = response_of(problem, status, trace_id);
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("X-Request-Id", trace_id);
  response.close = true;
  return response;
}

std::string problems_page() {
  std::string page =
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Guanxi: problems</title>"
      "<h1>Problems</h1><p>What the <code>code</code> of an error means and what to do.</p><dl>";
  for (const ProblemDescription& problem : kDescriptions) {
    const std::string name(problem.name);
    page += "<dt id=\"" + name + "\"><code>" + name + "</code> (" + std::to_string(problem.status) +
            ")</dt><dd>" + std::string(problem.title) + ". " + std::string(problem.cure) + "</dd>";
  }
  return page + "</dl></html>";
}

}  // namespace guanxi::api
