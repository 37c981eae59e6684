#include "adapters/channel_adapter.h"

#include <algorithm>
#include <iterator>

#include "adapters/rules/api.h"
#include "adapters/rules/normalize.h"

namespace guanxi::adapters {
namespace {

using models::Json;

constexpr std::string_view kLatest = "latest";

bool names_version(const std::string& rules) { return !rules.empty() && rules != kLatest; }

// Whether the pack knows all that was read.
bool fits(const Reading& reading) {
  return std::ranges::all_of(reading.events, [](const models::Event& event) {
    return event.status != models::Event::Status::unmapped && event.drift.empty();
  });
}

tl::unexpected<Error> no_call(std::string_view call) {
  return fail(ErrorCode::not_found, "the rules have no call \"" + std::string(call) + "\"");
}

tl::unexpected<Error> no_token(std::string_view token) {
  return fail(ErrorCode::not_found, "the rules have no token \"" + std::string(token) + "\"");
}

}  // namespace

Result<std::shared_ptr<const Adapter>> ChannelAdapter::bind(
    std::shared_ptr<const rules::Platform> platform, const ChannelSettings& channel) {
  auto settings = rules::complete_settings(platform->manifest, channel);
  if (!settings) return tl::unexpected<Error>(settings.error());
  const std::shared_ptr<ChannelAdapter> adapter(new ChannelAdapter);
  adapter->platform_ = platform;
  adapter->channel_ = channel;
  adapter->channel_.settings = std::move(*settings);
  const bool pinned = names_version(channel.rules);
  const bool chosen = pinned || names_version(channel.activated);
  const std::string& version_chosen = pinned ? channel.rules : channel.activated;
  if (chosen && !platform->packs.contains(version_chosen)) {
    const std::string what =
        pinned ? "rules = \"" + version_chosen + "\" is no version of " + platform->name
               : "version " + version_chosen + " of " + platform->name +
                     " was activated and is not there; bring its file back, or take it back with "
                     "guanxi rules activate";
    return fail(ErrorCode::malformed, "channel \"" + channel.id + "\": " + what +
                                          "; the newest is " + platform->packs.rbegin()->first);
  }
  // Held until all packs have their transport and the newest is compiled.
  const auto files = platform->source ? platform->source->files() : nullptr;
  // Packs that share a transport share its keys too.
  std::map<const protocol::Transport*, std::shared_ptr<const protocol::BoundTransport>> bound;
  for (const auto& [version, pack] : platform->packs) {
    if (chosen && version != version_chosen) continue;
    const auto unbound = pack->transport();
    auto& transport = bound[unbound.get()];
    if (transport == nullptr) {
      auto result =
          protocol::BoundTransport::bind(unbound, adapter->channel_.settings, channel.freshness);
      if (!result) {
        return fail(result.error().code,
                    "channel \"" + channel.id + "\": " + result.error().detail);
      }
      transport = std::move(*result);
    }
    Version& added = adapter->versions_[version];
    added.pack = pack;
    added.transport = transport;
  }
  adapter->scopes_of(adapter->newest());
  return std::shared_ptr<const Adapter>(adapter);
}

ChannelAdapter::Versions::const_iterator ChannelAdapter::place_at(Time time) const {
  auto later = versions_.upper_bound(beijing_day(time));
  if (later != versions_.begin()) --later;
  return later;
}

const rules::Scopes& ChannelAdapter::scopes_of(const Version& version) const {
  std::call_once(version.scoped, [&] {
    version.scopes_made =
        rules::Scopes(version.pack->plan(), platform_->manifest, channel_.settings);
  });
  return version.scopes_made;
}

Result<Opened> ChannelAdapter::open(const Callback& callback, Time now) const {
  return version_at(now).transport->open(callback, now);
}

Result<Opened> ChannelAdapter::open_late(const Callback& callback, Time received_at) const {
  auto version = place_at(received_at);
  auto opened = version->second.transport->open(callback, received_at);
  const auto* tried = version->second.transport.get();
  while (!opened && ++version != versions_.end()) {
    if (version->second.transport.get() == tried) continue;
    tried = version->second.transport.get();
    opened = version->second.transport->open(callback, received_at);
  }
  return opened;
}

const Pack& ChannelAdapter::pack_at(Time received_at) const {
  return *version_at(received_at).pack;
}

Result<Reading> ChannelAdapter::read_payload(std::string_view recipe, std::string_view format,
                                             std::string_view bytes, Time received_at) const {
  auto tree = protocol::parse_tree(format, bytes);
  if (!tree) return tl::unexpected<Error>(tree.error());
  const auto of_day = place_at(received_at);
  auto place = of_day;
  while (place != versions_.end() && !place->second.transport->has(recipe)) ++place;
  if (place == versions_.end()) place = of_day;
  Reading reading = read_by(place->second, recipe, std::move(*tree), received_at);
  if (fits(reading)) return reading;
  const auto try_neighbour = [&](const Version& neighbour) {
    if (!neighbour.transport->has(recipe)) return false;
    auto again = protocol::parse_tree(format, bytes);
    GUANXI_CHECK(again.has_value());
    Reading other = read_by(neighbour, recipe, std::move(*again), received_at);
    if (!fits(other)) return false;
    reading = std::move(other);
    return true;
  };
  if (const auto next = std::next(place); next != versions_.end() && try_neighbour(next->second)) {
    return reading;
  }
  if (place != versions_.begin()) try_neighbour(std::prev(place)->second);
  return reading;
}

Reading ChannelAdapter::read_by(const Version& version, std::string_view recipe, Json tree,
                                Time received_at) const {
  const rules::RulePlan& plan = version.pack->plan();
  rules::Situation situation{plan, scopes_of(version), models::Trust::account_bound, received_at};
  if (const auto weak = plan.recipe_trust.find(recipe); weak != plan.recipe_trust.end()) {
    situation.trust = weak->second;
  }
  return {rules::read_message(situation, recipe, std::move(tree)), {}, {}, version.pack.get()};
}

Result<Reading> ChannelAdapter::read_answer(const CallContext& context,
                                            std::string_view bytes) const {
  const Version& version = version_at(context.requested_at);
  const rules::RulePlan& plan = version.pack->plan();
  const auto call = plan.api.calls.find(context.call);
  if (call == plan.api.calls.end()) return no_call(context.call);
  auto tree = protocol::parse_tree("json", bytes);
  if (!tree) return tl::unexpected<Error>(tree.error());
  Reading reading;
  reading.pack = version.pack.get();
  const ApiVerdict verdict = rules::judge_body(call->second.errors, *tree);
  if (verdict.action != ApiVerdict::Action::ok) {
    // Failures carry the endpoint's empty lists, which say nothing of the object.
    models::Event event;
    event.status = models::Event::Status::none;
    event.name = context.call;
    event.at = context.requested_at;
    if (!verdict.known) {
      event.drift.push_back({models::Drift::Kind::unknown_error, context.call, "", verdict.code});
    }
    reading.events.push_back(std::move(event));
    return reading;
  }
  const rules::Situation situation{plan, scopes_of(version), models::Trust::account_bound,
                                   context.requested_at};
  reading.events = rules::read_answer(situation, call->second, context, *tree);
  if (call->second.pages) {
    const auto asked = context.arguments.find("page");
    const bool told = asked != context.arguments.end() && asked->is_string();
    reading.next_page = rules::next_page(*call->second.pages, *tree,
                                         told ? asked->get<std::string>() : std::string());
    reading.kept_page = rules::kept_page(*call->second.pages, *tree);
  }
  return reading;
}

std::vector<std::string> ChannelAdapter::token_names(Time now) const {
  std::vector<std::string> names;
  for (const auto& [name, plan] : version_at(now).pack->plan().api.tokens) {
    if (token_request(name, now)) names.push_back(name);
  }
  return names;
}

Result<std::string> ChannelAdapter::token_name(std::string_view call, Time now) const {
  const auto& calls = version_at(now).pack->plan().api.calls;
  const auto found = calls.find(call);
  if (found == calls.end()) return no_call(call);
  return found->second.token;
}

Result<ApiRequest> ChannelAdapter::token_request(std::string_view token_name, Time now) const {
  const Version& version = version_at(now);
  const auto& tokens = version.pack->plan().api.tokens;
  const auto found = tokens.find(token_name);
  if (found == tokens.end()) return no_token(token_name);
  const rules::RequestPlan& plan = found->second.request;
  return signed_request(version, plan,
                        rules::build_request(plan, channel_.settings, Json::object(), "", now));
}

Result<ApiRequest> ChannelAdapter::signed_request(const Version& version,
                                                  const rules::RequestPlan& plan,
                                                  Result<ApiRequest> request) {
  if (!request || !plan.sign) return request;
  const auto signature = version.transport->sign(plan.sign->with, rules::as_callback(*request));
  if (!signature) return fail(ErrorCode::malformed, signature.error().detail);
  if (auto put = rules::put_signature(*plan.sign, *signature, *request); !put) {
    return tl::unexpected(std::move(put.error()));
  }
  return request;
}

Result<Token> ChannelAdapter::read_token(std::string_view token_name, const ApiResponse& response,
                                         Time now) const {
  const rules::ApiPlan& api = version_at(now).pack->plan().api;
  const auto found = api.tokens.find(token_name);
  if (found == api.tokens.end()) return no_token(token_name);
  const ApiVerdict verdict = rules::judge_answer(api.errors, response, now);
  if (verdict.action != ApiVerdict::Action::ok) {
    const bool later =
        verdict.action == ApiVerdict::Action::retry || verdict.action == ApiVerdict::Action::wait;
    return fail(later ? ErrorCode::unavailable : ErrorCode::malformed,
                "the platform gives no token: " + verdict.reason);
  }
  const auto tree = protocol::parse_tree("json", response.body);
  if (!tree) return fail(ErrorCode::malformed, "the token's answer is no JSON");
  return rules::read_token(found->second, *tree);
}

Result<ApiRequest> ChannelAdapter::call_request(const CallContext& context, std::string_view page,
                                                std::string_view token) const {
  const Version& version = version_at(context.requested_at);
  const rules::ApiPlan& api = version.pack->plan().api;
  const auto found = api.calls.find(context.call);
  if (found == api.calls.end()) return no_call(context.call);
  return signed_request(version, found->second.request,
                        rules::build_call(api, found->second, channel_.settings, context.arguments,
                                          page, token, context.requested_at));
}

ApiVerdict ChannelAdapter::judge(std::string_view call, const ApiResponse& response,
                                 Time now) const {
  const rules::ApiPlan& api = version_at(now).pack->plan().api;
  const auto found = api.calls.find(call);
  // Tokens are judged by their own name, which no call has.
  return rules::judge_answer(found == api.calls.end() ? api.errors : found->second.errors, response,
                             now);
}

std::vector<std::string> ChannelAdapter::recipes(Time now) const {
  return version_at(now).transport->keeping_recipes();
}

Result<Callback> ChannelAdapter::make_callback(std::string_view payload,
                                               const Forgery& forgery) const {
  return version_at(forgery.now).transport->make(forgery.recipe, payload, forgery);
}

std::vector<std::string> ChannelAdapter::pack_hashes() const {
  std::vector<std::string> hashes;
  for (const auto& [version, bound] : versions_) hashes.push_back(bound.pack->hash());
  return hashes;
}

std::vector<PackOrigin> ChannelAdapter::packs() const {
  std::vector<PackOrigin> origins;
  for (const auto& [version, pack] : platform_->packs) {
    origins.push_back({version, !platform_->added.contains(version)});
  }
  return origins;
}

Result<models::Identity> ChannelAdapter::identify(std::string_view kind, std::string_view value,
                                                  std::string_view org,
                                                  std::string_view app) const {
  const Version& version = newest();
  const auto& index = version.pack->plan().identity_index;
  const auto found = index.find(kind);
  if (found == index.end()) return fail(ErrorCode::not_found, "the platform has no such kind");
  const rules::IdentityPlan& plan = version.pack->plan().identities[found->second];
  const rules::Scopes& scopes = scopes_of(version);
  if (scopes.lacks(found->second, org, app)) {
    return fail(ErrorCode::malformed, "the kind is unique in an org or app that is not given");
  }
  return models::Identity{plan.kind, plan.name_space, scopes.of(found->second, org, app),
                          std::string(value), plan.side};
}

}  // namespace guanxi::adapters
