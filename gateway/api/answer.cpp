#include "gateway/api/answer.h"

#include <algorithm>
#include <cctype>

namespace guanxi::api {
namespace {

constexpr int kDeepest = 32;

bool is_too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepest) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

bool is_json_type(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  std::ranges::transform(type, type.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return type.empty() || type == "application/json";
}

}  // namespace

std::string json_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

net::Response json_response(const Json& json) {
  net::Response response;
  response.content_type = "application/json";
  response.body = json_text(json);
  return response;
}

net::Response page_response(const Call& call, Json data, const std::string& next_cursor) {
  net::Response response =
      json_response({{"data", std::move(data)},
                     {"next_cursor", next_cursor.empty() ? Json(nullptr) : Json(next_cursor)}});
  if (!next_cursor.empty()) {
    response.headers.emplace_back("Link", '<' + call.request.path + '?' +
                                              call.parameters.with_cursor(next_cursor) +
                                              ">; rel=\"next\"");
  }
  return response;
}

Checked<Json> read_body(const net::Request& request) {
  if (!is_json_type(request.header("Content-Type"))) {
    return tl::unexpected(
        Problem{ProblemCode::unsupported_media_type, "the body must be application/json"});
  }
  const auto invalid = [](std::string detail) {
    return tl::unexpected(Problem{ProblemCode::invalid_body, detail, {{"#", detail}}});
  };
  if (is_too_deep(request.body)) return invalid("the body is nested too deeply");
  Json body = Json::parse(request.body, nullptr, false);
  if (body.is_discarded()) return invalid("the body is not JSON");
  if (!body.is_object()) return invalid("the body must be a JSON object");
  return body;
}

}  // namespace guanxi::api
