// A client that sends exactly the bytes it is told to, for tests of servers. Every wait is bounded;
// a server that does not answer shows as an absent response.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace guanxi::test {

struct RawResponse {
  int status = 0;
  std::string head;  // status line and headers
  std::string body;

  // Lower-case name; empty when absent.
  std::string header(std::string_view name) const {
    std::string lower;
    for (const char c : head) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const std::string key = std::string("\r\n").append(name).append(": ");
    const std::size_t at = lower.find(key);
    if (at == std::string::npos) return {};
    const std::size_t start = at + key.size();
    return head.substr(start, head.find("\r\n", start) - start);
  }
};

class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawConnection() { ::close(socket_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  bool connected() const { return connected_; }
  int native() const { return socket_; }

  // False when the other side has gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void finish_sending() { ::shutdown(socket_, SHUT_WR); }

  // The next response; nothing when the connection ends or stays silent before it is whole.
  std::optional<RawResponse> read(bool bodiless = false) {
    std::size_t end;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return std::nullopt;
    }
    RawResponse response;
    response.head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    if (response.head.size() > 12) response.status = std::atoi(response.head.c_str() + 9);
    const std::string length = response.header("content-length");
    const std::size_t size = bodiless ? 0 : static_cast<std::size_t>(std::atol(length.c_str()));
    while (buffer_.size() < size) {
      if (!receive()) return std::nullopt;
    }
    response.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return response;
  }

  // Waits until the other side ends the connection; false when it sends more or stays.
  bool closed() {
    if (!buffer_.empty()) return false;
    return !receive() && ended_;
  }

 private:
  static constexpr int kPatience = 20'000;

  bool receive() {
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, kPatience) != 1) return false;
    std::array<char, 16384> bytes;
    const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (size <= 0) {
      ended_ = true;
      return false;
    }
    buffer_.append(bytes.data(), static_cast<std::size_t>(size));
    return true;
  }

  int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string buffer_;
};

// One exchange on a connection of its own.
inline std::optional<RawResponse> ask(std::uint16_t port, std::string_view request) {
  RawConnection connection(port);
  if (!connection.connected() || !connection.send(request)) return std::nullopt;
  return connection.read();
}

}  // namespace guanxi::test
