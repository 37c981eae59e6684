#include "gateway/net/http_client.h"

#include <cpprest/http_client.h>
#include <pplx/threadpool.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "gateway/net/request_head.h"

namespace guanxi::net {
namespace {

using web::http::client::http_client;
using web::http::client::http_client_config;

// The library's own timeout counts silence, not the whole call; it ends what we no longer wait for.
constexpr std::chrono::seconds kSilence{60};
constexpr std::size_t kMostClients = 256;
constexpr std::size_t kThreads = 2;

// Where the library leaves the outcome; the first one counts. Outlives the caller that gave up.
struct Outcome {
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
  ClientResponse response;
  std::string failure;  // empty: `response` is whole

  void succeed(ClientResponse whole) {
    const std::lock_guard lock(mutex);
    if (over) return;
    response = std::move(whole);
    over = true;
    changed.notify_all();
  }
  void fail(std::string cause) {
    const std::lock_guard lock(mutex);
    if (over) return;
    failure = std::move(cause);
    over = true;
    changed.notify_all();
  }
};

constexpr const char* kTooLarge = "the answer is larger than the limit";

void start_threads() {
  static std::once_flag once;
  std::call_once(once, [] {
    try {
      // The library would start 40 threads.
      crossplat::threadpool::initialize_with_threads(kThreads);
    } catch (const std::exception&) {
      // Somebody in this process was first; their pool serves as well.
    }
  });
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; });
}

// Scheme, host and port of an address we are willing to call, with the rest of it.
struct Target {
  std::string base;
  std::string host;
  std::string resource;
};

