// Copies the write-ahead log into the database beside the writers, so that no commit has to.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "gateway/store/sqlite/sqlite_connection.h"
#include "gateway/store/sqlite/writer_gate.h"

namespace guanxi::store::sqlite {

class Checkpointer {
 public:
  // Begins when the log holds `pages`. Copies and syncs while others write, until what they add
  // meanwhile is little; for that writers wait at the gate, so that the log can start anew.
  Checkpointer(ConnectionOptions options, WriterGate& gate, int pages);
  // Ends after the copying under way.
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // How many pages stand in the log after a commit. Any thread; cheap.
  void committed(int pages);

 private:
  void run();
  void copy(std::unique_ptr<SqliteConnection>& connection);
  int in_log();

  const ConnectionOptions options_;
  WriterGate& gate_;
  const int pages_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int in_log_ = 0;
  int wanted_;  // in the log, to begin again
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace guanxi::store::sqlite
