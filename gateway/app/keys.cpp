#include "gateway/api/keys.h"

#include <algorithm>
#include <ostream>

#include "crypto/random.h"
#include "gateway/app/commands.h"
#include "gateway/app/store_access.h"
#include "models/ids.h"

namespace guanxi::app {
namespace {

using models::Json;

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ",") + text;
  return all;
}

std::vector<std::string> scopes_of(const NewKeyOptions& options) {
  if (options.scopes.empty()) return {std::string(api::scope_text(api::Scope::customers_read))};
  std::vector<std::string> known;
  for (const api::Scope scope : api::kScopes) known.emplace_back(api::scope_text(scope));
  for (const std::string& text : options.scopes) {
    if (!api::scope_from(text)) {
      throw WrongUsage("unknown scope '" + text + "'" + suggestion(text, known));
    }
  }
  return options.scopes;
}

// A word mistyped would otherwise be a tenant without anything to read.
void check_tenant(const Config& config, const std::string& tenant) {
  std::vector<std::string> known;
  for (const ChannelConfig& channel : config.channels) known.push_back(channel.settings.tenant);
  if (known.empty() || std::ranges::find(known, tenant) != known.end()) return;
  std::ranges::sort(known);
  known.erase(std::unique(known.begin(), known.end()), known.end());
  throw CommandFailed("no channel has the tenant '" + tenant + "'" + suggestion(tenant, known));
}

}  // namespace

int create_key(const Config& config, const NewKeyOptions& options, Console& console) {
  const auto scopes = scopes_of(options);
  check_tenant(config, options.tenant);
  const auto store = open_ready_store(config);
  const Time now = system_now();
  store::ApiKey key;
  key.id = make_uuid(now, crypto::fill_random);
  key.tenant = need(store->tenant(options.tenant, now), "tenant '" + options.tenant + "'");
  key.tenant_name = options.tenant;
  key.name = options.name;
  key.scopes = scopes;
  key.created_at = now;
  const std::string secret = api::make_key_secret();
  need(store->add_key(key, api::hash_of_secret(secret)), "the key was not stored");
  if (console.json) {
    console.out << Json{{"id", format_uuid(key.id)}, {"key", secret}, {"scopes", scopes}}.dump()
                << '\n';
  } else {
    console.out << "id      " << format_uuid(key.id) << "\nkey     " << secret << "\nscopes  "
                << joined(scopes) << '\n';
    console.err << "The key is shown this once; only its hash is kept.\n";
  }
  return 0;
}

int list_keys(const Config& config, Console& console) {
  const auto store = open_ready_store(config);
  const auto keys = need(store->keys());
  Json rows = Json::array();
  for (const store::ApiKey& key : keys) {
    const std::string revoked = key.revoked_at ? format_time(*key.revoked_at) : "";
    if (console.json) {
      rows.push_back({{"id", format_uuid(key.id)},
                      {"name", key.name},
                      {"tenant", key.tenant_name},
                      {"scopes", key.scopes},
                      {"created_at", format_time(key.created_at)},
                      {"revoked_at", revoked.empty() ? Json(nullptr) : Json(revoked)}});
    } else {
      console.out << format_uuid(key.id) << "  " << format_time(key.created_at) << "  "
                  << (revoked.empty() ? "in force" : "revoked " + revoked) << "  "
                  << key.tenant_name << "  " << joined(key.scopes) << "  " << key.name << '\n';
    }
  }
  if (console.json) console.out << rows.dump() << '\n';
  return 0;
}

int revoke_key(const Config& config, const std::string& id, Console& console) {
  const auto uuid = parse_uuid(id);
  if (!uuid) throw CommandFailed("'" + id + "' is no key id; guanxi keys list shows them");
  const auto store = open_ready_store(config);
  if (!need(store->revoke_key(*uuid, system_now()))) {
    throw CommandFailed("no key has the id " + id + "; guanxi keys list shows them");
  }
  if (console.json) {
    console.out << Json{{"id", format_uuid(*uuid)}, {"revoked", true}}.dump() << '\n';
  } else {
    console.out << "revoked " << format_uuid(*uuid) << "; refused everywhere within seconds\n";
  }
  return 0;
}

}  // namespace guanxi::app
