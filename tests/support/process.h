// A child process of a test: started, listened to, killed. Killed at the end of the test at the
// latest.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace guanxi::tests {

class Process {
 public:
  // Starts `arguments[0]`; its stdout is read by read_line(), its stderr goes to `log` (a file).
  Process(std::vector<std::string> arguments, const std::string& log);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The next line of stdout, without its end; nothing when the process has closed it.
  std::optional<std::string> read_line();
  void send_signal(int signal) const;
  // Waits for the end: the exit code, or 128 + the signal that ended it.
  int wait();

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string buffer_;
  std::optional<int> code_;
};

}  // namespace guanxi::tests
