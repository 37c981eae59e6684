// A bounded set of connections, made when first needed. After one broke all idle ones are made
// anew, because whatever broke it has broken them too.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "gateway/store/sql/connection.h"

namespace guanxi::store::sql {

class Pool {
 public:
  using Make = std::function<std::unique_ptr<Connection>()>;  // may throw DatabaseError
  Pool(std::size_t size, Make make) : free_(size), make_(std::move(make)) {}

  // Waits for a free connection, ten seconds at most, then throws DatabaseError. The pool
  // outlives its leases.
  Lease lease();

 private:
  void give_back(std::unique_ptr<Connection> connection);

  std::mutex mutex_;
  std::condition_variable freed_;
  std::size_t free_;  // leases that may still be given
  std::vector<std::unique_ptr<Connection>> idle_;
  Make make_;
};

}  // namespace guanxi::store::sql
