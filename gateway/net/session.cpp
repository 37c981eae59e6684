#include "gateway/net/session.h"

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>

#include "gateway/net/stream_session.h"

namespace guanxi::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;
using namespace std::chrono_literals;

constexpr std::size_t kReadAtLeast = 2048;
// How long, and for how many bytes, a client is heard out after the last answer: closing with
// unread bytes would reset the connection and take the answer with it.
constexpr auto kLinger = 1s;
constexpr std::size_t kLingerBytes = 4 * 1024 * 1024;
// Results of receive() besides 0, a whole request, and the statuses to refuse with.
constexpr int kOver = -1;

template <typename Stream>
Stream make_stream(tcp::socket socket, Service& service) {
  if constexpr (std::is_same_v<Stream, tcp::socket>) {
    return socket;
  } else {
    return Stream(std::move(socket), *service.tls);
  }
}

}  // namespace

template <typename Stream>
Session<Stream>::Session(std::shared_ptr<Service> service, Loop& loop, tcp::socket accepted)
    : service_(std::move(service)),
      loop_(loop),
      stream_(make_stream<Stream>(std::move(accepted), *service_)),
      exchange_(std::make_shared<Exchange>(loop.mailbox(), *this)) {
  Code ignored;
  socket().set_option(tcp::no_delay(true), ignored);
  socket().non_blocking(true, ignored);
  const auto endpoint = socket().remote_endpoint(ignored);
  if (!ignored) remote_ = endpoint.address().to_string(ignored);
  loop_.add(*this, service_->tick());
}

template <typename Stream>
Session<Stream>::~Session() {
  exchange_->end();
  loop_.remove(*this);
}

template <typename Stream>
tcp::socket& Session<Stream>::socket() {
  if constexpr (kTls) {
    return stream_.next_layer();
  } else {
    return stream_;
  }
}

template <typename Stream>
asio::awaitable<void> Session<Stream>::run() {
  const bool ready = co_await handshake();
  while (ready && !cut_) {
    const int status = co_await receive_request();
    if (status == kOver) break;
    if (status != 0) {
      co_await refuse(status);
      break;
    }
    const bool stays = co_await answer();
    if (!stays) break;
  }
  co_await finish();
}

template <typename Stream>
asio::awaitable<bool> Session<Stream>::handshake() {
  if constexpr (kTls) {
    set_deadline(service_->limits.request_time);
    Code error;
    co_await stream_.async_handshake(asio::ssl::stream_base::server,
                                     asio::redirect_error(asio::use_awaitable, error));
    if (error) cut_ = true;
  }
  co_return !cut_;
}

// False when the connection has ended or the time is up.
template <typename Stream>
asio::awaitable<bool> Session<Stream>::read_more() {
  char* const room = buffer_.room(kReadAtLeast);
  Code error;
  const std::size_t size =
      co_await stream_.async_read_some(asio::mutable_buffer(room, buffer_.room_size()),
                                       asio::redirect_error(asio::use_awaitable, error));
  buffer_.filled(size);
  co_return !error && !timed_out_ && !cut_;
}

template <typename Stream>
asio::awaitable<int> Session<Stream>::receive_request() {
  if (buffer_.empty()) {
    if (service_->draining) co_return kOver;
    idle_ = true;
    set_deadline(service_->limits.idle_time);
    const bool more = co_await read_more();
    idle_ = false;
    if (!more) co_return kOver;
  }
  set_deadline(service_->limits.request_time);
  int status = co_await receive_head();
  if (status == 0 && !reader_->is_done()) status = co_await receive_body();
  deadline = SteadyTime::max();
  co_return status;
}

template <typename Stream>
asio::awaitable<int> Session<Stream>::receive_head() {
  const HeadLimits limits{service_->limits.target_bytes, service_->limits.header_bytes};
  HeadScan scan;
  bool skipped = false;
  for (;;) {
    const HeadScan::Found found = scan.scan(buffer_.data());
    if (found == HeadScan::Found::malformed) co_return 400;
    if (found == HeadScan::Found::end) {
      if (!scan.in_first_line()) break;
      // One empty line before a request is forgiven (RFC 9112, 2.2).
      if (skipped) co_return 400;
      skipped = true;
      buffer_.consume(scan.end());
      scan = HeadScan();
      continue;
    }
    const int status = check_partial_head(buffer_.data(), scan.in_first_line(), limits);
    if (status != 0) co_return status;
    const bool more = co_await read_more();
    if (!more) co_return timed_out_ ? 408 : kOver;
  }
  const std::string_view head = buffer_.data().substr(0, scan.end());
  head_ = check_head(head, limits);
  if (head_.status != 0) co_return head_.status;
  reader_.emplace(service_->limits);
  buffer_.consume(reader_->take(head));
  co_return reader_->status();
}

template <typename Stream>
asio::awaitable<int> Session<Stream>::receive_body() {
  bool announced = !head_.expects_continue || !buffer_.empty();
  for (;;) {
    buffer_.consume(reader_->take(buffer_.data()));
    if (reader_->status() != 0 || reader_->is_done()) co_return reader_->status();
    // What stays behind is a chunk's header or trailers.
    if (buffer_.data().size() > service_->limits.header_bytes) co_return 431;
    if (!announced) {
      announced = true;
      const bool sent = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
      if (!sent) co_return kOver;
      set_deadline(service_->limits.request_time);
    }
    const bool more = co_await read_more();
    if (!more) co_return timed_out_ ? 408 : kOver;
  }
}

