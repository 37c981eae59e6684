#include "gateway/net/request_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

namespace guanxi::net {
namespace {

namespace http = boost::beast::http;

// A length is only announced; memory follows what really arrives.
constexpr std::uint64_t kReservedBody = 16 * 1024;
constexpr std::size_t kMostExtensionBytes = 1024;
constexpr std::size_t kShortestLastChunk = 5;

std::string text(boost::beast::string_view view) { return {view.data(), view.size()}; }

}  // namespace

RequestReader::RequestReader(const ServerLimits& limits)
    : most_trailer_bytes_(limits.header_bytes) {
  header_limit(
      static_cast<std::uint32_t>(std::min<std::size_t>(limits.header_bytes, 1U << 30) + 1));
  body_limit(limits.body_bytes);
  eager(true);
}

std::size_t RequestReader::take(std::string_view data) {
  // Beast 1.74 asserts, when a last chunk's header came without its end, that the next look has the
  // whole of "0\r\n\r\n" before it. Nothing shorter ends a chunked body, so less can wait.
  if (is_header_done() && chunked() && data.size() < kShortestLastChunk) return 0;
  Code error;
  const std::size_t taken = put(boost::asio::const_buffer(data.data(), data.size()), error);
  if (error && error != http::error::need_more) {
    status_ = error == http::error::body_limit     ? 413
              : error == http::error::header_limit ? 431
                                                   : 400;
  }
  return taken;
}

void RequestReader::on_request_impl(Verb, View method, View target, int, Code&) {
  request_.method = text(method);
  request_.target = text(target);
  const std::size_t mark = request_.target.find('?');
  request_.path = request_.target.substr(0, mark);
  if (mark != std::string::npos) request_.query = request_.target.substr(mark + 1);
  request_.headers.reserve(12);
}

void RequestReader::on_response_impl(int, View, int, Code&) {}

void RequestReader::on_field_impl(Field, View name, View value, Code& error) {
  if (!is_header_done()) {
    request_.headers.emplace_back(text(name), text(value));
    return;
  }
  // Trailers come after the header is done; nobody here may mistake them for headers.
  constexpr std::size_t kBesides = 4;  // ": " and the line's end
  trailer_bytes_ += name.size() + value.size() + kBesides;
  if (trailer_bytes_ > most_trailer_bytes_) error = http::error::header_limit;
}

void RequestReader::on_header_impl(Code&) {}

void RequestReader::on_body_init_impl(const boost::optional<std::uint64_t>& size, Code&) {
  if (size) request_.body.reserve(static_cast<std::size_t>(std::min(*size, kReservedBody)));
}

std::size_t RequestReader::on_body_impl(View body, Code&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

void RequestReader::on_chunk_header_impl(std::uint64_t, View extensions, Code& error) {
  extension_bytes_ += extensions.size();
  const bool control =
      std::ranges::any_of(extensions, [](char c) { return c >= 0 && c < 0x20 && c != '\t'; });
  if (control || extension_bytes_ > kMostExtensionBytes) error = http::error::bad_chunk_extension;
}

std::size_t RequestReader::on_chunk_body_impl(std::uint64_t, View body, Code&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

void RequestReader::on_finish_impl(Code&) {}

}  // namespace guanxi::net
