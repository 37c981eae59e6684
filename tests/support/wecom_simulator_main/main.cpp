// The WeCom simulator as a program, for scripts/run and for whoever builds against Guanxi.
#include <pthread.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "tests/support/wecom_simulator.h"

int main(int argc, char** argv) {
  guanxi::tests::WecomSimulatorOptions options;
  std::uint16_t port = 0;
  CLI::App app{"Speaks WeCom's server API for a made-up corp, on the loopback interface."};
  app.add_option("--port", port, "port to listen on; 0 takes a free one");
  app.add_option("--corp-id", options.corp_id, "the corp's id")->capture_default_str();
  app.add_option("--secret", options.secret, "the secret that gets a token")->capture_default_str();
  app.add_option("--staff", options.world.staff, "made-up staff")->capture_default_str();
  app.add_option("--customers", options.world.customers, "made-up customers")
      ->capture_default_str();
  app.add_option("--groups", options.world.groups, "made-up customer groups")
      ->capture_default_str();
  app.add_option("--avatar-base", options.world.avatar_base, "where avatars are said to be")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  // Blocked before any thread starts, so that sigwait below is the only one to get them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  try {
    options.address = "127.0.0.1:" + std::to_string(port);
    guanxi::net::IoThreads threads(1);
    const guanxi::tests::WecomSimulator simulator(threads, options);
    std::printf("WeCom simulator on %s\n", simulator.api_base().c_str());
    std::fflush(stdout);
    int received = 0;
    sigwait(&signals, &received);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
