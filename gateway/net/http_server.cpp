#include "gateway/net/http_server.h"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <condition_variable>
#include <functional>
#include <stdexcept>

#include "gateway/net/loops.h"
#include "gateway/net/response_text.h"
#include "gateway/net/session.h"

namespace guanxi::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;
using namespace std::chrono_literals;

tcp::endpoint parse_address(const std::string& text) {
  const auto refuse = [&text]() -> std::runtime_error {
    return std::runtime_error(
        "\"" + text + "\" is no address to listen on; write it like 0.0.0.0:8080 or [::]:8080");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) throw refuse();
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error != std::errc{} || rest != end) throw refuse();
  std::string host = text.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  Code failed;
  const auto address = asio::ip::make_address(host, failed);
  if (failed || address.is_v6() != bracketed) throw refuse();
  return {address, port};
}

std::unique_ptr<asio::ssl::context> make_tls(const ServerOptions& options) {
  if (options.tls_certificate.empty() && options.tls_key.empty()) return nullptr;
  if (options.tls_certificate.empty() || options.tls_key.empty()) {
    throw std::runtime_error("TLS needs both a certificate and a key; one of them is not set");
  }
  auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_compression);
  SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(tls->native_handle(), SSL_OP_NO_RENEGOTIATION);
  Code error;
  tls->use_certificate_chain_file(options.tls_certificate, error);
  if (error) {
    throw std::runtime_error("the TLS certificate " + options.tls_certificate +
                             " cannot be used (" + error.message() +
                             "); it must be a readable PEM file");
  }
  tls->use_private_key_file(options.tls_key, asio::ssl::context::pem, error);
  if (error) {
    throw std::runtime_error(
        "the TLS key " + options.tls_key +
        " cannot be used; it must be a readable PEM file that belongs to the certificate");
  }
  return tls;
}

}  // namespace

void check_tls(const ServerOptions& options) { static_cast<void>(make_tls(options)); }

struct Server::State : std::enable_shared_from_this<Server::State> {
  State(IoThreads::Loops& all, ServerOptions options, Handler handler);

  void listen(const std::string& address);
  asio::awaitable<void> accept();
  void admit(tcp::socket socket, Loop& loop);
  void begin();
  void finish();
  void stop_accepting();
  template <typename Action>
  void for_each_connection(Action action);
  // Whether everything has ended in time.
  bool wait(std::optional<Milliseconds> patience);

  IoThreads::Loops& loops;
  Loop& home;  // where connections are accepted
  std::shared_ptr<Service> service = std::make_shared<Service>();
  tcp::acceptor acceptor;
  std::uint16_t port = 0;
  std::atomic<std::size_t> connections{0};

  std::mutex mutex;
  std::condition_variable ended;
  std::size_t running = 0;  // connections and the accepting
};

Server::State::State(IoThreads::Loops& all, ServerOptions options, Handler handler)
    : loops(all), home(all.next()), acceptor(home.io()) {
  service->tls = make_tls(options);
  service->limits = options.limits;
  service->handler = std::move(handler);
  service->refusal = std::move(options.refusal);
  listen(options.address);
}

void Server::State::listen(const std::string& address) {
  const tcp::endpoint endpoint = parse_address(address);
  Code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (error) {
    throw std::runtime_error("cannot listen on " + address + ": " + error.message() +
                             "; stop the program that holds it or choose another address");
  }
  port = acceptor.local_endpoint().port();
}

void Server::State::begin() {
  const std::lock_guard lock(mutex);
  ++running;
}

void Server::State::finish() {
  const std::lock_guard lock(mutex);
  --running;
  // Under the lock: whoever waits may destroy nothing before this has returned.
  ended.notify_all();
}

asio::awaitable<void> Server::State::accept() {
  asio::steady_timer pause(home.io());
  while (!service->draining) {
    Loop& loop = loops.next();
    Code error;
    tcp::socket socket =
        co_await acceptor.async_accept(loop.io(), asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      admit(std::move(socket), loop);
    } else if (error == asio::error::operation_aborted || !acceptor.is_open()) {
      break;
    } else {
      // Out of file descriptors, mostly: connections that end will free some.
      pause.expires_after(50ms);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }
}

void Server::State::admit(tcp::socket socket, Loop& loop) {
  if (service->draining) return;
  if (connections >= service->limits.connections) {
    if (service->tls) return;
    Response response = service->refuse(503);
    if (!service->refusal) response.headers.emplace_back("Retry-After", "1");
    std::string text;
    write_response(response, {false, false, false}, text);
    Code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
    return;
  }
  ++connections;
  begin();
  start_session(service, loop, std::move(socket), [self = shared_from_this()] {
    --self->connections;
    self->finish();
  });
}

void Server::State::stop_accepting() {
  service->draining = true;
  asio::post(home.io(), [self = shared_from_this()] {
    Code ignored;
    self->acceptor.close(ignored);
  });
}

template <typename Action>
void Server::State::for_each_connection(Action action) {
  for (const auto& loop : loops.all) {
    // Without the state, whose acceptor belongs to one loop: this may still wait when another ends.
    asio::post(loop->io(), [service = service, &loop = *loop, action] {
      loop.for_each(service.get(), action);
    });
  }
}

bool Server::State::wait(std::optional<Milliseconds> patience) {
  std::unique_lock lock(mutex);
  const auto over = [this] { return running == 0; };
  if (patience) return ended.wait_for(lock, *patience, over);
  ended.wait(lock, over);
  return true;
}

Server::Server(IoThreads& threads, ServerOptions options, Handler handler)
    : state_(std::make_shared<State>(threads.loops(), std::move(options), std::move(handler))) {
  state_->begin();
  asio::co_spawn(
      state_->home.io(), [state = state_]() { return state->accept(); },
      [state = state_](const std::exception_ptr&) { state->finish(); });
}

Server::~Server() { drain(Milliseconds(0)); }

std::uint16_t Server::port() const { return state_->port; }

std::size_t Server::connections() const { return state_->connections; }

bool Server::drain(Milliseconds patience) {
  state_->stop_accepting();
  state_->for_each_connection([](Connection& connection) { connection.finish_if_idle(); });
  if (state_->wait(patience)) return true;
  // A connection being set up may miss the first call; none is added after the accepting has ended.
  do {
    state_->for_each_connection([](Connection& connection) { connection.cut(); });
  } while (!state_->wait(Milliseconds(50)));
  return false;
}

}  // namespace guanxi::net
