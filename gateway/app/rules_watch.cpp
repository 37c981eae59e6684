#include "gateway/app/rules_watch.h"

#include <filesystem>
#include <set>
#include <utility>

#include "gateway/observe/thread_name.h"

namespace guanxi::app {

RulesWatch::RulesWatch(std::function<std::string()> fingerprint, std::function<bool()> changed,
                       std::chrono::milliseconds interval, std::string known)
    : fingerprint_(std::move(fingerprint)),
      changed_(std::move(changed)),
      interval_(interval),
      known_(std::move(known)),
      thread_([this] { run(); }) {}

RulesWatch::~RulesWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void RulesWatch::run() {
  observe::name_thread("rules-watch");
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, interval_, [this] { return stopping_; })) {
    lock.unlock();
    std::string present = fingerprint_();
    const bool stands_still = present == last_;
    if (stands_still && present != known_ && changed_()) known_ = present;
    last_ = std::move(present);
    lock.lock();
  }
}

std::string fingerprint_of(const std::string& rules_dir) {
  namespace fs = std::filesystem;
  if (rules_dir.empty()) return {};
  // Two folders deep and no further: <dir>/<platform>/rules/<date>.json.
  constexpr int kDeepest = 2;
  std::set<std::string> files;
  std::error_code error;
  const auto options = fs::directory_options::follow_directory_symlink |
                       fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator entry(rules_dir, options, error), end;
       !error && entry != end; entry.increment(error)) {
    if (entry.depth() >= kDeepest) entry.disable_recursion_pending();
    std::error_code gone;
    if (entry->path().extension() != ".json") continue;
    const auto size = entry->file_size(gone);
    const auto written = entry->last_write_time(gone);
    if (gone) continue;
    files.insert(entry->path().string() + ' ' + std::to_string(size) + ' ' +
                 std::to_string(written.time_since_epoch().count()));
  }
  std::string all;
  for (const std::string& file : files) all += file + '\n';
  return all;
}

}  // namespace guanxi::app