template <typename Stream>
void Session<Stream>::call_handler() {
  Request request = std::move(reader_->request());
  request.remote = remote_;
  const Respond respond = exchange_->open();
  in_handler_ = true;
  try {
    service_->handler(std::move(request), respond);
  } catch (const std::exception&) {
    respond(service_->refuse(500));
  }
  in_handler_ = false;
}

// Whether the connection stays.
template <typename Stream>
asio::awaitable<bool> Session<Stream>::answer() {
  const bool without_body = reader_->request().method == "HEAD";
  call_handler();
  if (!response_) co_await wait_for_response();
  if (!response_) co_return false;
  const Response response = std::move(*response_);
  response_.reset();
  const bool stays = head_.keep_alive && !response.close && !service_->draining;
  linger_ = !stays;
  const bool sent = co_await send(response, {stays, head_.old, without_body});
  co_return sent&& stays;
}

template <typename Stream>
asio::awaitable<bool> Session<Stream>::refuse(int status) {
  timed_out_ = false;
  linger_ = true;
  const Response response = service_->refuse(status);
  co_return co_await send(response, {false, false, false});
}

template <typename Stream>
asio::awaitable<bool> Session<Stream>::send(const Response& response,
                                            const ResponseFraming& framing) {
  out_.clear();
  write_response(response, framing, out_);
  const bool sent = co_await write(out_);
  // One large answer must not bind its memory to the connection.
  if (out_.capacity() > 64 * 1024) std::string().swap(out_);
  co_return sent;
}

template <typename Stream>
asio::awaitable<bool> Session<Stream>::write(std::string_view bytes) {
  Code error;
  if constexpr (!kTls) {
    // Nearly always the socket takes everything at once, without a turn through the loop.
    bytes.remove_prefix(socket().write_some(asio::const_buffer(bytes.data(), bytes.size()), error));
    if (error && error != asio::error::would_block) co_return false;
  }
  while (!bytes.empty()) {
    set_deadline(service_->limits.idle_time);
    const std::size_t size =
        co_await stream_.async_write_some(asio::const_buffer(bytes.data(), bytes.size()),
                                          asio::redirect_error(asio::use_awaitable, error));
    if (error || timed_out_ || cut_) {
      cut_ = true;
      co_return false;
    }
    bytes.remove_prefix(size);
  }
  co_return true;
}

template <typename Stream>
asio::awaitable<void> Session<Stream>::wait_for_response() {
  return asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [this](auto handler) {
        waiter_ = std::make_unique<WaiterOf<decltype(handler)>>(std::move(handler));
      },
      asio::use_awaitable);
}

template <typename Stream>
void Session<Stream>::receive(Response response) {
  response_ = std::move(response);
  if (const auto waiter = std::move(waiter_)) waiter->resume();
}

template <typename Stream>
asio::awaitable<void> Session<Stream>::finish() {
  Code error;
  if (cut_) co_return;
  set_deadline(kLinger);
  if constexpr (kTls) {
    co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
  }
  if (!linger_) co_return;
  socket().shutdown(tcp::socket::shutdown_send, error);
  std::size_t heard = 0;
  while (!error && !timed_out_ && !cut_ && heard < kLingerBytes) {
    char* const room = buffer_.room(kReadAtLeast);
    heard += co_await socket().async_read_some(asio::mutable_buffer(room, buffer_.room_size()),
                                               asio::redirect_error(asio::use_awaitable, error));
  }
}

template <typename Stream>
void Session<Stream>::expire() {
  timed_out_ = true;
  deadline = SteadyTime::max();
  Code ignored;
  socket().cancel(ignored);
}

template <typename Stream>
void Session<Stream>::finish_if_idle() {
  Code error;
  // What has arrived already is still answered.
  if (idle_ && socket().available(error) == 0) socket().cancel(error);
}

template <typename Stream>
void Session<Stream>::cut() {
  cut_ = true;
  Code ignored;
  socket().close(ignored);
  if (const auto waiter = std::move(waiter_)) waiter->resume();
}

namespace {

template <typename Stream>
asio::awaitable<void> run_session(std::shared_ptr<Service> service, Loop& loop,
                                  tcp::socket socket) {
  Session<Stream> session(std::move(service), loop, std::move(socket));
  co_await session.run();
}

}  // namespace

std::chrono::milliseconds Service::tick() const {
  return std::clamp(std::min(limits.request_time, limits.idle_time) / 10, Milliseconds(5),
                    Milliseconds(500));
}

Response Service::refuse(int status) const {
  return refusal ? refusal(status) : net::refusal(status);
}

void start_session(std::shared_ptr<Service> service, Loop& loop, tcp::socket socket,
                   std::function<void()> ended) {
  const bool tls = service->tls != nullptr;
  // A connection's failure, memory exhausted for instance, ends that connection only.
  auto done = [ended = std::move(ended)](const std::exception_ptr&) { ended(); };
  if (tls) {
    asio::co_spawn(
        loop.io(),
        run_session<asio::ssl::stream<tcp::socket>>(std::move(service), loop, std::move(socket)),
        std::move(done));
  } else {
    asio::co_spawn(loop.io(), run_session<tcp::socket>(std::move(service), loop, std::move(socket)),
                   std::move(done));
  }
}

}  // namespace guanxi::net
