#include "gateway/app/gateway.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "adapters/bound_channel.h"
#include "adapters/registry.h"
#include "crypto/random.h"
#include "gateway/api/api.h"
#include "gateway/api/problem.h"
#include "gateway/app/console.h"
#include "gateway/app/file_limit.h"
#include "gateway/app/people.h"
#include "gateway/app/rules_watch.h"
#include "gateway/app/store_access.h"
#include "gateway/ingest/ingest.h"
#include "gateway/ingest/quarantine.h"
#include "gateway/net/http_client.h"
#include "gateway/net/http_server.h"
#include "gateway/observe/log.h"
#include "gateway/observe/metrics.h"
#include "gateway/pipeline/pipeline.h"
#include "gateway/pipeline/replay.h"
#include "gateway/platform/enricher.h"
#include "gateway/platform/tokens.h"
#include "models/ids.h"

namespace guanxi::app {
namespace {

constexpr Milliseconds kPatience{10'000};
constexpr Milliseconds kShortest{1'000};

std::size_t threads_of(const Config& config) {
  if (config.server.threads > 0) return config.server.threads;
  return std::max(1U, std::thread::hardware_concurrency());
}

// What the public listener says of a request that it refuses, as ingest does: nothing but the
// status.
net::Response empty_refusal(int status) {
  net::Response response;
  response.status = status;
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

// Says which setting is at fault when a listener cannot start.
std::unique_ptr<net::Server> listen(const char* setting, net::IoThreads& threads,
                                    net::ServerOptions options, net::Handler handler) {
  try {
    return std::make_unique<net::Server>(threads, std::move(options), std::move(handler));
  } catch (const std::exception& error) {
    throw CommandFailed(std::string(setting) + ": " + error.what());
  }
}

}  // namespace

struct Gateway::State {
  Config config;
  Clock clock;
  std::string holder;
  observe::Metrics metrics;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<adapters::Registry> registry;
  adapters::Channels channels;
  std::unique_ptr<net::HttpClient> client = net::make_http_client();
  std::atomic<bool> serving{false};  // both listeners exist
  std::atomic<bool> stopped{false};
  mutable std::mutex rules_mutex;  // over what a reload replaces: config, registry, taken
  std::string rules_taken;

  std::unique_ptr<platform::Tokens> tokens;
  std::atomic<int> replays{0};  // each holds the lease by itself
  std::unique_ptr<People> people;
  std::unique_ptr<api::Api> api;
  std::unique_ptr<platform::Enricher> enricher;
  std::unique_ptr<pipeline::Pipeline> pipeline;
  std::unique_ptr<ingest::Quarantine> quarantine;
  std::unique_ptr<ingest::Ingest> ingest;
  std::unique_ptr<net::IoThreads> threads;
  std::unique_ptr<net::Server> public_server;
  std::unique_ptr<net::Server> private_server;

  State(const Config& given, Clock time)
      : config(given),
        clock(std::move(time)),
        holder(format_uuid(make_uuid(clock(), crypto::fill_random))) {}

  void open();
  Result<std::string> rules_of(const std::string& dir) const;
  Result<void> reload(const Config& next);
  Result<models::Json> replay_event(store::TenantId tenant, std::int64_t seq);
  void tell_new_packs(const adapters::Registry& next) const;
  void wire();
  net::ServerLimits limits() const;
  void serve();
};

// Whatever changes on the way from here to the binding is seen as changed afterwards.
Result<std::string> Gateway::State::rules_of(const std::string& dir) const {
  const auto log = store->activations();
  if (!log) return tl::unexpected(log.error());
  return fingerprint_of(dir) + "activations " + std::to_string(log->size());
}

void Gateway::State::open() {
  const std::string files = fingerprint_of(config.rules_dir);
  registry = std::make_unique<adapters::Registry>(config.rules_dir);
  need(check_survivorship(config, registry->platforms()));
  // Bound once without the store first, so that a wrong file is refused before anything is written.
  for (const ChannelConfig& channel : config.channels)
    need(bind_channel(config, channel, *registry));
  store = open_ready_store(config);
  rules_taken = need(rules_of(config.rules_dir), "store.url");
  if (!rules_taken.starts_with(files)) rules_taken.clear();
  channels.replace(need(bind_channels(config, *registry, *store, clock())));
}

void Gateway::State::wire() {
  tokens = std::make_unique<platform::Tokens>(
      *store, *client, metrics, clock, holder,
      [](Milliseconds pause) { std::this_thread::sleep_for(pause); });
  people = std::make_unique<People>(*store, clock, holder + " people", config.identity,
                                    config.survivorship.policy, [this] { api->wake(); });
  api = std::make_unique<api::Api>(
      *store, channels, metrics, clock,
      api::ApiOptions{.body_bytes = config.server.limits.body_bytes,
                      .replay = [this](auto tenant, auto seq) { return replay_event(tenant, seq); },
                      .people = people.get()});
  enricher = std::make_unique<platform::Enricher>(
      *store, channels, *client, *tokens, metrics, clock, crypto::fill_random,
      platform::EnricherOptions{},
      platform::EnricherHooks{[this] { pipeline->wake(); },
                              [this](auto took) { ingest->give_way(took); }});
  pipeline = std::make_unique<pipeline::Pipeline>(
      *store, channels, metrics, clock, crypto::fill_random,
      pipeline::PipelineOptions{
          .holder = holder, .policy = config.identity, .survivorship = config.survivorship.policy},
      pipeline::PipelineHooks{[this] { api->wake(); }, [this] { enricher->wake(); },
                              [this] { return ingest->is_crowded(); },
                              [this](auto took) { ingest->give_way(took); }});
  quarantine = std::make_unique<ingest::Quarantine>(
      *store, channels, metrics, clock, ingest::QuarantineOptions{}, [this] { pipeline->wake(); });
  ingest = std::make_unique<ingest::Ingest>(
      *store, channels, metrics, clock,
      ingest::IngestOptions{.max_waiting = config.server.max_waiting_callbacks},
      [this] { pipeline->wake(); },
      [this](const std::string& channel, const adapters::BoundChannel& bound,
             const adapters::Callback& callback,
             Time at) { quarantine->keep(channel, bound, callback, at); });
  metrics.before_render([this](observe::Metrics& self) {
    if (const auto backlog = store->backlog()) {
      self.set_backlog(backlog->waiting, backlog->tasks, backlog->dead_tasks);
    }
    if (!serving) return;
    self.set_connections("public", public_server->connections());
    self.set_connections("private", private_server->connections());
  });
}

Result<models::Json> Gateway::State::replay_event(store::TenantId tenant, std::int64_t seq) {
  const auto row = store->event(tenant, seq);
  if (!row) return tl::unexpected(row.error());
  if (!*row) return fail(ErrorCode::not_found, "");
  if ((*row)->status == store::RowStatus::received || (*row)->status == store::RowStatus::held) {
    return fail(ErrorCode::conflict,
                "this event has not been worked yet; nothing is to be replayed");
  }
  pipeline::Replayer replayer(*store, *channels.snapshot(), clock, crypto::fill_random,
                              holder + " replay " + std::to_string(++replays), config.identity,
                              config.survivorship.policy);
  const auto report = replayer.replay({**row}, {});
  if (!report) return tl::unexpected(report.error());
  api->wake();
  return pipeline::report_json(*report);
}

net::ServerLimits Gateway::State::limits() const {
  net::ServerLimits limits = config.server.limits;
  const std::size_t files = raise_file_limit();
  limits.connections = connections_within(files, limits.connections);
  if (limits.connections < config.server.limits.connections) {
    observe::log(observe::Level::warning, "few_connections",
                 {{"connections", limits.connections},
                  {"because", "the system allows few open files"},
                  {"files", files},
                  {"cure", "raise LimitNOFILE of the service, or ulimit -Hn"}});
  }
  return limits;
}

void Gateway::State::serve() {
  const ServerConfig& server = config.server;
  const net::ServerLimits limits = this->limits();
  threads = std::make_unique<net::IoThreads>(threads_of(config));
  const net::Handler for_platforms = [this](net::Request request, net::Respond respond) {
    if (!request.path.starts_with("/callbacks/")) return respond(empty_refusal(404));
    ingest->handle(std::move(request), std::move(respond));
  };
  public_server =
      listen("server.public", *threads,
             {server.public_address, limits, server.tls_certificate, server.tls_key, empty_refusal},
             for_platforms);
  private_server = listen("server.private", *threads,
                          {server.private_address, limits, server.tls_certificate, server.tls_key,
                           api::listener_refusal},
                          [this](net::Request request, net::Respond respond) {
                            api->handle(std::move(request), std::move(respond));
                          });
  serving = true;
  enricher->start();
  pipeline->start();
}

Gateway::Gateway(const Config& config, Clock clock)
    : state_(std::make_unique<State>(config, std::move(clock))) {
  observe::set_log_level(config.log_level);
  state_->open();
  state_->wire();
  try {
    state_->serve();
  } catch (...) {
    stop();
    throw;
  }
  observe::log(observe::Level::info, "started",
               {{"public", config.server.public_address},
                {"public_port", public_port()},
                {"private", config.server.private_address},
                {"private_port", private_port()},
                {"channels", config.channels.size()}});
}

Gateway::~Gateway() { stop(); }

std::uint16_t Gateway::public_port() const { return state_->public_server->port(); }
std::uint16_t Gateway::private_port() const { return state_->private_server->port(); }
store::Store& Gateway::store() { return *state_->store; }

void Gateway::State::tell_new_packs(const adapters::Registry& next) const {
  for (const auto& platform : next.platforms()) {
    for (const std::string& version : platform.added_versions) {
      const auto pack = next.pack(platform.name, version);
      const auto before = registry->pack(platform.name, version);
      if (pack == nullptr || (before != nullptr && before->hash() == pack->hash())) continue;
      observe::log(observe::Level::info, "rules_loaded",
                   {{"platform", platform.name}, {"version", version}, {"hash", pack->hash()}});
    }
  }
}

Result<void> Gateway::State::reload(const Config& next) {
  auto taken = rules_of(next.rules_dir);
  if (!taken) return tl::unexpected(std::move(taken.error()));
  std::unique_ptr<adapters::Registry> loaded;
  try {
    loaded = std::make_unique<adapters::Registry>(next.rules_dir);
  } catch (const std::exception& error) {
    return fail(ErrorCode::malformed, error.what());
  }
  auto map = bind_channels(next, *loaded, *store, clock());
  if (!map) return tl::unexpected(std::move(map.error()));
  tell_new_packs(*loaded);
  channels.replace(std::move(*map));
  quarantine->review();
  registry.swap(loaded);
  config.channels = next.channels;
  config.rules_dir = next.rules_dir;
  config.log_level = next.log_level;
  rules_taken = *std::move(taken);
  observe::set_log_level(next.log_level);
  return {};
}

Result<void> Gateway::reload(const Config& config) {
  const std::lock_guard lock(state_->rules_mutex);
  return state_->reload(config);
}

Result<void> Gateway::reload_rules() {
  const std::lock_guard lock(state_->rules_mutex);
  const Config same = state_->config;
  return state_->reload(same);
}

std::string Gateway::rules_taken() const {
  const std::lock_guard lock(state_->rules_mutex);
  return state_->rules_taken;
}

std::string Gateway::rules_present() const {
  std::string dir;
  {
    const std::lock_guard lock(state_->rules_mutex);
    dir = state_->config.rules_dir;
  }
  // A store that does not answer tells of no change.
  auto rules = state_->rules_of(dir);
  return rules ? *std::move(rules) : rules_taken();
}

void Gateway::stop() {
  if (state_->stopped.exchange(true)) return;
  bool whole = true;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  const auto rest = [&] {
    const auto left =
        std::chrono::duration_cast<Milliseconds>(until - std::chrono::steady_clock::now());
    return std::max(left, kShortest);
  };
  if (state_->public_server) whole = state_->public_server->drain(kPatience);
  if (state_->api) state_->api->end_waiting();
  if (state_->private_server) whole = state_->private_server->drain(rest()) && whole;
  if (state_->pipeline) state_->pipeline->stop();
  if (state_->enricher) state_->enricher->stop();
  if (state_->api) state_->api->stop();
  state_->ingest.reset();
  state_->quarantine.reset();
  if (state_->serving) observe::log(observe::Level::info, "stopped", {{"all_answered", whole}});
}

}  // namespace guanxi::app
