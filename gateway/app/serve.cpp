#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <thread>
#include <utility>

#include "gateway/app/commands.h"
#include "gateway/app/gateway.h"
#include "gateway/app/rules_watch.h"
#include "gateway/observe/log.h"

namespace guanxi::app {
namespace {

constexpr std::chrono::seconds kLongestStop{15};
constexpr std::chrono::seconds kLookAtRules{1};

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

// False if the store does not answer: then it is tried again.
bool reload_rules(Gateway& gateway) {
  const auto done = gateway.reload_rules();
  if (done) {
    observe::log(observe::Level::info, "rules_reloaded", {});
  } else {
    observe::log(observe::Level::error, "rules_refused", {{"reason", done.error().detail}});
  }
  return done || done.error().code != ErrorCode::unavailable;
}

// Reloads apart from whoever waits for signals, so that a store that hangs does not keep the end
// from being asked for. What is asked for during a reload is one more, with the file as it is then.
class Reloader {
 public:
  Reloader(Gateway& gateway, std::string file)
      : gateway_(gateway), file_(std::move(file)), thread_([this] { run(); }) {}
  // Waits for the reload under way.
  ~Reloader() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  void ask() {
    {
      const std::lock_guard lock(mutex_);
      is_wanted_ = true;
    }
    changed_.notify_all();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopping_ || is_wanted_; });
      if (stopping_) return;
      is_wanted_ = false;
      lock.unlock();
      reload(gateway_, file_);
      lock.lock();
    }
  }

  Gateway& gateway_;
  const std::string file_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_wanted_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

int serve(const Config& config, Console& console) {
  const sigset_t signals = block_signals();
  auto gateway = std::make_unique<Gateway>(config);
  auto reloader = std::make_unique<Reloader>(*gateway, config.file);
  auto watch = std::make_unique<RulesWatch>([&] { return gateway->rules_present(); },
                                            [&] { return reload_rules(*gateway); }, kLookAtRules,
                                            gateway->rules_taken());
  // For whoever started it: both ports, chosen ones included, once both answer.
  console.out << "ready public=" << gateway->public_port() << " private=" << gateway->private_port()
              << std::endl;
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) break;
    reloader->ask();
  }
  end_within(kLongestStop, [&] {
    watch.reset();
    reloader.reset();
    gateway->stop();
    gateway.reset();
  });
  return 0;
}

}  // namespace guanxi::app
