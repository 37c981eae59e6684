// Notices that the rules changed: files of the rules directory, or the activation log.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace guanxi::app {

// Looks every `interval` at what `fingerprint` answers, and calls `changed` once it differs from
// what is `known` and has stood still from one look to the next: a file being written is waited
// for. `changed` answers whether it is done with that; else it is called again. Both are called on
// the watch's own thread.
class RulesWatch {
 public:
  RulesWatch(std::function<std::string()> fingerprint, std::function<bool()> changed,
             std::chrono::milliseconds interval, std::string known);
  ~RulesWatch();
  RulesWatch(const RulesWatch&) = delete;
  RulesWatch& operator=(const RulesWatch&) = delete;

 private:
  void run();

  std::function<std::string()> fingerprint_;
  std::function<bool()> changed_;
  std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::string known_;
  std::string last_;
  std::thread thread_;
};

// Names, sizes and times of the JSON files of a rules directory; empty without one.
std::string fingerprint_of(const std::string& rules_dir);

}  // namespace guanxi::app
