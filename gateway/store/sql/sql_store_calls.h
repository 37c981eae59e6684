// How the methods of SqlStore meet the database, and the data key in force. Included by
// sql_store.h.
#pragma once

#include "gateway/store/sql/key_records.h"
#include "gateway/store/sql/sql_store.h"

namespace guanxi::store::sql {

constexpr int kKeyAttempts = 3;

template <typename Body>
std::invoke_result_t<Body, Connection&> SqlStore::reading(const Body& body) {
  return read_from(*database_, body);
}

template <Atomic kAtomic, typename Body>
std::invoke_result_t<Body, Connection&> SqlStore::writing(Urgency urgency, const Body& body) {
  return write_to<kAtomic>(*database_, urgency, body);
}

template <typename Seal, typename Body>
auto SqlStore::writing_sealed(const Seal& seal, const Body& body)
    -> std::invoke_result_t<Body, Connection&, std::invoke_result_t<Seal>> {
  using Answer = std::invoke_result_t<Body, Connection&, std::invoke_result_t<Seal>>;
  for (int attempt = 1;; ++attempt) {
    const std::string key = vault_.sealing_key();
    const auto sealed = seal();
    bool is_stale = false;
    auto answer = writing(Urgency::other, [&](Connection& connection) -> Answer {
      if (auto followed = follow_key(connection); !followed)
        return tl::unexpected(followed.error());
      is_stale = vault_.sealing_key() != key;
      if (is_stale) return fail(ErrorCode::unavailable, "the data key was changed meanwhile");
      return body(connection, sealed);
    });
    if (!is_stale || attempt == kKeyAttempts) return answer;
  }
}

}  // namespace guanxi::store::sql
