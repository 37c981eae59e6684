// Access tokens of the platforms: one fetch at a time per token, in this process and among all that
// share the store; refreshed before they end, and the old one served until the new one is stored.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "adapters/bound_channel.h"
#include "gateway/net/http_client.h"
#include "gateway/observe/metrics.h"
#include "gateway/store/store.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::platform {

// Why a token cannot be had, and when to ask again.
struct TokenFailure {
  adapters::ApiVerdict::Action action = adapters::ApiVerdict::Action::retry;
  Milliseconds wait{0};
  std::string reason;
  bool is_silent = false;  // the platform did not answer at all
};

struct FetchedToken {
  store::TokenRecord record;
  Milliseconds early{0};  // how long before its end it is refreshed
};

// Asks the platform for a token once, and keeps it nowhere.
tl::expected<FetchedToken, TokenFailure> fetch_token(const adapters::Adapter& adapter,
                                                     std::string_view name, net::HttpClient& client,
                                                     observe::Metrics& metrics, Time now);

class Tokens {
 public:
  // `holder` names this process in leases; `pause` waits while another process fetches.
  Tokens(store::Store& store, net::HttpClient& client, observe::Metrics& metrics, Clock clock,
         std::string holder, std::function<void(Milliseconds)> pause);
  ~Tokens();
  Tokens(const Tokens&) = delete;
  Tokens& operator=(const Tokens&) = delete;

  // A token that is good now. Blocks while it is fetched for the first time. Any thread.
  tl::expected<std::string, TokenFailure> get(const adapters::BoundChannel& channel,
                                              std::string_view name);
  // The platform refused `seen`: the next get() fetches another, unless that has happened already.
  void expire(const adapters::BoundChannel& channel, std::string_view name, std::string_view seen);

 private:
  struct Entry;
  std::string stored_name(const adapters::BoundChannel& channel, std::string_view name) const;
  Entry& entry(const adapters::BoundChannel& channel, std::string_view name);
  tl::expected<std::string, TokenFailure> refresh(const adapters::BoundChannel& channel,
                                                  std::string_view name, Entry& entry);

  store::Store& store_;
  net::HttpClient& client_;
  observe::Metrics& metrics_;
  Clock clock_;
  std::string holder_;
  std::function<void(Milliseconds)> pause_;
  std::mutex mutex_;
  std::map<std::pair<store::ChannelId, std::string>, std::unique_ptr<Entry>> entries_;
};

// Sends a request that an adapter described; no answer in time is status 0.
adapters::ApiResponse send(net::HttpClient& client, const adapters::ApiRequest& request);

}  // namespace guanxi::platform
