#include "gateway/api/api.h"

#include <algorithm>
#include <cctype>
#include <exception>
#include <utility>

#include "crypto/random.h"
#include "gateway/api/endpoints.h"
#include "gateway/api/routes.h"
#include "gateway/api/waiting_room.h"
#include "gateway/api/workers.h"
#include "gateway/observe/log.h"

namespace guanxi::api {
namespace {

// What "Authorization: Bearer …" carries; nothing when the header is absent or of another scheme.
std::optional<std::string_view> bearer_of(const net::Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  std::string_view value = request.header("Authorization");
  if (value.size() <= kScheme.size()) return std::nullopt;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(value[i])) != kScheme[i]) return std::nullopt;
  }
  value.remove_prefix(kScheme.size());
  while (value.starts_with(' ')) value.remove_prefix(1);
  return value;
}

Problem unauthorized(bool tried) {
  return {ProblemCode::unauthorized,
          tried ? "the API key is unknown or revoked" : "send Authorization: Bearer gx_…",
          {},
          {{"WWW-Authenticate", tried ? R"(Bearer realm="guanxi", error="invalid_token")"
                                      : R"(Bearer realm="guanxi")"}}};
}

Problem insufficient(Scope scope) {
  const std::string text(scope_text(scope));
  return {ProblemCode::insufficient_scope,
          "the API key lacks the scope " + text,
          {},
          {{"WWW-Authenticate",
            R"(Bearer realm="guanxi", error="insufficient_scope", scope=")" + text + '"'}}};
}

// One request on its way, whoever answers it.
struct Exchange {
  net::Request request;
  net::Respond respond;
  Match match;
  std::string trace_id = crypto::random_token(12);
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  std::string key;  // id of the API key, for the log
};

}  // namespace

struct Api::State {
  Context context;
  ApiOptions options;
  KeyRing keys;
  WaitingRoom room;
  std::unique_ptr<Pulse> pulse;
  Workers health;   // not held up by what waits for the store
  Workers workers;  // last: ends first

  State(const Context& given, const ApiOptions& chosen)
      : context(given),
        options(chosen),
        keys(given.store, given.clock),
        room(given, keys, chosen.most_waiting, chosen.poll),
        pulse(chosen.threads > 0 ? std::make_unique<Pulse>(given.store, chosen.health_patience)
                                 : nullptr),
        health(std::min<std::size_t>(chosen.threads, 1), chosen.longest_queue),
        workers(chosen.threads, chosen.longest_queue) {
    context.pulse = pulse.get();
    if (options.threads > 0) room.start();
  }

  void finish(Exchange& exchange, Outcome outcome);
  Checked<Caller> authorize(const net::Request& request, Scope scope);
  void work(const std::shared_ptr<Exchange>& exchange);
  void answer(const std::shared_ptr<Exchange>& exchange);
  void answer_changes(const std::shared_ptr<Exchange>& exchange, const Call& call);
};

void Api::State::finish(Exchange& exchange, Outcome outcome) {
  net::Response response =
      outcome ? std::move(*outcome) : problem_response(outcome.error(), exchange.trace_id);
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("X-Request-Id", exchange.trace_id);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - exchange.began;
  const Route* route = exchange.match.route;
  const std::string_view pattern = route == nullptr ? "none" : route->pattern;
  context.metrics.request(pattern, response.status, took);
  const bool service = route != nullptr && !route->pattern.starts_with("/v1/");
  observe::log(response.status >= 500 ? observe::Level::warning
               : service              ? observe::Level::debug
                                      : observe::Level::info,
               "request",
               {{"method", exchange.request.method},
                {"route", pattern},
                {"status", response.status},
                {"ms", took.count() * 1000},
                {"key", exchange.key.empty() ? "-" : exchange.key},
                {"trace_id", exchange.trace_id}});
  exchange.respond(std::move(response));
}

Checked<Caller> Api::State::authorize(const net::Request& request, Scope scope) {
  const auto secret = bearer_of(request);
  if (!secret) return tl::unexpected(unauthorized(false));
  auto caller = keys.find(*secret);
  if (!caller) return tl::unexpected(problem_from(caller.error()));
  if (!*caller) return tl::unexpected(unauthorized(true));
  if (!(*caller)->may(scope)) return tl::unexpected(insufficient(scope));
  return std::move(**caller);
}

void Api::State::answer_changes(const std::shared_ptr<Exchange>& exchange, const Call& call) {
  const auto query = read_changes_query(context, call);
  if (!query) return finish(*exchange, tl::unexpected(query.error()));
  auto found = find_changes(context, call.caller, *query);
  if (!found) return finish(*exchange, tl::unexpected(std::move(found.error())));
  if (*found) return finish(*exchange, std::move(**found));
  if (query->wait.count() == 0) {
    return finish(*exchange, no_changes(context, call.caller, *query));
  }
  room.enter({call.caller, std::string(bearer_of(exchange->request).value_or("")), *query,
              context.clock() + query->wait,
              [this, exchange](Outcome outcome) { finish(*exchange, std::move(outcome)); }});
}

void Api::State::answer(const std::shared_ptr<Exchange>& exchange) {
  const Route& route = *exchange->match.route;
  Call call{exchange->request, exchange->match.item, {}, {}};
  if (route.scope) {
    auto caller = authorize(exchange->request, *route.scope);
    if (!caller) return finish(*exchange, tl::unexpected(std::move(caller.error())));
    call.caller = std::move(*caller);
    exchange->key = format_uuid(call.caller.key);
  }
  auto parameters = Parameters::read(exchange->request.query, route.parameters);
  if (!parameters) return finish(*exchange, tl::unexpected(std::move(parameters.error())));
  call.parameters = std::move(*parameters);
  if (route.endpoint == nullptr) return answer_changes(exchange, call);
  finish(*exchange, route.endpoint(context, call));
}

void Api::State::work(const std::shared_ptr<Exchange>& exchange) {
  try {
    answer(exchange);
  } catch (const std::exception& error) {
    observe::log(observe::Level::error, "request_failed",
                 {{"trace_id", exchange->trace_id}, {"what", error.what()}});
    finish(*exchange, tl::unexpected(Problem{ProblemCode::internal_error, "unexpected failure"}));
  }
}

Api::Api(store::Store& store, adapters::Channels& channels, observe::Metrics& metrics, Clock clock,
         ApiOptions options)
    : state_(std::make_unique<State>(Context{store, channels, metrics, std::move(clock), nullptr,
                                             options.replay, options.people},
                                     options)) {}

Api::~Api() { stop(); }

void Api::handle(net::Request request, net::Respond respond) {
  const auto exchange = std::make_shared<Exchange>();
  exchange->request = std::move(request);
  exchange->respond = std::move(respond);
  auto match = match_route(exchange->request.method, exchange->request.path);
  if (!match) return state_->finish(*exchange, tl::unexpected(std::move(match.error())));
  exchange->match = std::move(*match);
  if (exchange->request.body.size() > state_->options.body_bytes) {
    return state_->finish(*exchange,
                          tl::unexpected(Problem{
                              ProblemCode::body_too_large,
                              "at most " + std::to_string(state_->options.body_bytes) + " bytes"}));
  }
  if (exchange->match.route->pattern == "/healthz") return state_->work(exchange);
  const bool is_health = exchange->match.route->pattern == "/readyz";
  Workers& workers = is_health ? state_->health : state_->workers;
  if (!workers.submit([state = state_.get(), exchange] { state->work(exchange); })) {
    state_->finish(*exchange, tl::unexpected(Problem{ProblemCode::overloaded,
                                                     "too many requests are waiting"}));
  }
}

void Api::wake() { state_->room.wake(); }
void Api::look_at_changes() { state_->room.look(); }
void Api::end_waiting() { state_->room.close(); }

void Api::stop() {
  state_->room.close();
  state_->workers.stop();
  state_->health.stop();
}

}  // namespace guanxi::api
