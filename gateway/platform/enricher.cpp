#include "gateway/platform/enricher.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "gateway/observe/log.h"
#include "gateway/observe/thread_name.h"

namespace guanxi::platform {
namespace {

using namespace std::chrono_literals;
using Action = adapters::ApiVerdict::Action;
using SteadyClock = std::chrono::steady_clock;
using TaskState = store::TaskOutcome::State;

constexpr Milliseconds kLease = 60s;
constexpr Milliseconds kPoll = 1s;
constexpr Milliseconds kFirstRetry = 1s;
constexpr Milliseconds kLongestRetry = 30min;
constexpr Milliseconds kFirstAlert = 1min;
constexpr Milliseconds kLongestAlert = 1h;
constexpr Milliseconds kRestart = 5min;  // a list that could not be read to its end, from the start
constexpr Milliseconds kFirstSilence = 2s;
constexpr Milliseconds kLongestSilence = 5min;
constexpr Milliseconds kProbe = 15s;  // longer than one call takes
constexpr std::size_t kClaim = 4;

// A channel whose platform does not answer. That is no single call's affair: it would keep the
// threads from all other channels.
struct Silence {
  int times = 0;        // how often it was found silent in a row
  Time found_at{};      // last
  Time closed_until{};  // then one call may try
};

const std::string& page_of(const store::Task& task) {
  return task.page.empty() ? task.kept : task.page;
}

std::string_view outcome_text(Action action) {
  switch (action) {
    case Action::ok:
      return "ok";
    case Action::refresh:
      return "refresh";
    case Action::retry:
      return "retry";
    case Action::wait:
      return "wait";
    case Action::give_up:
      return "give_up";
    case Action::alert:
      return "alert";
  }
  return "retry";
}

}  // namespace

struct Enricher::State {
  State(store::Store& the_store, const adapters::Channels& the_channels, net::HttpClient& client_,
        Tokens& the_tokens, observe::Metrics& the_metrics, Clock the_clock,
        Randomness the_randomness, EnricherOptions the_options, EnricherHooks the_hooks)
      : store(the_store),
        channels(the_channels),
        client(client_),
        tokens(the_tokens),
        metrics(the_metrics),
        clock(std::move(the_clock)),
        randomness(std::move(the_randomness)),
        options(the_options),
        hooks(std::move(the_hooks)) {}

  store::Store& store;
  const adapters::Channels& channels;
  net::HttpClient& client;
  Tokens& tokens;
  observe::Metrics& metrics;
  Clock clock;
  Randomness randomness;
  EnricherOptions options;
  EnricherHooks hooks;

  std::mutex mutex;
  std::condition_variable condition;
  bool woken = false;
  std::atomic<bool> stopping{false};
  std::map<std::pair<store::ChannelId, std::string>, Time> closed_until;  // guarded by mutex
  std::map<store::ChannelId, Silence> silent;                             // guarded by mutex
  std::vector<std::thread> threads;

  Milliseconds share_of(Milliseconds whole) {
    std::uint8_t bits[2];
    randomness(bits, sizeof bits);
    return whole * (bits[0] * 256 + bits[1]) / 65536;
  }

  // Between half and the whole of a delay that doubles with each attempt.
  Milliseconds backoff(int attempts, Milliseconds first, Milliseconds longest) {
    const int doublings = std::clamp(attempts, 0, 20);
    const Milliseconds whole = std::min(longest, first * (std::int64_t{1} << doublings));
    return whole / 2 + share_of(whole / 2);
  }

  // A quota is the call's, not the task's: until it opens again, no task makes this call.
  void close(const store::Task& task, Milliseconds wait) {
    const std::lock_guard lock(mutex);
    Time& until = closed_until[{task.channel, task.call}];
    until = std::max(until, clock() + wait);
  }

  std::optional<Milliseconds> closed_for(const store::Task& task) {
    const std::lock_guard lock(mutex);
    const auto found = closed_until.find({task.channel, task.call});
    if (found == closed_until.end()) return std::nullopt;
    const Milliseconds rest = found->second - clock();
    if (rest > 0ms) return rest;
    closed_until.erase(found);
    return std::nullopt;
  }

  // How long no call of the channel is made; nothing if this one may be.
  std::optional<Milliseconds> silent_for(store::ChannelId channel) {
    const Time now = clock();
    const std::lock_guard lock(mutex);
    const auto found = silent.find(channel);
    if (found == silent.end()) return std::nullopt;
    const Milliseconds rest = found->second.closed_until - now;
    if (rest > 0ms) return rest;
    found->second.closed_until = now + kProbe;
    return std::nullopt;
  }

