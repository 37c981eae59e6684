#include "gateway/store/sqlite/writer_gate.h"

namespace guanxi::store::sqlite {

void WriterGate::enter(sql::Urgency urgency) {
  std::unique_lock lock(mutex_);
  if (urgency == sql::Urgency::ingest) {
    ++ingest_waiting_;
    changed_.wait(lock, [this] { return !taken_ && (overdue_ == 0 || is_ingests_turn_); });
    --ingest_waiting_;
    is_ingests_turn_ = false;
  } else {
    const auto is_free = [this] { return !taken_ && ingest_waiting_ == 0; };
    if (!changed_.wait_for(lock, patience_, is_free)) {
      ++overdue_;
      changed_.wait(lock,
                    [this] { return !taken_ && (ingest_waiting_ == 0 || !is_ingests_turn_); });
      --overdue_;
      is_ingests_turn_ = ingest_waiting_ > 0;
    }
  }
  taken_ = true;
}

void WriterGate::leave() {
  {
    const std::lock_guard lock(mutex_);
    taken_ = false;
  }
  changed_.notify_all();
}

}  // namespace guanxi::store::sqlite
