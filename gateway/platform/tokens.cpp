#include "gateway/platform/tokens.h"

#include <algorithm>

#include "crypto/digest.h"
#include "gateway/observe/log.h"

namespace guanxi::platform {
namespace {

using namespace std::chrono_literals;
using Action = adapters::ApiVerdict::Action;

constexpr Milliseconds kLease = 30s;    // longer than one fetch may take
constexpr Milliseconds kPause = 100ms;  // between looks at a token another process fetches
constexpr int kLooks = 150;
// A wrong secret asked for again and again blocks the whole address at some platforms.
constexpr Milliseconds kAlertPause = 5min;
constexpr Milliseconds kRetryPause = 2s;
constexpr Milliseconds kEarly = 300s;
// Within its validity some platforms give out the same token again, so one that was refused once
// may be good; one that stays refused is not asked for at every call.
constexpr Milliseconds kRefusalPause = 1min;

}  // namespace

struct Tokens::Entry {
  std::mutex fetching;  // held by the one who fetches
  std::mutex mutex;     // guards what follows
  store::TokenRecord record;
  Time refresh_at{};
  std::string refused;  // the value that the platform refused last, and when
  Time refused_at{};
  bool is_refused = false;  // and no token was had since
  TokenFailure failure;
  Time failed_until{};

