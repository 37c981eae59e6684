// A platform's server API as its documents describe it, from data: tests/simulator/<platform>.json
// names endpoints, where their parameters and tokens stand, and what they answer. Over HTTP on a
// loopback port. Any thread may call any method.
//
// The file: {"channels": settings of the channels that use it, "{api_base}" among them being this
// address; those of the tenant "apart" cannot make calls, "token": [endpoint…], "endpoints":
// [endpoint…]}. An endpoint has `request` ("GET /users/{id}") and
//   needs    ref -> "setting:name" or the literal that must stand there, else `refused`
//   answer   of a token endpoint, "{token}" in it being the token given out
//   token    where the token must stand: a ref, or {"in": ref, "prefix": text}, else `refused`
//   by       ref of what is asked for; `records` has the answers by its value, else `missing`; an
//            endpoint without it has one, ""
//   page     ref of the cursor; each record then is an object of answers by cursor, "" the first
// `load` is the benchmarks': which event of which channel they send, and what differs from one
// callback to the next ("{n}" being its number).
// A ref is query:NAME, header:NAME, form:NAME, path:NAME or body:/pointer. Several endpoints may
// share a path and differ in `needs`. refused and missing are {"status", "body"}.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/net/http_server.h"
#include "models/fact.h"

namespace guanxi::tests {

class PlatformSimulator {
 public:
  // `file`: the path of the data. Throws std::runtime_error if it cannot be read.
  PlatformSimulator(net::IoThreads& threads, const std::string& file);
  ~PlatformSimulator();
  PlatformSimulator(const PlatformSimulator&) = delete;
  PlatformSimulator& operator=(const PlatformSimulator&) = delete;

  std::string api_base() const;  // "http://127.0.0.1:PORT"
  const models::Json& channels() const;
  // Requests answered with a record, and those refused, missing or unknown, as "GET /path".
  int answered() const;
  std::vector<std::string> failures() const;
  // Tokens given out so far are good no more.
  void revoke_tokens();

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::unique_ptr<net::Server> server_;
};

}  // namespace guanxi::tests
