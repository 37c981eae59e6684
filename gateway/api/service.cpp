#include <utility>

#include "gateway/api/answer.h"
#include "gateway/api/current_drift.h"
#include "gateway/api/endpoints.h"

namespace guanxi::api {
namespace {

Json counters_json(const observe::ChannelCounters& counters) {
  return {
      {"received", counters.received},
      {"duplicates", counters.duplicates},
      {"rejected", counters.rejected},
      {"normalized", counters.normalized},
      {"unmapped", counters.unmapped},
      {"dead", counters.dead},
      {"last_received_at",
       counters.last_received_at ? Json(format_time(*counters.last_received_at)) : Json(nullptr)}};
}

Json channel_json(const Context& context, const std::string& name,
                  const adapters::BoundChannel& bound, const store::QuarantineTotal& quarantine) {
  const adapters::ChannelSettings& channel = bound.adapter->channel();
  const adapters::Pack& pack = bound.adapter->pack_at(context.clock());
  const auto counters = context.metrics.channel(name, channel.platform).counters();
  const std::string path = "/callbacks/" + channel.platform + '/' + name;
  const auto base = channel.settings.find("public_url");
  Json json{{"id", name},
            {"platform", channel.platform},
            {"tenant", bound.tenant_name},
            {"status", counters.last_received_at ? "receiving" : "waiting"},
            {"callback_path", path},
            {"callback_url", nullptr},
            {"rules",
             {{"configured", channel.rules}, {"version", pack.version()}, {"hash", pack.hash()}}},
            {"counters", counters_json(counters)},
            {"quarantine", {{"requests", quarantine.rows}, {"bytes", quarantine.bytes}}}};
  if (base != channel.settings.end() && !base->second.empty()) {
    json["callback_url"] = base->second + path;
  }
  return json;
}

}  // namespace

Outcome list_channels(const Context& context, const Call& call) {
  const auto backlog = checked(context.store.backlog(call.caller.tenant));
  if (!backlog) return tl::unexpected(backlog.error());
  auto quarantine = checked(context.store.quarantine_totals(call.caller.tenant));
  if (!quarantine) return tl::unexpected(quarantine.error());
  Json data = Json::array();
  const auto channels = context.channels.snapshot();
  for (const auto& [name, bound] : *channels) {
    if (bound.tenant != call.caller.tenant) continue;
    data.push_back(channel_json(context, name, bound, (*quarantine)[bound.id]));
  }
  return json_response({{"data", std::move(data)},
                        {"next_cursor", nullptr},
                        {"backlog",
                         {{"waiting", backlog->waiting},
                          {"tasks", backlog->tasks},
                          {"dead_tasks", backlog->dead_tasks}}}});
}

Outcome list_rules(const Context& context, const Call& call) {
  const auto channels = context.channels.snapshot();
  Json platforms = Json::object();
  for (const auto& [name, bound] : *channels) {
    if (bound.tenant != call.caller.tenant) continue;
    const adapters::ChannelSettings& channel = bound.adapter->channel();
    const adapters::Pack& pack = bound.adapter->pack_at(context.clock());
    Json& platform = platforms[channel.platform];
    if (platform.is_null()) {
      platform = {
          {"platform", channel.platform}, {"channels", Json::array()}, {"versions", Json::array()}};
      for (const adapters::PackOrigin& origin : bound.adapter->packs()) {
        platform["versions"].push_back(
            {{"version", origin.version}, {"origin", origin.built_in ? "built_in" : "rules.dir"}});
      }
    }
    platform["channels"].push_back(
        {{"id", name},
         {"configured", channel.rules},
         {"activated", channel.activated.empty() ? Json(nullptr) : Json(channel.activated)},
         {"version", pack.version()},
         {"hash", pack.hash()}});
  }
  Json data = Json::array();
  for (auto& [name, platform] : platforms.items()) data.push_back(std::move(platform));
  return json_response({{"data", std::move(data)}, {"next_cursor", nullptr}});
}

bool is_current(const store::DriftRow& row, const adapters::ChannelMap& channels, Time now) {
  const auto bound = channels.find(row.channel);
  return bound != channels.end() && bound->second.adapter->pack_at(now).version() == row.pack;
}

Outcome list_drift(const Context& context, const Call& call) {
  const auto whole = call.parameters.flag("all");
  if (!whole) return tl::unexpected(whole.error());
  const auto rows = checked(context.store.drift(call.caller.tenant));
  if (!rows) return tl::unexpected(rows.error());
  const auto channels = context.channels.snapshot();
  const Time now = context.clock();
  Json data = Json::array();
  for (const store::DriftRow& row : *rows) {
    if (!*whole && !is_current(row, *channels, now)) continue;
    data.push_back({{"channel", row.channel},
                    {"pack", row.pack},
                    {"kind", models::drift_kind_text(row.drift.kind)},
                    {"event", row.drift.event},
                    {"pointer", row.drift.pointer},
                    {"sample", row.drift.sample},
                    {"count", row.count},
                    {"first_at", format_time(row.first_at)},
                    {"last_at", format_time(row.last_at)}});
  }
  return json_response({{"data", std::move(data)}, {"next_cursor", nullptr}});
}

Outcome get_health(const Context&, const Call&) { return json_response({{"status", "ok"}}); }

Outcome get_readiness(const Context& context, const Call&) {
  const Health health = context.pulse == nullptr ? health_of(context.store) : context.pulse->ask();
  if (!health.answers) {
    return tl::unexpected(Problem{ProblemCode::store_unavailable, "the store does not answer"});
  }
  if (health.schema.first != health.schema.second) {
    return tl::unexpected(Problem{ProblemCode::store_unavailable,
                                  "the store's schema is not this program's; run guanxi migrate"});
  }
  return json_response({{"status", "ready"}, {"schema", health.schema.first}});
}

Outcome get_metrics(const Context& context, const Call&) {
  net::Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = context.metrics.render();
  return response;
}

Outcome get_problems_page(const Context&, const Call&) {
  net::Response response;
  response.content_type = "text/html; charset=utf-8";
  response.body = problems_page();
  return response;
}

}  // namespace guanxi::api
