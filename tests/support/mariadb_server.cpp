#include "tests/support/mariadb_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace guanxi::tests {
namespace {

constexpr const char* kServer = "/usr/sbin/mariadbd";
constexpr const char* kInstall = "/usr/bin/mariadb-install-db";
constexpr const char* kClient = "/usr/bin/mariadb";
// With characters that a URL must escape.
constexpr const char* kPassword = "p@ss/w:rd%";
constexpr const char* kEscapedPassword = "p%40ss%2Fw%3Ard%25";

void require(const char* program, const char* package) {
  if (!std::filesystem::exists(program)) {
    throw std::runtime_error(std::string(program) + " is missing: install the package " + package);
  }
}

std::uint16_t free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, generic, size) != 0 || ::getsockname(listener, generic, &size) != 0) {
    throw std::runtime_error("no free port");
  }
  ::close(listener);
  return ntohs(address.sin_port);
}

// Runs the words by a shell, so that stderr can be read too.
std::vector<std::string> with_errors(std::vector<std::string> words) {
  if (::geteuid() == 0) words.push_back("--user=root");
  std::string command = "exec";
  for (const std::string& word : words) command.append(" ").append(word);
  return {"/bin/sh", "-c", command.append(" 2>&1")};
}

}  // namespace

MariadbServer::MariadbServer() {
  require(kServer, "mariadb-server");
  require(kInstall, "mariadb-server");
  require(kClient, "mariadb-client");
  install();
  for (int attempt = 0; attempt < 5 && !process_; ++attempt) {
    port_ = free_port();
    if (!try_start()) process_.reset();
  }
  if (!process_) throw std::runtime_error("mariadbd does not start");
}

MariadbServer::~MariadbServer() { stop(); }

std::string MariadbServer::url(const std::string& database) const {
  run_sql("CREATE DATABASE IF NOT EXISTS " + database);
  return "mysql://guanxi:" + std::string(kEscapedPassword) + "@127.0.0.1:" + std::to_string(port_) +
         "/" + database;
}

void MariadbServer::stop() {
  if (!process_) return;
  process_->send_signal(SIGKILL);
  process_->wait();
  process_.reset();
}

void MariadbServer::shut_down() {
  process_->send_signal(SIGTERM);
  process_->wait();
  process_.reset();
}

void MariadbServer::freeze() { process_->send_signal(SIGSTOP); }

void MariadbServer::thaw() { process_->send_signal(SIGCONT); }

void MariadbServer::start() {
  if (!try_start()) throw std::runtime_error("mariadbd does not start again");
}

void MariadbServer::install() {
  const std::string data = "--datadir=" + folder_.file("data");
  Process install(with_errors({kInstall, "--no-defaults", data, "--skip-test-db",
                               "--tmpdir=" + folder_.path().string(),
                               "--auth-root-authentication-method=normal"}),
                  folder_.file("install.log"));
  std::string said;
  while (const auto line = install.read_line()) said += *line + "\n";
  if (install.wait() != 0) throw std::runtime_error("mariadb-install-db: " + said);
  std::ofstream(folder_.file("init.sql"))
      << "CREATE USER IF NOT EXISTS guanxi@'127.0.0.1' IDENTIFIED BY '" << kPassword << "';\n"
      << "GRANT ALL ON *.* TO guanxi@'127.0.0.1';\n";
}

// Reads the server's log until it says that it is ready, or ends.
bool MariadbServer::try_start() {
  const std::vector<std::string> words{kServer,
                                       "--no-defaults",
                                       "--datadir=" + folder_.file("data"),
                                       "--tmpdir=" + folder_.path().string(),
                                       "--socket=" + folder_.file("socket"),
                                       "--pid-file=" + folder_.file("pid"),
                                       "--init-file=" + folder_.file("init.sql"),
                                       "--bind-address=127.0.0.1",
                                       "--port=" + std::to_string(port_),
                                       "--skip-name-resolve",
                                       "--server-id=1",
                                       "--log-bin=binlog",
                                       "--sync-binlog=1",
                                       "--innodb-flush-log-at-trx-commit=1",
                                       "--innodb-buffer-pool-size=256M",
                                       "--innodb-file-per-table=0",
                                       "--innodb-log-file-size=256M",
                                       "--log-warnings=0"};
  process_ = std::make_unique<Process>(with_errors(words), folder_.file("server.log"));
  while (const auto line = process_->read_line()) {
    if (line->find("ready for connections") != std::string::npos) return true;
  }
  return false;
}

void MariadbServer::run_sql(const std::string& sql) const {
  Process client({kClient, "--no-defaults", "--socket=" + folder_.file("socket"), "--user=root",
                  "--execute=" + sql},
                 folder_.file("client.log"));
  if (client.wait() != 0) throw std::runtime_error("mariadb refuses: " + sql);
}

}  // namespace guanxi::tests
