// A MariaDB of the test's own: in a folder of its own, on a free port, durable as in production.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace guanxi::tests {

class MariadbServer {
 public:
  // Starts and waits until it takes connections. Throws std::runtime_error, naming the package when
  // the server is not installed.
  MariadbServer();
  ~MariadbServer();

  // For StoreOptions.url; the database is made when it is not there.
  std::string url(const std::string& database) const;
  // Runs statements as root.
  void run_sql(const std::string& sql) const;
  // As a power cut to the server: kill -9.
  void stop();
  // As its operator ends it: everything is in its files.
  void shut_down();
  std::string data_folder() const { return folder_.file("data"); }
  // As a disk or a network that hangs: connections stay, and nothing is answered until thaw().
  void freeze();
  void thaw();
  // Again, with the same data and the same port.
  void start();

 private:
  void install();
  bool try_start();

  TemporaryFolder folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace guanxi::tests
