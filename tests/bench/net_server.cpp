// Our server with a handler that answers at once: net's own share, to be compared with bare_server.
//
//   net_server PORT THREADS
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "gateway/net/http_server.h"

int main(int count, char** words) {
  if (count != 3) {
    std::fprintf(stderr, "usage: net_server PORT THREADS\n");
    return 2;
  }
  using namespace guanxi;
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  net::IoThreads threads(static_cast<std::size_t>(std::atoi(words[2])));
  net::ServerOptions options;
  options.address = std::string("127.0.0.1:") + words[1];
  net::Server server(threads, options, [](net::Request, net::Respond respond) { respond({}); });
  std::printf("%u\n", server.port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  return server.drain(Milliseconds(5000)) ? 0 : 1;
}
