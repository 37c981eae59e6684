// WeCom's API as the fact sheet describes its wire format, over HTTP on a loopback port, for tests
// and for trying Guanxi without an account. Business failures are HTTP 200 with errcode and the
// endpoint's empty fields; a token counts as a query parameter only; an unknown path is 404 with an
// empty body.
//
// The same controls are offered over HTTP to other processes: POST /_sim/fail, /_sim/revoke_tokens,
// /_sim/expire_tokens, /_sim/customer, /_sim/remove, /_sim/follower_page, and GET /_sim/calls.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "gateway/net/http_server.h"
#include "tests/support/wecom_world.h"

namespace guanxi::tests {

struct WecomSimulatorOptions {
  std::string address = "127.0.0.1:0";
  std::string corp_id = "ww00scrmdemo000001";
  std::string secret = "simulated-secret";
  WecomWorldSize world;
};

// What is answered instead of the truth; the first of these that is set.
struct WecomFailure {
  bool hang = false;    // no answer until the simulator ends
  int http_status = 0;  // with an empty body
  int errcode = 0;      // in HTTP 200
  int times = 1;
};

// Any thread may call any method.
class WecomSimulator {
 public:
  explicit WecomSimulator(net::IoThreads& threads, WecomSimulatorOptions options = {});
  ~WecomSimulator();
  WecomSimulator(const WecomSimulator&) = delete;
  WecomSimulator& operator=(const WecomSimulator&) = delete;

  std::uint16_t port() const;
  std::string api_base() const;  // "http://127.0.0.1:PORT", a channel's api_base
  // Requests received for a path such as "/cgi-bin/externalcontact/get", whatever was answered.
  int calls(const std::string& path) const;
  // The next calls of that path fail; failures of one path queue up.
  void fail_next(const std::string& path, WecomFailure failure);
  // Tokens given out so far answer 40014 (or 42001, had they expired).
  void revoke_tokens();
  void expire_tokens();
  // Of the tokens given out from now on, in seconds.
  void set_token_lifetime(int seconds);
  void put_customer(const Json& detail);  // {"external_contact", "follow_user"}
  void remove_customer(const std::string& external_userid);
  void set_follower_page(int size);

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::unique_ptr<net::Server> server_;
};

}  // namespace guanxi::tests
