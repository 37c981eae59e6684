#include "gateway/api/keys.h"

#include <algorithm>
#include <optional>
#include <ostream>

#include "crypto/random.h"
#include "gateway/app/commands.h"
#include "gateway/app/progress.h"
#include "gateway/app/store_access.h"
#include "gateway/store/rotation.h"
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

// Seals anew until nothing is left, and looks once more; how many values cannot be read.
std::int64_t seal_anew(store::Rotation& rotation, std::int64_t rows, Console& console) {
  std::optional<Progress> progress;
  std::int64_t unreadable = 0;
  for (int walk = 0;;) {
    const store::RotationStep step = need(rotation.step());
    if (step.walk != walk) {
      if (progress) progress->finish();
      walk = step.walk;
      progress.emplace(console.err, walk == 1 ? "worked" : "checked", "rows", rows);
      unreadable = 0;
    }
    progress->advance(step.rows);
    unreadable += step.unreadable;
    if (step.is_done) break;
  }
  progress->finish();
  return unreadable;
}

void print_rotated(const store::RotationBegun& begun, const store::RotationEnded& ended,
                   std::int64_t unreadable, Console& console) {
  if (console.json) {
    console.out << Json{{"from", begun.from},
                        {"to", begun.to},
                        {"values", ended.values},
                        {"unreadable", unreadable},
                        {"former_key_file",
                         ended.former_file.empty() ? Json(nullptr) : Json(ended.former_file)}}
                       .dump()
                << '\n';
  } else {
    console.out << "sealed " << ended.values << " values anew; the data key is now " << begun.to
                << '\n';
    if (unreadable > 0) {
      console.out << "left as they are: " << unreadable
                  << ", damaged or sealed by a key that is neither this nor the former one\n";
    }
  }
  console.err << "Nothing that can be read is sealed by the former key, " << begun.from
              << ", any more. Backups made until now need it: keep it as long as them.\n";
  if (ended.former_file.empty()) {
    console.err << "Remove store.previous_data_key from the configuration.\n";
  } else {
    console.err << "It is in " << ended.former_file
                << ". Copy the new key file to where you keep the old one's copy.\n";
  }
}

// There is no key to change to: because it was done, or because nobody has given one.
int tell_nothing_to_rotate(const store::DataKeyState& state, Console& console) {
  if (state.another.empty()) {
    throw CommandFailed("the database is sealed by store.data_key, key " + state.in_force +
                        ", and no other is given; set store.data_key to a new one (openssl rand "
                        "-base64 32) and store.previous_data_key to this one, restart every "
                        "gateway, and run this again");
  }
  if (console.json) {
    console.out << Json{{"from", nullptr},
                        {"to", state.in_force},
                        {"values", 0},
                        {"unreadable", 0},
                        {"former_key_file", nullptr}}
                       .dump()
                << '\n';
  } else {
    console.out << "nothing to do; the data key is " << state.in_force << " already\n";
  }
  console.err << "The database does not need store.previous_data_key, key " << state.another
              << "; backups may.\n";
  return 0;
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

int rotate_data_key(const Config& config, Console& console) {
  open_ready_store(config);
  const auto rotation = store::open_rotation(config.store);
  const auto begun = rotation->begin(system_now());
  if (!begun && begun.error().code == ErrorCode::not_found) {
    return tell_nothing_to_rotate(need(rotation->state()), console);
  }
  need(begun);
  if (begun->goes_on) {
    console.err << "goes on with the change from key " << begun->from << " to " << begun->to
                << ", which was interrupted\n";
  }
  const std::int64_t unreadable = seal_anew(*rotation, begun->rows, console);
  print_rotated(*begun, need(rotation->end()), unreadable, console);
  return 0;
}

}  // namespace guanxi::app