std::optional<Target> parse_target(const std::string& url) {
  try {
    const web::uri uri(url);
    const bool known = uri.scheme() == "http" || uri.scheme() == "https";
    if (!known || uri.host().empty() || !uri.user_info().empty()) return std::nullopt;
    std::string base = uri.scheme() + "://" + uri.host();
    if (uri.port() > 0) base += ":" + std::to_string(uri.port());
    std::string resource = uri.path();
    if (!uri.query().empty()) resource += "?" + uri.query();
    return Target{std::move(base), uri.host(), std::move(resource)};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

web::http::http_request make_request(const ClientRequest& request, const std::string& resource) {
  web::http::http_request made(request.method);
  made.set_request_uri(web::uri(resource));
  for (const auto& [name, value] : request.headers) made.headers().add(name, value);
  if (!request.body.empty()) {
    made.set_body(std::vector<unsigned char>(request.body.begin(), request.body.end()));
  }
  return made;
}

// Ends the request as soon as more than `limit` bytes of the answer have come. Cancelling closes
// the connection; failing alone would leave it, half read, for the next request.
void limit_answer(web::http::http_request& request, std::size_t limit,
                  std::shared_ptr<Outcome> outcome, pplx::cancellation_token_source cancel) {
  request.set_progress_handler(
      [limit, outcome = std::move(outcome), cancel = std::move(cancel)](
          web::http::message_direction::direction direction, std::uint64_t bytes) {
        if (direction != web::http::message_direction::download || bytes <= limit) return;
        outcome->fail(kTooLarge);
        cancel.cancel();
        throw std::length_error(kTooLarge);
      });
}

ClientResponse to_response(const web::http::http_response& response,
                           const std::vector<unsigned char>& body) {
  ClientResponse made;
  made.status = response.status_code();
  for (const auto& [name, value] : response.headers()) made.headers.emplace_back(name, value);
  made.body.assign(body.begin(), body.end());
  return made;
}

// An answer without length ends with its connection, which the library would nevertheless use again
// and then wait on for ever.
bool ended_with_connection(const ClientResponse& response) {
  return std::ranges::none_of(response.headers, [](const auto& header) {
    return equal_ignoring_case(header.first, "content-length") ||
           equal_ignoring_case(header.first, "transfer-encoding");
  });
}

pplx::task<ClientResponse> whole_answer(const web::http::http_response& response,
                                        std::size_t limit) {
  if (response.headers().content_length() > limit) {
    return pplx::task_from_exception<ClientResponse>(std::length_error(kTooLarge));
  }
  return response.extract_vector().then([response, limit](const std::vector<unsigned char>& body) {
    if (body.size() > limit) throw std::length_error(kTooLarge);
    return to_response(response, body);
  });
}

class CpprestClient final : public HttpClient {
 public:
  CpprestClient() { start_threads(); }

  Result<ClientResponse> send(const ClientRequest& request) override {
    const auto target = parse_target(request.url);
    if (!target)
      return guanxi::fail(ErrorCode::malformed, "the address to call is no http or https URL");
    if (!is_token(request.method)) {
      return guanxi::fail(ErrorCode::malformed, "the method for " + target->host + " is not valid");
    }
    for (const auto& [name, value] : request.headers) {
      if (!is_token(name) || has_control(value)) {
        return guanxi::fail(ErrorCode::malformed, "a header for " + target->host + " is not valid");
      }
    }
    try {
      return call(request, *target);
    } catch (const std::exception&) {
      return guanxi::fail(ErrorCode::unavailable, target->host + " could not be called");
    }
  }

 private:
  Result<ClientResponse> call(const ClientRequest& request, const Target& target) {
    const auto outcome = std::make_shared<Outcome>();
    const auto client = client_for(target.base);
    const pplx::cancellation_token_source cancel = start(request, target, client, outcome);

    std::unique_lock lock(outcome->mutex);
    const bool over =
        outcome->changed.wait_for(lock, request.timeout, [&] { return outcome->over; });
    if (over && outcome->failure.empty()) {
      if (ended_with_connection(outcome->response)) forget(target.base, client);
      return std::move(outcome->response);
    }
    std::string cause = over
                            ? outcome->failure
                            : "no answer within " + std::to_string(request.timeout.count()) + " ms";
    lock.unlock();
    if (cause.find("SSL handshake") != std::string::npos) {
      cause += "; a certificate is trusted if SSL_CERT_FILE or the system's store vouches for it";
    }
    cancel.cancel();
    forget(target.base, client);
    return guanxi::fail(ErrorCode::unavailable, target.host + ": " + cause);
  }

  static pplx::cancellation_token_source start(const ClientRequest& request, const Target& target,
                                               const std::shared_ptr<http_client>& client,
                                               const std::shared_ptr<Outcome>& outcome) {
    const pplx::cancellation_token_source cancel;
    web::http::http_request made = make_request(request, target.resource);
    limit_answer(made, request.max_body, outcome, cancel);
    client->request(made, cancel.get_token())
        .then([limit = request.max_body](const web::http::http_response& response) {
          return whole_answer(response, limit);
        })
        // The last continuation looks at every failure: one that nobody saw would end the process.
        .then([outcome, client](const pplx::task<ClientResponse>& task) {
          try {
            outcome->succeed(task.get());
          } catch (const std::exception& error) {
            outcome->fail(error.what());
          } catch (...) {
            outcome->fail("unknown failure");
          }
        });
    return cancel;
  }

  std::shared_ptr<http_client> client_for(const std::string& base) {
    const std::lock_guard lock(mutex_);
    if (const auto found = clients_.find(base); found != clients_.end()) return found->second;
    if (clients_.size() >= kMostClients) clients_.clear();
    http_client_config config;
    config.set_timeout(kSilence);
    config.set_max_redirects(0);
    auto client = std::make_shared<http_client>(base, config);
    clients_.emplace(base, client);
    return client;
  }

  // The library may keep a connection whose answer it could not read; they end with the client.
  void forget(const std::string& base, const std::shared_ptr<http_client>& client) {
    const std::lock_guard lock(mutex_);
    const auto found = clients_.find(base);
    if (found != clients_.end() && found->second == client) clients_.erase(found);
  }

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<http_client>> clients_;
};

}  // namespace

std::unique_ptr<HttpClient> make_http_client() { return std::make_unique<CpprestClient>(); }

}  // namespace guanxi::net
