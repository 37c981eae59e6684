// HTTP client over cpprestsdk: bounded time and size, TLS verified, no redirects followed.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/result.h"
#include "models/time.h"

namespace guanxi::net {

struct ClientRequest {
  std::string method;
  std::string url;  // http:// or https://
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Milliseconds timeout{10'000};
  std::size_t max_body = 8 * 1024 * 1024;
};

struct ClientResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// Reuses connections per host. Any thread.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // Blocks. `unavailable` when there is no whole answer in time; the detail names host and cause,
  // never the query (it may carry a token).
  virtual Result<ClientResponse> send(const ClientRequest& request) = 0;
};

std::unique_ptr<HttpClient> make_http_client();

}  // namespace guanxi::net
