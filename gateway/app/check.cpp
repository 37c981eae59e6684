#include <ostream>
#include <set>
#include <thread>
#include <utility>

#include "crypto/random.h"
#include "gateway/app/commands.h"
#include "gateway/app/store_access.h"
#include "gateway/net/http_client.h"
#include "gateway/net/http_server.h"
#include "gateway/observe/metrics.h"
#include "gateway/platform/tokens.h"
#include "models/ids.h"

namespace guanxi::app {
namespace {

using models::Json;

enum class Status : std::uint8_t { ok, warning, error };

std::string_view status_text(Status status) {
  return status == Status::ok ? "ok" : status == Status::warning ? "warning" : "error";
}

// Prints findings as they come; all of them as one JSON array at the end.
class Report {
 public:
  explicit Report(Console& console) : console_(console) {}

  void add(Status status, const std::string& subject, const std::string& message,
           const std::string& cure = {}) {
    if (status == Status::error) failed_ = true;
    if (console_.json) {
      rows_.push_back({{"status", status_text(status)},
                       {"subject", subject},
                       {"message", message},
                       {"cure", cure.empty() ? Json(nullptr) : Json(cure)}});
      return;
    }
    console_.out << status_text(status) << "  " << subject << ": " << message
                 << (cure.empty() ? "" : "; " + cure) << std::endl;
  }

  int finish() {
    if (console_.json) {
      console_.out << rows_.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    }
    return failed_ ? 1 : 0;
  }

 private:
  Console& console_;
  Json rows_ = Json::array();
  bool failed_ = false;
};

void check_server(const Config& config, Report& report) {
  if (config.server.public_url.empty()) {
    report.add(Status::warning, "server.public_url", "is not set",
               "set it to the https:// address under which platforms reach this gateway");
  } else if (!config.server.public_url.starts_with("https://")) {
    report.add(Status::warning, "server.public_url", "is not https",
               "put a TLS proxy in front, or set server.tls_certificate and server.tls_key");
  }
  const std::string& address = config.server.private_address;
  if (!address.starts_with("127.") && !address.starts_with("localhost") &&
      !address.starts_with("[::1]") && config.server.tls_certificate.empty()) {
    report.add(Status::warning, "server.private", "is reachable from other machines without TLS",
               "bind it to 127.0.0.1, or set server.tls_certificate and server.tls_key");
  }
  try {
    net::check_tls({{}, {}, config.server.tls_certificate, config.server.tls_key});
  } catch (const std::exception& error) {
    report.add(Status::error, "server.tls_certificate", error.what());
  }
  if (config.channels.empty()) {
    report.add(Status::warning, "channel", "none is configured", "add a [[channel]]");
  }
}

void check_tokens(const std::string& subject, const adapters::BoundChannel& channel,
                  platform::Tokens& tokens, Report& report) {
  const auto names = channel.adapter->token_names(system_now());
  if (names.empty()) {
    report.add(Status::warning, subject, "no API secret is set, so thin events are not completed",
               "set the secret that the platform's console shows for its API");
  }
  for (const std::string& name : names) {
    const auto token = tokens.get(channel, name);
    if (token) {
      report.add(Status::ok, subject, "token '" + name + "' received");
    } else {
      report.add(Status::error, subject, "no token '" + name + "': " + token.error().reason,
                 "correct the channel's secret and ids, allow this machine's address in the "
                 "platform's console, and look whether api_base is reachable");
    }
  }
}

void check_channels(const Config& config, const std::string& only, Report& report) {
  const adapters::Registry registry(config.rules_dir);
  const auto store = open_ready_store(config);
  report.add(Status::ok, "store.url", "the store answers and its schema is up to date");
  const auto client = net::make_http_client();
  observe::Metrics metrics;
  platform::Tokens tokens(*store, *client, metrics, system_now,
                          format_uuid(make_uuid(system_now(), crypto::fill_random)),
                          [](Milliseconds pause) { std::this_thread::sleep_for(pause); });
  for (const ChannelConfig& channel : config.channels) {
    if (!only.empty() && channel.settings.id != only) continue;
    const std::string subject = "channel '" + channel.settings.id + "'";
    auto bound = bind_channel(config, channel, registry);
    if (!bound) {
      report.add(Status::error, subject, bound.error().detail);
      continue;
    }
    const auto record = store->register_channel(channel.settings.tenant, channel.settings.id,
                                                channel.settings.platform, system_now());
    if (!record) {
      report.add(Status::error, subject, record.error().detail);
      continue;
    }
    bound->id = record->id;
    bound->tenant = record->tenant;
    report.add(Status::ok, subject,
               "settings fit; rules " + bound->adapter->pack_at(system_now()).version());
    check_tokens(subject, *bound, tokens, report);
  }
}

}  // namespace

int check(const std::string& config_path, const std::string& channel, Console& console) {
  Report report(console);
  const auto path = find_config(config_path);
  const auto config = path ? load_config(*path) : Result<Config>(tl::unexpected(path.error()));
  if (!config) {
    report.add(Status::error, "configuration", config.error().detail);
    return report.finish();
  }
  report.add(Status::ok, "configuration", config->file + " is well formed");
  if (!channel.empty()) need(find_channel(*config, channel));
  check_server(*config, report);
  try {
    check_channels(*config, channel, report);
  } catch (const std::exception& error) {
    report.add(Status::error, "start", error.what());
  }
  return report.finish();
}

}  // namespace guanxi::app
