#include "gateway/app/gateway.h"

#include <atomic>
#include <exception>
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
#include "gateway/app/store_access.h"
#include "gateway/ingest/ingest.h"
#include "gateway/net/http_client.h"
#include "gateway/net/http_server.h"
#include "gateway/observe/log.h"
#include "gateway/observe/metrics.h"
#include "gateway/pipeline/pipeline.h"
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

net::Response not_found() {
  net::Response response;
  response.status = 404;
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

  std::unique_ptr<platform::Tokens> tokens;
  std::unique_ptr<api::Api> api;
  std::unique_ptr<platform::Enricher> enricher;
  std::unique_ptr<pipeline::Pipeline> pipeline;
  std::unique_ptr<ingest::Ingest> ingest;
  std::unique_ptr<net::IoThreads> threads;
  std::unique_ptr<net::Server> public_server;
  std::unique_ptr<net::Server> private_server;

  State(const Config& given, Clock time)
      : config(given),
        clock(std::move(time)),
        holder(format_uuid(make_uuid(clock(), crypto::fill_random))) {}

  void open();
  void wire();
  net::ServerLimits limits() const;
  void serve();
};

void Gateway::State::open() {
  registry = std::make_unique<adapters::Registry>(config.rules_dir);
  // Bound once without the store first, so that a wrong file is refused before anything is written.
  for (const ChannelConfig& channel : config.channels)
    need(bind_channel(config, channel, *registry));
  store = open_ready_store(config);
  channels.replace(need(bind_channels(config, *registry, *store, clock())));
}

void Gateway::State::wire() {
  tokens = std::make_unique<platform::Tokens>(
      *store, *client, metrics, clock, holder,
      [](Milliseconds pause) { std::this_thread::sleep_for(pause); });
  api = std::make_unique<api::Api>(*store, channels, metrics, clock,
                                   api::ApiOptions{.body_bytes = config.server.limits.body_bytes});
  enricher = std::make_unique<platform::Enricher>(
      *store, channels, *client, *tokens, metrics, clock, crypto::fill_random,
      platform::EnricherOptions{},
      platform::EnricherHooks{[this] { pipeline->wake(); },
                              [this](auto took) { ingest->give_way(took); }});
  pipeline = std::make_unique<pipeline::Pipeline>(
      *store, channels, metrics, clock, crypto::fill_random,
      pipeline::PipelineOptions{.holder = holder},
      pipeline::PipelineHooks{[this] { api->wake(); }, [this] { enricher->wake(); },
                              [this] { return ingest->is_crowded(); },
                              [this](auto took) { ingest->give_way(took); }});
  ingest = std::make_unique<ingest::Ingest>(
      *store, channels, metrics, clock,
      ingest::IngestOptions{.max_waiting = config.server.max_waiting_callbacks},
      [this] { pipeline->wake(); });
  metrics.before_render([this](observe::Metrics& self) {
    if (const auto backlog = store->backlog()) {
      self.set_backlog(backlog->waiting, backlog->tasks, backlog->dead_tasks);
    }
    if (!serving) return;
    self.set_connections("public", public_server->connections());
    self.set_connections("private", private_server->connections());
  });
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
    if (!request.path.starts_with("/callbacks/")) return respond(not_found());
    ingest->handle(std::move(request), std::move(respond));
  };
  public_server = listen("server.public", *threads,
                         {server.public_address, limits, server.tls_certificate, server.tls_key},
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

Result<void> Gateway::reload(const Config& config) {
  std::unique_ptr<adapters::Registry> registry;
  try {
    registry = std::make_unique<adapters::Registry>(config.rules_dir);
  } catch (const std::exception& error) {
    return fail(ErrorCode::malformed, error.what());
  }
  auto map = bind_channels(config, *registry, *state_->store, state_->clock());
  if (!map) return tl::unexpected(std::move(map.error()));
  state_->channels.replace(std::move(*map));
  state_->registry.swap(registry);
  observe::set_log_level(config.log_level);
  return {};
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
  if (state_->serving) observe::log(observe::Level::info, "stopped", {{"all_answered", whole}});
}

}  // namespace guanxi::app
