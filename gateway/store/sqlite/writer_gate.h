// Who writes next to a database with one writer: ingest first, but others are not starved.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "gateway/store/sql/connection.h"

namespace guanxi::store::sqlite {

class WriterGate {
 public:
  // Blocks until the caller is the only writer. Others wait while ingest waits, at most about
  // `patience`; then one of them is next, and after it ingest again, however many are late.
  explicit WriterGate(std::chrono::milliseconds patience) : patience_(patience) {}

  void enter(sql::Urgency urgency);
  void leave();

 private:
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool taken_ = false;
  int ingest_waiting_ = 0;
  int overdue_ = 0;               // others that have waited long enough
  bool is_ingests_turn_ = false;  // one of them came first while ingest waited
};

}  // namespace guanxi::store::sqlite
