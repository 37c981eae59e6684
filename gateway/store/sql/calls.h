// How every method of the store meets the database.
#pragma once

#include <type_traits>

#include "gateway/store/sql/connection.h"
#include "models/result.h"

namespace guanxi::store::sql {

constexpr int kLostAttempts = 2;
constexpr int kContendedAttempts = 6;

// What is done whole or not at all, and may be tried again.
enum class Atomic : std::uint8_t { transaction, statement };

inline tl::unexpected<Error> failure(const DatabaseError& error) {
  const bool conflict = error.kind() == DatabaseError::Kind::duplicate ||
                        error.kind() == DatabaseError::Kind::contended;
  return fail(conflict ? ErrorCode::conflict : ErrorCode::unavailable, error.what());
}

// Runs `body` on a connection to read; once again on a new one if the old one was gone.
template <typename Body>
std::invoke_result_t<Body, Connection&> read_from(Database& database, const Body& body) {
  for (int attempt = 1;; ++attempt) {
    try {
      Lease lease = database.reader();
      try {
        return body(*lease);
      } catch (const DatabaseError& error) {
        if (error.kind() != DatabaseError::Kind::lost) throw;
        lease.drop();
        if (attempt == kLostAttempts) throw;
      }
    } catch (const DatabaseError& error) {
      return failure(error);
    }
  }
}

// Runs `body` in one transaction, committed if it answers a value. Again after a deadlock, and
// after the connection was lost, unless the commit itself was under way. With Atomic::statement
// it is a single statement, commits by itself and may find its own work done when it is run
// again.
template <Atomic kAtomic = Atomic::transaction, typename Body>
std::invoke_result_t<Body, Connection&> write_to(Database& database, Urgency urgency,
                                                 const Body& body) {
  constexpr bool kBegins = kAtomic == Atomic::transaction;
  for (int attempt = 1;; ++attempt) {
    try {
      Lease lease = database.writer(urgency);
      bool is_committing = false;
      try {
        if (kBegins) (*lease).begin();
        auto answer = body(*lease);
        if (!kBegins) return answer;
        if (answer) {
          is_committing = true;
          (*lease).commit();
        } else {
          (*lease).rollback();
        }
        return answer;
      } catch (const DatabaseError& error) {
        const bool is_lost = error.kind() == DatabaseError::Kind::lost;
        if (is_lost) {
          lease.drop();
        } else {
          (*lease).rollback();
        }
        const bool is_contended = error.kind() == DatabaseError::Kind::contended;
        const bool again = (is_lost && !is_committing && attempt < kLostAttempts) ||
                           (is_contended && attempt < kContendedAttempts);
        if (!again) throw;
      } catch (...) {
        (*lease).rollback();
        throw;
      }
    } catch (const DatabaseError& error) {
      return failure(error);
    }
  }
}

}  // namespace guanxi::store::sql
