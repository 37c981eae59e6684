// The newcomer's first command, scripts/run, as a newcomer uses it.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

using namespace guanxi::tests;

namespace {

// A socket on a port of its own. While it listens the port is taken.
class Port {
 public:
  Port() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address_), size) == 0);
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address_), &size) == 0);
  }
  ~Port() { ::close(socket_); }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  void take() const { REQUIRE(::listen(socket_, 1) == 0); }
  std::string number() const { return std::to_string(ntohs(address_.sin_port)); }

 private:
  int socket_;
  sockaddr_in address_{};
};

// Ports that were free a moment ago.
struct FreePorts {
  FreePorts() {
    const Port a;
    const Port b;
    const Port c;
    numbers = {a.number(), b.number(), c.number()};
  }
  std::vector<std::string> numbers;
};

class Run {
 public:
  Run(const std::vector<std::string>& ports, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"/usr/bin/env", "GUANXI_PROGRAMS=" GUANXI_BINARY_DIR,
                                       "TMPDIR=" + folder_.path().string(), "bash",
                                       GUANXI_SOURCE_DIR "/scripts/run"};
    const char* const names[] = {"--public-port", "--private-port", "--simulator-port"};
    for (std::size_t i = 0; i < ports.size(); ++i) {
      arguments.emplace_back(names[i]);
      arguments.push_back(ports[i]);
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    process_ = std::make_unique<Process>(arguments, log());
  }

  // What it prints up to a line with that text, or to its end.
  std::string read_until(const std::string& text = {}) {
    std::string all;
    while (const auto line = process_->read_line()) {
      all += *line + '\n';
      if (!text.empty() && line->find(text) != std::string::npos) break;
    }
    return all;
  }
  Process& process() { return *process_; }
  std::string errors() const {
    std::ifstream file(log());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // What it left behind besides the log of this test.
  std::size_t leavings() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      if (entry.path() != log()) ++count;
    }
    return count;
  }

 private:
  std::string log() const { return folder_.file("errors.log"); }

  TemporaryFolder folder_;
  std::unique_ptr<Process> process_;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("scripts/run --once shows what a CRM gets, ends with 0 and leaves nothing") {
  const FreePorts ports;
  Run run(ports.numbers, {"--once"});
  const std::string shown = run.read_until();
  CAPTURE(run.errors());
  CHECK(run.process().wait() == 0);
  for (const std::string part :
       {"Callbacks, signed and encrypted", "/v1/customers", "/v1/changes", "curl ", "sales.li"}) {
    CAPTURE(part);
    CHECK(has(shown, part));
  }
  CHECK(run.leavings() == 0);
}

TEST_CASE("scripts/run stays up until Ctrl-C, and ends with 0 and all it started") {
  const FreePorts ports;
  Run run(ports.numbers);
  CHECK(has(run.read_until("Running until Ctrl-C"), "Running until Ctrl-C"));
  CAPTURE(run.errors());
  run.process().send_signal(SIGINT);
  CHECK(run.process().wait() == 0);
  CHECK(run.leavings() == 0);
}

TEST_CASE("scripts/run says which port is taken and what to do, and refuses what is no port") {
  const Port taken;
  taken.take();
  const FreePorts ports;
  Run run({taken.number(), ports.numbers[1], ports.numbers[2]}, {"--once"});
  run.read_until();
  CHECK(run.process().wait() == 1);
  CHECK(has(run.errors(), "port " + taken.number() + " is already taken"));
  CHECK(has(run.errors(), "scripts/run --public-port "));
  for (const std::string none : {"0", "65536", "x", "12x", ""}) {
    CAPTURE(none);
    Run refused({none});
    CHECK(refused.process().wait() == 2);
    CHECK(has(refused.errors(), "needs a port number"));
  }
}
