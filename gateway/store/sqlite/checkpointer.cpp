#include "gateway/store/sqlite/checkpointer.h"

namespace guanxi::store::sqlite {
namespace {

// Rounds beside the writers: each leaves less to the next, as long as copying is the faster.
constexpr int kRounds = 4;
// The part of the log that is little.
constexpr int kLittle = 16;

}  // namespace

Checkpointer::Checkpointer(ConnectionOptions options, WriterGate& gate, int pages)
    : options_(std::move(options)), gate_(gate), pages_(pages), wanted_(pages), thread_([this] {
        run();
      }) {}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Checkpointer::committed(int pages) {
  bool is_due = false;
  {
    const std::lock_guard lock(mutex_);
    in_log_ = pages;
    // A log that has started anew is due at its usual length again.
    if (pages < pages_) wanted_ = pages_;
    is_due = pages >= wanted_;
  }
  if (is_due) changed_.notify_one();
}

int Checkpointer::in_log() {
  const std::lock_guard lock(mutex_);
  return in_log_;
}

void Checkpointer::run() {
  std::unique_ptr<SqliteConnection> connection;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || in_log_ >= wanted_; });
    if (stopping_) return;
    lock.unlock();
    copy(connection);
    lock.lock();
    // Readers may have kept the log from starting anew; it is tried again a little later.
    wanted_ = in_log_ + pages_ / 4;
  }
}

void Checkpointer::copy(std::unique_ptr<SqliteConnection>& connection) {
  try {
    if (!connection) connection = std::make_unique<SqliteConnection>(options_);
    for (int round = 0; round < kRounds; ++round) {
      const int copied = connection->checkpoint();
      // Syncing is the longer part, so that it must not be left to the copy that others wait for.
      connection->sync();
      if (in_log() - copied <= pages_ / kLittle) break;
    }
    gate_.enter(sql::Urgency::ingest);
    try {
      connection->checkpoint();
    } catch (...) {
      gate_.leave();
      throw;
    }
    gate_.leave();
  } catch (const sql::DatabaseError&) {
    // The log keeps everything; a disk that is full or fails is reported by those who write.
    connection.reset();
  }
}

}  // namespace guanxi::store::sqlite
