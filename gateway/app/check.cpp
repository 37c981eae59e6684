#include <algorithm>
#include <exception>
#include <ostream>
#include <vector>

#include "gateway/app/commands.h"
#include "gateway/app/store_access.h"
#include "gateway/net/http_client.h"
#include "gateway/net/http_server.h"
#include "gateway/observe/metrics.h"
#include "gateway/platform/tokens.h"
#include "gateway/store/rotation.h"

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
    report.add(Status::error, "server.tls_certificate", error.what(),
               "name readable PEM files: the certificate with its chain, and the key it was made "
               "for");
  }
  if (config.channels.empty()) {
    report.add(Status::warning, "channel", "none is configured", "add a [[channel]]");
  }
}

void check_tokens(const std::string& subject, const adapters::Adapter& adapter,
                  net::HttpClient& client, observe::Metrics& metrics, Report& report) {
  const auto names = adapter.token_names(system_now());
  if (names.empty()) {
    report.add(
        Status::warning, subject,
        "its settings ask for no token, so thin events are completed only by calls that need "
        "none",
        "set the API secret, if the platform's page names one");
  }
  for (const std::string& name : names) {
    // Asked for now: one that is kept would say nothing of a secret changed since.
    const auto token = platform::fetch_token(adapter, name, client, metrics, system_now());
    if (token) {
      report.add(Status::ok, subject, "token '" + name + "' received");
    } else {
      report.add(Status::error, subject, "no token '" + name + "': " + token.error().reason,
                 "correct the channel's secret and ids, allow this machine's address in the "
                 "platform's console, and look whether api_base is reachable");
    }
  }
}

// Whether the data key is being changed, and what is left to do.
void check_data_key(const Config& config, Report& report) {
  const auto state = need(store::open_rotation(config.store)->state());
  if (!state.from.empty()) {
    report.add(Status::warning, "store.data_key",
               "key " + state.from + " is being replaced by " + state.in_force,
               "if guanxi keys rotate-data is not running, run it; it goes on where it was");
  } else if (!state.is_wanted) {
    report.add(Status::warning, "store.data_key",
               "the database is still sealed by the former key, " + state.in_force,
               "restart every gateway with this configuration and run guanxi keys rotate-data");
  } else if (!state.another.empty() && state.key_file.empty()) {
    report.add(Status::ok, "store.previous_data_key",
               "the database does not need key " + state.another, "it can be removed");
  }
}

// The channels that the store knows. Looks only: a database that does not exist is not made, an
// older schema is not brought up to date, nor is a channel bound to its tenant.
std::vector<store::ChannelRecord> check_store(const Config& config, Report& report) {
  try {
    if (const auto missing = store::missing_database(config.store)) {
      report.add(Status::warning, "store.url", *missing + " does not exist",
                 "guanxi serve makes it; if there should be one, correct the path");
      return {};
    }
    const auto store = store::open_store(config.store);
    if (const auto older = older_schema(*store)) {
      const bool by_itself = config.auto_migrate;
      report.add(by_itself ? Status::warning : Status::error, "store.url", *older,
                 by_itself ? "guanxi serve brings it up to date" : "run guanxi migrate");
      return {};
    }
    auto known = need(store->channels());
    report.add(Status::ok, "store.url", "the store answers and its schema is up to date");
    check_data_key(config, report);
    return known;
  } catch (const std::exception& error) {
    report.add(Status::error, "store.url", error.what(),
               "correct store.url and store.data_key, and see that the database runs and may be "
               "written; guanxi migrate brings its schema up to date");
    return {};
  }
}

void check_channels(const Config& config, const std::string& only, Report& report) {
  const adapters::Registry registry(config.rules_dir);
  if (const auto sources = check_survivorship(config, registry.platforms()); !sources) {
    report.add(Status::error, "survivorship", sources.error().detail, "correct it there");
  }
  const auto known = check_store(config, report);
  const auto client = net::make_http_client();
  observe::Metrics metrics;
  for (const ChannelConfig& channel : config.channels) {
    const std::string& id = channel.settings.id;
    if (!only.empty() && id != only) continue;
    const std::string subject = "channel '" + id + "'";
    const auto bound = bind_channel(config, channel, registry);
    if (!bound) {
      report.add(Status::error, subject, bound.error().detail,
                 "correct the channel's settings in " + config.file);
      continue;
    }
    const auto record = std::ranges::find(known, id, &store::ChannelRecord::name);
    if (record != known.end() && (record->tenant_name != channel.settings.tenant ||
                                  record->platform != channel.settings.platform)) {
      report.add(Status::error, subject,
                 "belongs to tenant " + record->tenant_name + " and platform " + record->platform +
                     " since its first use",
                 "give the new channel another id");
      continue;
    }
    report.add(Status::ok, subject,
               "settings fit; rules " + bound->adapter->pack_at(system_now()).version());
    check_tokens(subject, *bound->adapter, *client, metrics, report);
  }
}

}  // namespace

int check(const std::string& config_path, const std::string& channel, Console& console) {
  Report report(console);
  const auto path = find_config(config_path);
  const auto config = path ? load_config(*path) : Result<Config>(tl::unexpected(path.error()));
  if (!config) {
    report.add(Status::error, "configuration", config.error().detail,
               "correct it there, or name another file with --config");
    return report.finish();
  }
  report.add(Status::ok, "configuration", config->file + " is well formed");
  if (!channel.empty()) need(find_channel(*config, channel));
  check_server(*config, report);
  try {
    check_channels(*config, channel, report);
  } catch (const std::exception& error) {
    report.add(Status::error, "rules.dir", error.what(), "correct or remove the file it names");
  }
  return report.finish();
}

}  // namespace guanxi::app
