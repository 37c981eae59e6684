// The seam between the statements, written once, and the two drivers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/store/sql/dialect.h"
#include "gateway/store/sql/value.h"

namespace guanxi::store::sql {

// Thrown by drivers, caught where a method of the store ends. The text names no value of any row.
class DatabaseError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    duplicate,  // a unique key is taken
    contended,  // rolled back because of somebody else: doing it again may succeed
    lost,       // the connection is gone; nothing of an uncommitted transaction happened
    refused,    // the database does not do it: full, read-only, locked, broken
  };
  DatabaseError(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

// The row a query stands at; columns count from 0.
class Row {
 public:
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t number(int column) const = 0;  // 0 for NULL
  virtual std::string_view text(
      int column) const = 0;  // also bytes; empty for NULL; until the next row

 protected:
  ~Row() = default;
};

// Statements with one row of placeholders, put together for many rows:
// head "INSERT INTO t (a, b)" or "WITH ...", then VALUES (?, ?), (?, ?)…, then tail.
struct Insert {
  std::string_view head;
  int columns = 0;
  std::string_view tail;
};

// One conversation with the database, used by one thread at a time. Statement texts are templates
// of the dialect; their prepared form is kept, so texts must come from a bounded set.
class Connection {
 public:
  virtual ~Connection() = default;

  virtual void begin() = 0;  // to write
  virtual void commit() = 0;
  virtual void rollback() noexcept = 0;

  // Rows changed.
  virtual std::int64_t execute(std::string_view sql, std::span<const Value> values) = 0;
  virtual void query(std::string_view sql, std::span<const Value> values,
                     const std::function<void(const Row&)>& each) = 0;
  // Inserts values.size() / columns rows; how many rows were really inserted.
  virtual std::int64_t insert(const Insert& insert, std::span<const Value> values) = 0;
  // Statements of a migration, separated by semicolons; not prepared.
  virtual void run_script(std::string_view script) = 0;

  virtual const Dialect& dialect() const = 0;
};

// Gives a connection back when it goes.
class Lease {
 public:
  using Return = std::function<void(std::unique_ptr<Connection>)>;
  Lease(std::unique_ptr<Connection> connection, Return give_back)
      : connection_(std::move(connection)), give_back_(std::move(give_back)) {}
  Lease(Lease&& other) noexcept
      : connection_(std::move(other.connection_)),
        give_back_(std::exchange(other.give_back_, nullptr)) {}
  Lease& operator=(Lease&&) = delete;
  ~Lease() {
    if (give_back_) give_back_(std::move(connection_));
  }

  Connection& operator*() const { return *connection_; }
  // The connection is broken: it is not given back, the next lease gets a new one.
  void drop() { connection_.reset(); }

 private:
  std::unique_ptr<Connection> connection_;
  Return give_back_;
};

enum class Urgency : std::uint8_t { ingest, other };

// A database with its pool of connections. Any thread; waits for a free connection and throws
// DatabaseError (`refused` or `lost`) when there is none in time.
class Database {
 public:
  virtual ~Database() = default;
  virtual Lease reader() = 0;
  virtual Lease writer(Urgency urgency) = 0;
  // As Store::appends_at_once.
  virtual std::size_t appends_at_once() const = 0;
  // Runs `body` on a connection while no other process migrates.
  virtual void migrate(const std::function<void(Connection&)>& body) = 0;
};

}  // namespace guanxi::store::sql
