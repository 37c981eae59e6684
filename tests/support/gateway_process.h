// The real gateway as a child process, over HTTP, as its users have it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "adapters/adapter.h"
#include "adapters/registry.h"
#include "gateway/net/http_client.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace guanxi::tests {

using models::Json;

struct GatewaySetup {
  std::string store_url;       // empty: SQLite in the test's folder
  std::string api_base;        // empty: nobody answers platform calls
  std::string more_server;     // further lines of [server]
  std::string rules_dir = {};  // empty: the built-in packs alone
  std::string channels = {};   // further channels, as the configuration file writes them
};

class GatewayProcess {
 public:
  explicit GatewayProcess(GatewaySetup setup);

  // Starts, and waits until it serves.
  void start();
  // As a power cut to the process: kill -9.
  void kill();
  // SIGHUP.
  void reload();
  // SIGTERM; the exit code.
  int stop();

  std::uint16_t public_port() const { return public_port_; }
  std::uint16_t private_port() const { return private_port_; }
  // A key with all scopes of step 1.
  const std::string& key();
  // GET on the private listener; throws unless 200.
  Json get(const std::string& target);
  // All items of a paged list, following next_cursor.
  Json get_all(const std::string& target);
  // Waits until nothing waits to be worked.
  void await_worked();
  // Runs another command of the binary with this gateway's configuration; its stdout.
  std::string run(const std::vector<std::string>& arguments, int expected_code = 0);
  std::string log() const;
  const TemporaryFolder& folder() const { return folder_; }

  // The request of a signed and encrypted callback with this plaintext, ready for a socket.
  std::string callback_request(const std::string& payload, int number) const;

 private:
  std::string config_file() const { return folder_.file("guanxi.toml"); }

  TemporaryFolder folder_;
  std::unique_ptr<Process> process_;
  std::uint16_t public_port_ = 0;
  std::uint16_t private_port_ = 0;
  std::string key_;
  adapters::Registry registry_;
  std::shared_ptr<const adapters::Adapter> adapter_;
  std::unique_ptr<net::HttpClient> client_;
};

// Posts requests over one keep-alive connection until the server is gone. Not for several threads.
class CallbackConnection {
 public:
  explicit CallbackConnection(std::uint16_t port);
  ~CallbackConnection();
  CallbackConnection(const CallbackConnection&) = delete;
  CallbackConnection& operator=(const CallbackConnection&) = delete;

  // The status answered; 0 when the connection ended first.
  int post(const std::string& request);

 private:
  int socket_ = -1;
};

}  // namespace guanxi::tests
