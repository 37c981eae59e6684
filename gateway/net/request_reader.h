// Reads one request with Beast's parser straight into our Request.
#pragma once

#include <utility>
// Asio 1.74 uses std::exchange without including it.
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <string_view>

#include "gateway/net/http_server.h"

namespace guanxi::net {

class RequestReader : public boost::beast::http::basic_parser<true> {
 public:
  explicit RequestReader(const ServerLimits& limits);

  // Takes what it can of `data` and says how much. Afterwards is_done(), is_header_done() and
  // status() tell where it stands.
  std::size_t take(std::string_view data);
  // 0, or the status to refuse the request with.
  int status() const { return status_; }
  Request& request() { return request_; }

 private:
  using Code = boost::beast::error_code;
  using View = boost::beast::string_view;
  using Verb = boost::beast::http::verb;
  using Field = boost::beast::http::field;

  void on_request_impl(Verb verb, View method, View target, int version, Code& error) override;
  void on_response_impl(int status, View reason, int version, Code& error) override;
  void on_field_impl(Field field, View name, View value, Code& error) override;
  void on_header_impl(Code& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& size, Code& error) override;
  std::size_t on_body_impl(View body, Code& error) override;
  void on_chunk_header_impl(std::uint64_t size, View extensions, Code& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t rest, View body, Code& error) override;
  void on_finish_impl(Code& error) override;

  Request request_;
  const std::size_t most_trailer_bytes_;
  std::size_t trailer_bytes_ = 0;
  std::size_t extension_bytes_ = 0;
  int status_ = 0;
};

}  // namespace guanxi::net