  bool is_fresh(Time now) const { return !record.value.empty() && !is_refused && now < refresh_at; }
  bool is_usable(Time now) const {
    return !record.value.empty() && !is_refused && now < record.expires_at;
  }
  // `early`: the margin, which is never more than half of what the token has left.
  void take(const store::TokenRecord& stored, Time now, Milliseconds early) {
    if (stored.generation < record.generation) return;  // never an older over a newer
    if (stored.generation > record.generation) is_refused = false;
    if (stored.generation == record.generation && stored.value == record.value) return;
    record = stored;
    refresh_at = record.expires_at - std::min(early, (record.expires_at - now) / 2);
  }
};

adapters::ApiResponse send(net::HttpClient& client, const adapters::ApiRequest& request) {
  net::ClientRequest outgoing;
  outgoing.method = request.method;
  outgoing.url = request.url;
  outgoing.headers = request.headers;
  outgoing.body = request.body;
  auto answer = client.send(outgoing);
  if (!answer) return {0, {}, answer.error().detail};
  return {answer->status, std::move(answer->headers), std::move(answer->body)};
}

Tokens::Tokens(store::Store& store, net::HttpClient& client, observe::Metrics& metrics, Clock clock,
               std::string holder, std::function<void(Milliseconds)> pause)
    : store_(store),
      client_(client),
      metrics_(metrics),
      clock_(std::move(clock)),
      holder_(std::move(holder)),
      pause_(std::move(pause)) {}

Tokens::~Tokens() = default;

// With a mark of the settings by which it was had: others, such as a new secret, have their own.
std::string Tokens::stored_name(const adapters::BoundChannel& channel,
                                std::string_view name) const {
  std::string settings = "settings";
  for (const auto& [key, value] : channel.adapter->channel().settings) {
    settings += ' ' + std::to_string(key.size()) + ' ' + key;
    settings += ' ' + std::to_string(value.size()) + ' ' + value;
  }
  const store::Key mark = store_.key_of(channel.tenant, settings);
  return std::string(name) + ' ' +
         crypto::to_hex({reinterpret_cast<const char*>(mark.data()), mark.size()});
}

Tokens::Entry& Tokens::entry(const adapters::BoundChannel& channel, std::string_view name) {
  const std::lock_guard lock(mutex_);
  auto& held = entries_[{channel.id, stored_name(channel, name)}];
  if (!held) held = std::make_unique<Entry>();
  return *held;
}

tl::expected<std::string, TokenFailure> Tokens::get(const adapters::BoundChannel& channel,
                                                    std::string_view name) {
  Entry& held = entry(channel, name);
  {
    const std::lock_guard lock(held.mutex);
    if (held.is_fresh(clock_())) return held.record.value;
  }
  std::unique_lock fetching(held.fetching, std::try_to_lock);
  if (!fetching.owns_lock()) {
    {
      // Somebody is at it: the old one does until it ends.
      const std::lock_guard lock(held.mutex);
      if (held.is_usable(clock_())) return held.record.value;
    }
    fetching.lock();
  }
  {
    const std::lock_guard lock(held.mutex);
    const Time now = clock_();
    if (held.is_fresh(now)) return held.record.value;
    if (now < held.failed_until) {
      if (held.is_usable(now)) return held.record.value;
      return tl::unexpected(held.failure);
    }
  }
  return refresh(channel, name, held);
}

tl::expected<std::string, TokenFailure> Tokens::refresh(const adapters::BoundChannel& channel,
                                                        std::string_view name, Entry& held) {
  const std::string stored_as = stored_name(channel, name);
  const std::string lease = "token " + std::to_string(channel.id) + ' ' + stored_as;
  for (int look = 0; look < kLooks; ++look) {
    const Time now = clock_();
    const auto leased = store_.acquire_lease(lease, holder_, now, now + kLease);
    if (!leased) return tl::unexpected(TokenFailure{Action::retry, 0ms, leased.error().detail});
    // Read under the lease: whoever held it before may have stored a token just now.
    const auto stored = store_.token(channel.id, stored_as);
    std::int64_t seen = 0;
    {
      const std::lock_guard lock(held.mutex);
      if (stored && *stored) {
        seen = (*stored)->generation;
        held.take(**stored, now, kEarly);
      }
      if (held.is_fresh(now) || (!*leased && held.is_usable(now))) {
        if (*leased) static_cast<void>(store_.release_lease(lease, holder_));
        return held.record.value;
      }
    }
    if (!stored) {
      if (*leased) static_cast<void>(store_.release_lease(lease, holder_));
      return tl::unexpected(TokenFailure{Action::retry, 0ms, stored.error().detail});
    }
    if (!*leased) {
      pause_(kPause);
      continue;
    }
    auto fetched = fetch_token(*channel.adapter, name, client_, metrics_, clock_());
    if (fetched) {
      store::TokenRecord& record = fetched->record;
      record.generation = seen + 1;
      const auto kept = store_.store_token(channel.id, stored_as, record, seen);
      static_cast<void>(store_.release_lease(lease, holder_));
      if (kept && !*kept) continue;  // another came first: take that one
      const std::lock_guard lock(held.mutex);
      // Also when a former one could not be stored and has this generation already.
      record.generation = std::max(record.generation, held.record.generation);
      held.take(record, now, fetched->early);
      held.is_refused = false;
      return record.value;
    }
    static_cast<void>(store_.release_lease(lease, holder_));
    const std::lock_guard lock(held.mutex);
    held.failure = fetched.error();
    held.failed_until =
        now + std::max(held.failure.wait,
                       held.failure.action == Action::alert ? kAlertPause : kRetryPause);
    if (held.is_usable(now)) return held.record.value;
    return tl::unexpected(held.failure);
  }
  return tl::unexpected(TokenFailure{
      Action::retry, 0ms, "another process holds the lease on this token and stores none"});
}

tl::expected<FetchedToken, TokenFailure> fetch_token(const adapters::Adapter& adapter,
                                                     std::string_view name, net::HttpClient& client,
                                                     observe::Metrics& metrics, Time now) {
  const auto request = adapter.token_request(name, now);
  if (!request) return tl::unexpected(TokenFailure{Action::alert, 0ms, request.error().detail});
  const adapters::ApiResponse response = send(client, *request);
  const adapters::ApiVerdict verdict = adapter.judge(name, response, now);
  observe::ChannelMetrics& counters =
      metrics.channel(adapter.channel().id, adapter.channel().platform);
  if (verdict.action != Action::ok) {
    counters.platform_call("token", "failed");
    observe::log(
        observe::Level::warning, "token_failed",
        {{"channel", adapter.channel().id}, {"code", verdict.code}, {"reason", verdict.reason}});
    return tl::unexpected(
        TokenFailure{verdict.action, verdict.wait, verdict.reason, response.status == 0});
  }
  const auto token = adapter.read_token(name, response, now);
  if (!token) {
    counters.platform_call("token", "failed");
    return tl::unexpected(TokenFailure{Action::retry, 0ms, token.error().detail});
  }
  counters.platform_call("token", "ok");
  return FetchedToken{{token->value, now + token->lifetime, 0}, token->early};
}

void Tokens::expire(const adapters::BoundChannel& channel, std::string_view name,
                    std::string_view seen) {
  Entry& held = entry(channel, name);
  const Time now = clock_();
  const std::lock_guard lock(held.mutex);
  const bool is_known = held.refused == seen && now < held.refused_at + kRefusalPause;
  if (held.record.value != seen || is_known) return;
  held.refused = seen;
  held.refused_at = now;
  held.is_refused = true;
}

}  // namespace guanxi::platform