  void heard(store::ChannelId channel, bool is_silent, Time asked_at) {
    const Time now = clock();
    const std::lock_guard lock(mutex);
    if (!is_silent) {
      silent.erase(channel);
      return;
    }
    Silence& found = silent[channel];
    if (asked_at < found.found_at) return;  // of a call made beside the one that found it
    found.found_at = now;
    found.closed_until = now + backoff(found.times++, kFirstSilence, kLongestSilence);
  }

  // The call was not made.
  store::TaskOutcome put_off(Milliseconds delay, std::string reason) {
    store::TaskOutcome outcome = again(delay + share_of(delay / 4), std::move(reason));
    outcome.tried = false;
    return outcome;
  }

  store::TaskOutcome again(Milliseconds delay, std::string reason) {
    store::TaskOutcome outcome;
    outcome.state = TaskState::again;
    outcome.due_at = clock() + delay;
    outcome.reason = std::move(reason);
    return outcome;
  }

  static store::TaskOutcome dead(std::string reason) {
    store::TaskOutcome outcome;
    outcome.state = TaskState::dead;
    outcome.reason = std::move(reason);
    return outcome;
  }

  store::TaskOutcome failed(const store::Task& task, Action action, Milliseconds wait,
                            std::string reason) {
    switch (action) {
      case Action::wait:
        close(task, wait);
        // Not all at once when it opens.
        return again(wait + share_of(wait / 4), std::move(reason));
      case Action::give_up: {
        if (page_of(task).empty()) return dead(std::move(reason));
        // A page before it was answered, so it is the cursor that has ended.
        store::TaskOutcome outcome = again(kRestart + share_of(kRestart), std::move(reason));
        outcome.anew = true;
        return outcome;
      }
      case Action::alert:
        if (task.attempts >= options.alert_attempts) return dead(std::move(reason));
        return again(backoff(task.attempts, kFirstAlert, kLongestAlert), std::move(reason));
      default:
        if (task.attempts >= options.transient_attempts) return dead(std::move(reason));
        return again(std::max(wait, backoff(task.attempts, kFirstRetry, kLongestRetry)),
                     std::move(reason));
    }
  }

  struct Call {
    adapters::ApiResponse response;
    adapters::ApiVerdict verdict;
    bool is_made = false;
  };

  Call call_once(const adapters::BoundChannel& channel, const adapters::CallContext& context,
                 const store::Task& task, const std::string& token) {
    const auto request = channel.adapter->call_request(context, page_of(task), token);
    if (!request) {
      Call call;
      call.verdict.action = Action::give_up;
      call.verdict.reason = request.error().detail;
      return call;
    }
    Call call;
    call.is_made = true;
    call.response = send(client, *request);
    call.verdict = channel.adapter->judge(task.call, call.response, clock());
    metrics.channel(channel.adapter->channel().id, channel.adapter->channel().platform)
        .platform_call(task.call, outcome_text(call.verdict.action));
    return call;
  }

  store::TaskOutcome make_call(const store::Task& task, const adapters::BoundChannel& channel) {
    const adapters::Adapter& adapter = *channel.adapter;
    const adapters::CallContext context{task.call, task.arguments, clock()};
    const auto token_name = adapter.token_name(task.call, context.requested_at);
    if (!token_name) return failed(task, Action::give_up, 0ms, token_name.error().detail);
    if (const auto rest = closed_for(task)) {
      return put_off(*rest, "waits for the quota of " + task.call);
    }
    if (const auto rest = silent_for(task.channel)) {
      return put_off(*rest, "its platform does not answer");
    }
    Call call;
    for (const bool first : {true, false}) {
      std::string token;
      if (!token_name->empty()) {
        auto held = tokens.get(channel, *token_name);
        if (!held) {
          // A token that cannot be had is never this task's own fault: a person is asked for.
          const TokenFailure& failure = held.error();
          if (failure.is_silent) heard(task.channel, true, context.requested_at);
          const Action action = failure.action == Action::give_up ? Action::alert : failure.action;
          return failed(task, action, failure.wait, failure.reason);
        }
        token = std::move(*held);
      }
      call = call_once(channel, context, task, token);
      if (call.is_made) heard(task.channel, call.response.status == 0, context.requested_at);
      if (call.verdict.action != Action::refresh) break;
      tokens.expire(channel, *token_name, token);
      if (!first) call.verdict.action = Action::retry;
    }
    count_unknown(task, channel, call.verdict, context.requested_at);
    if (call.verdict.action != Action::ok) {
      return failed(task, call.verdict.action, call.verdict.wait, call.verdict.reason);
    }
    return answered(task, context, adapter, std::move(call.response.body));
  }

