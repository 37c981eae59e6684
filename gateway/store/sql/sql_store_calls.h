// How every method of SqlStore meets the database. Included by sql_store.h.
#pragma once

#include "gateway/store/sql/sql_store.h"

namespace guanxi::store::sql {

constexpr int kLostAttempts = 2;
constexpr int kContendedAttempts = 6;

inline tl::unexpected<Error> failure(const DatabaseError& error) {
  const bool conflict = error.kind() == DatabaseError::Kind::duplicate ||
                        error.kind() == DatabaseError::Kind::contended;
  return fail(conflict ? ErrorCode::conflict : ErrorCode::unavailable, error.what());
}

template <typename Body>
std::invoke_result_t<Body, Connection&> SqlStore::reading(const Body& body) {
  for (int attempt = 1;; ++attempt) {
    try {
      Lease lease = database_->reader();
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

template <SqlStore::Atomic kAtomic, typename Body>
std::invoke_result_t<Body, Connection&> SqlStore::writing(Urgency urgency, const Body& body) {
  constexpr bool kBegins = kAtomic == Atomic::transaction;
  for (int attempt = 1;; ++attempt) {
    try {
      Lease lease = database_->writer(urgency);
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
