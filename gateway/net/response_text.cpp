#include "gateway/net/response_text.h"

#include <array>
#include <charconv>

#include "gateway/net/request_head.h"

namespace guanxi::net {
namespace {

struct Phrase {
  int status;
  std::string_view text;
};

constexpr Phrase kPhrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

std::string_view phrase(int status) {
  for (const Phrase& known : kPhrases) {
    if (known.status == status) return known.text;
  }
  return "Unknown";
}

void append_number(std::size_t number, std::string& out) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_field(std::string_view name, std::string_view value, std::string& out) {
  const std::size_t start = out.size();
  out.append(name).append(": ").append(value);
  for (std::size_t i = start; i < out.size(); ++i) {
    const auto byte = static_cast<unsigned char>(out[i]);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7F) out[i] = ' ';
  }
  out += "\r\n";
}

bool changes_framing(std::string_view name) {
  return equal_ignoring_case(name, "content-length") || equal_ignoring_case(name, "connection") ||
         equal_ignoring_case(name, "transfer-encoding");
}

}  // namespace

void write_response(const Response& response, const ResponseFraming& framing, std::string& out) {
  // RFC 9110, 8.6: these have no body and must not, or need not, tell its length.
  const bool bodiless = response.status == 204 || response.status == 304;
  out.reserve(out.size() + 160 + response.body.size());
  if (response.status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
  } else {
    out += "HTTP/1.1 ";
    append_number(static_cast<std::size_t>(response.status), out);
    out.append(" ").append(phrase(response.status)).append("\r\n");
  }
  if (!bodiless) {
    out += "Content-Length: ";
    append_number(response.body.size(), out);
    out += "\r\n";
  }
  if (!response.content_type.empty()) append_field("Content-Type", response.content_type, out);
  for (const auto& [name, value] : response.headers) {
    if (!changes_framing(name)) append_field(name, value, out);
  }
  if (!framing.keep_alive) {
    out += "Connection: close\r\n";
  } else if (framing.old) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  if (!bodiless && !framing.without_body) out += response.body;
}

Response refusal(int status) {
  Response response;
  response.status = status;
  response.content_type = "text/plain";
  response.body.append(phrase(status)).append("\n");
  response.close = true;
  return response;
}

}  // namespace guanxi::net