  store::TaskOutcome answered(const store::Task& task, const adapters::CallContext& context,
                              const adapters::Adapter& adapter, std::string body) {
    store::TaskOutcome outcome;
    outcome.requested_at = context.requested_at;
    const auto reading = adapter.read_answer(context, body);
    const bool more = reading && !reading->next_page.empty() && reading->next_page != page_of(task);
    outcome.state = more ? TaskState::next_page : TaskState::done;
    if (more) {
      outcome.next_page = reading->next_page;
      outcome.due_at = clock();
    } else {
      outcome.kept = reading && !reading->kept_page.empty() ? reading->kept_page : task.kept;
    }
    outcome.answer = std::move(body);
    return outcome;
  }

  void count_unknown(const store::Task& task, const adapters::BoundChannel& channel,
                     const adapters::ApiVerdict& verdict, Time now) {
    if (verdict.known || verdict.action == Action::ok) return;
    metrics.channel(channel.adapter->channel().id, channel.adapter->channel().platform)
        .drift(models::drift_kind_text(models::Drift::Kind::unknown_error));
    store::Batch batch;
    models::Drift drift{models::Drift::Kind::unknown_error, task.call, verdict.code, verdict.code};
    batch.drift.push_back(
        {task.tenant, task.channel, channel.adapter->pack_at(now).version(), drift, 1, now});
    if (const auto written = store.write(batch); !written) {
      observe::log(observe::Level::warning, "drift_lost", {{"error", written.error().detail}});
    }
  }

  void work(const store::Task& task) {
    const auto snapshot = channels.snapshot();
    const auto channel = std::ranges::find_if(
        *snapshot, [&](const auto& entry) { return entry.second.id == task.channel; });
    const store::TaskOutcome outcome =
        channel == snapshot->end()
            ? again(kLongestAlert, "its channel is not in the configuration any more")
            : make_call(task, channel->second);
    const auto started = SteadyClock::now();
    const auto settled = store.settle(task, outcome);
    const auto took = SteadyClock::now() - started;
    tell(task, outcome, settled);
    give_way(took);
  }

  void tell(const store::Task& task, const store::TaskOutcome& outcome,
            const Result<void>& settled) {
    if (!settled) {
      observe::log(observe::Level::warning, "task_not_settled",
                   {{"task", task.id}, {"error", settled.error().detail}});
      return;
    }
    if (outcome.state == TaskState::dead) {
      observe::log(observe::Level::warning, "task_dead",
                   {{"event", task.cause}, {"call", task.call}, {"reason", outcome.reason}});
    }
    if (outcome.answer && hooks.on_answer) hooks.on_answer();
  }

  void give_way(SteadyClock::duration took) {
    if (hooks.give_way) hooks.give_way(took);
  }

  Result<std::size_t> work_once(std::size_t limit) {
    const Time now = clock();
    auto tasks = store.claim_tasks(now, now + kLease, limit);
    if (!tasks) return fail(tasks.error().code, tasks.error().detail);
    for (const store::Task& task : *tasks) work(task);
    return tasks->size();
  }

  void run() {
    while (!stopping) {
      const auto worked = work_once(kClaim);
      if (worked && *worked > 0) continue;
      std::unique_lock lock(mutex);
      condition.wait_for(lock, kPoll, [&] { return woken || stopping; });
      woken = false;
    }
  }
};

Enricher::Enricher(store::Store& store, const adapters::Channels& channels, net::HttpClient& client,
                   Tokens& tokens, observe::Metrics& metrics, Clock clock, Randomness randomness,
                   EnricherOptions options, EnricherHooks hooks)
    : state_(std::make_unique<State>(store, channels, client, tokens, metrics, std::move(clock),
                                     std::move(randomness), options, std::move(hooks))) {}

Enricher::~Enricher() { stop(); }

Result<std::size_t> Enricher::work_once(std::size_t limit) { return state_->work_once(limit); }

void Enricher::start() {
  for (std::size_t i = 0; i < state_->options.threads; ++i) {
    state_->threads.emplace_back([this] {
      observe::name_thread("enricher");
      state_->run();
    });
  }
}

void Enricher::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->condition.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
  state_->threads.clear();
}

void Enricher::wake() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->woken = true;
  }
  state_->condition.notify_one();
}

}  // namespace guanxi::platform
