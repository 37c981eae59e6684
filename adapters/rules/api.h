// The API side of a pack: requests made from templates, answers judged and paged.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/adapter.h"
#include "adapters/rules/plan.h"

namespace guanxi::adapters::rules {

// A request without its token. `malformed` names an argument or setting that is missing.
Result<ApiRequest> build_request(const RequestPlan& plan, const Settings& settings,
                                 const Json& arguments, std::string_view page, Time now);
// The request of a call: checks its batch, puts the token where it goes.
Result<ApiRequest> build_call(const ApiPlan& api, const CallPlan& call, const Settings& settings,
                              const Json& arguments, std::string_view page, std::string_view token,
                              Time now);
// What a signature of the whole request sees of it, and where the signature goes.
Callback as_callback(const ApiRequest& request);
Result<void> put_signature(const SignPlan& plan, const std::string& signature, ApiRequest& request);

Result<Token> read_token(const TokenPlan& plan, const Json& answer);

// What an answer's error, if any, says to do. Never quotes tokens or phones.
ApiVerdict judge_answer(const ErrorPlan& errors, const ApiResponse& response, Time now);
// The same of a body alone that came with HTTP 200.
ApiVerdict judge_body(const ErrorPlan& errors, const Json& body);

// The cursor of the page behind this one; empty when it is the last. `asked` is the page that this
// answers, as `$page` was.
std::string next_page(const PagePlan& plan, const Json& answer, std::string_view asked);

// The cursor at which the next run of the call begins; empty unless the plan keeps it.
std::string kept_page(const PagePlan& plan, const Json& answer);

// RFC 3986: everything but unreserved characters.
std::string url_encode(std::string_view text);

}  // namespace guanxi::adapters::rules
