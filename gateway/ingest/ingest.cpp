#include "gateway/ingest/ingest.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

#include "gateway/ingest/committer.h"
#include "gateway/observe/log.h"

namespace guanxi::ingest {
namespace {

using observe::CallbackResult;

using SteadyClock = std::chrono::steady_clock;

// Work that can wait rests so many times as long as it worked.
constexpr int kRest = 9;
constexpr std::chrono::seconds kLongestRest{1};

struct Place {
  std::string_view platform;
  std::string_view channel;
};

// "/callbacks/{platform}/{channel}"
std::optional<Place> place_of(std::string_view path) {
  constexpr std::string_view kPrefix = "/callbacks/";
  if (!path.starts_with(kPrefix)) return std::nullopt;
  path.remove_prefix(kPrefix.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view channel = path.substr(slash + 1);
  if (channel.empty() || channel.find('/') != std::string_view::npos) return std::nullopt;
  return Place{path.substr(0, slash), channel};
}

// Refusals say nothing of the reason: whoever forges learns only that it did not work.
net::Response refusal(int status) {
  net::Response response;
  response.status = status;
  if (status == 405) response.headers.emplace_back("Allow", "GET, POST");
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

net::Response response_of(adapters::Answer answer) {
  net::Response response;
  response.status = answer.status;
  response.content_type = std::move(answer.content_type);
  response.body = std::move(answer.body);
  return response;
}

}  // namespace

struct Ingest::State {
  State(store::Store& the_store, const adapters::Channels& the_channels,
        observe::Metrics& the_metrics, Clock the_clock, const IngestOptions& options,
        std::function<void()> on_stored, OnRefused when_refused)
      : store(the_store),
        channels(the_channels),
        metrics(the_metrics),
        clock(std::move(the_clock)),
        committer(the_store, the_metrics, options.max_waiting, options.max_batch,
                  std::move(on_stored), options.patience),
        on_refused(std::move(when_refused)) {}

  const store::Store& store;
  const adapters::Channels& channels;
  observe::Metrics& metrics;
  Clock clock;
  Committer committer;
  OnRefused on_refused;
  std::mutex resting;  // held by the one whose turn it is to rest
};

Ingest::Ingest(store::Store& store, const adapters::Channels& channels, observe::Metrics& metrics,
               Clock clock, IngestOptions options, std::function<void()> on_stored,
               OnRefused on_refused)
    : state_(std::make_unique<State>(store, channels, metrics, std::move(clock), options,
                                     std::move(on_stored), std::move(on_refused))) {}

Ingest::~Ingest() = default;

bool Ingest::is_crowded() const { return SteadyClock::now() < state_->committer.crowded_until(); }

void Ingest::give_way(SteadyClock::duration took) {
  const std::lock_guard turn(state_->resting);
  const auto until =
      SteadyClock::now() + std::min<SteadyClock::duration>(kRest * took, kLongestRest);
  for (;;) {
    const auto rest_ends = std::min(until, state_->committer.crowded_until());
    if (rest_ends <= SteadyClock::now()) return;
    std::this_thread::sleep_until(rest_ends);
  }
}

void Ingest::handle(net::Request request, net::Respond respond) {
  const auto started = SteadyClock::now();
  const auto took = [started] { return SteadyClock::now() - started; };
  const auto place = place_of(request.path);
  const auto channels = state_->channels.snapshot();
  const auto channel = place ? channels->find(place->channel) : channels->end();
  if (channel == channels->end() ||
      channel->second.adapter->channel().platform != place->platform) {
    state_->metrics.unknown_callback();
    respond(refusal(404));
    return;
  }
  if (request.method != "GET" && request.method != "POST") {
    respond(refusal(405));
    return;
  }
  const adapters::Adapter& adapter = *channel->second.adapter;
  observe::ChannelMetrics& counters =
      state_->metrics.channel(channel->first, adapter.channel().platform);
  const Time now = state_->clock();
  adapters::Callback callback{std::move(request.method), std::move(request.path),
                              std::move(request.query), std::move(request.headers),
                              std::move(request.body)};
  auto opened = adapter.open(callback, now);
  if (!opened) {
    const bool malformed = opened.error().code == ErrorCode::malformed;
    counters.callback(malformed ? CallbackResult::malformed : CallbackResult::refused, now, took());
    observe::log(observe::Level::debug, "callback_refused",
                 {{"channel", channel->first}, {"code", error_text(opened.error().code)}});
    if (state_->on_refused) state_->on_refused(channel->first, channel->second, callback, now);
    respond(refusal(malformed ? 400 : 403));
    return;
  }
  if (opened->payloads.empty()) {
    counters.callback(CallbackResult::answered, now, took());
    respond(response_of(std::move(opened->answer)));
    return;
  }
  Waiting waiting;
  waiting.payloads.reserve(opened->payloads.size());
  for (adapters::Payload& payload : opened->payloads) {
    waiting.payloads.push_back(state_->store.prepare(
        {channel->second.tenant, channel->second.id, now, opened->recipe, std::move(payload.format),
         std::move(payload.dedupe), std::move(payload.order), std::move(payload.bytes),
         payload.moment}));
  }
  // The answer is made now and sent when it has become true.
  waiting.done = [&counters, now, took, respond,
                  answer = std::move(opened->answer)](Commit commit) mutable {
    const bool is_stored = commit == Commit::stored;
    counters.callback(is_stored ? CallbackResult::stored : CallbackResult::failed, now, took());
    respond(is_stored ? response_of(std::move(answer)) : refusal(503));
  };
  if (!state_->committer.submit(std::move(waiting))) {
    counters.callback(CallbackResult::overloaded, now, took());
    respond(refusal(503));
  }
}

}  // namespace guanxi::ingest
