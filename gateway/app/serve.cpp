#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <ostream>
#include <thread>

#include "gateway/app/commands.h"
#include "gateway/app/gateway.h"
#include "gateway/observe/log.h"

namespace guanxi::app {
namespace {

constexpr std::chrono::seconds kLongestStop{15};

// Signals that serve waits for; blocked before any thread starts, so that only sigwait sees them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// All that was acknowledged is durable, so whoever hangs on a store that does not answer need not
// be waited for.
void end_within(std::chrono::seconds longest, const std::function<void()>& stop) {
  std::mutex mutex;
  std::condition_variable changed;
  bool stopped = false;
  std::thread watch([&] {
    std::unique_lock lock(mutex);
    if (changed.wait_for(lock, longest, [&] { return stopped; })) return;
    observe::log(observe::Level::warning, "stopped_without_the_store",
                 {{"waited_s", longest.count()}});
    std::fflush(nullptr);
    std::_Exit(0);
  });
  stop();
  {
    const std::lock_guard lock(mutex);
    stopped = true;
  }
  changed.notify_all();
  watch.join();
}

void reload(Gateway& gateway, const std::string& file) {
  const auto config = load_config(file);
  const auto done = config ? gateway.reload(*config) : Result<void>(tl::unexpected(config.error()));
  if (done) {
    observe::log(observe::Level::info, "reloaded",
                 {{"file", file}, {"channels", config->channels.size()}});
  } else {
    observe::log(observe::Level::error, "reload_refused",
                 {{"file", file}, {"reason", done.error().detail}});
  }
}

}  // namespace

int serve(const Config& config, Console& console) {
  const sigset_t signals = block_signals();
  Gateway gateway(config);
  // For whoever started it: both ports, chosen ones included, once both answer.
  console.out << "ready public=" << gateway.public_port() << " private=" << gateway.private_port()
              << std::endl;
  // Apart, so that a store that hangs does not keep the end from being asked for.
  std::thread reloading;
  std::atomic<bool> is_reloading = false;
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) break;
    if (is_reloading) {
      observe::log(observe::Level::warning, "reload_under_way", {{"file", config.file}});
      continue;
    }
    if (reloading.joinable()) reloading.join();
    is_reloading = true;
    reloading = std::thread([&] {
      reload(gateway, config.file);
      is_reloading = false;
    });
  }
  end_within(kLongestStop, [&] {
    if (reloading.joinable()) reloading.join();
    gateway.stop();
  });
  return 0;
}

}  // namespace guanxi::app
