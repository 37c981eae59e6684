#include "gateway/store/sql/pool.h"

#include <chrono>

namespace guanxi::store::sql {

constexpr std::chrono::seconds kPatience{10};

Lease Pool::lease() {
  std::unique_ptr<Connection> connection;
  {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_for(lock, kPatience, [this] { return free_ > 0; })) {
      throw DatabaseError(DatabaseError::Kind::refused, "all connections of the store are in use");
    }
    --free_;
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!connection) {
    try {
      connection = make_();
    } catch (...) {
      give_back(nullptr);
      throw;
    }
  }
  return {std::move(connection),
          [this](std::unique_ptr<Connection> returned) { give_back(std::move(returned)); }};
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  std::vector<std::unique_ptr<Connection>> dropped;
  {
    const std::lock_guard lock(mutex_);
    ++free_;
    if (connection) {
      idle_.push_back(std::move(connection));
    } else {
      dropped.swap(idle_);
    }
  }
  freed_.notify_one();
}

}  // namespace guanxi::store::sql
