// The configuration file (contract.md, 2). Reading it checks everything that needs neither a store
// nor a platform's manifest; check_channel() and check_survivorship() do the rest.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/adapter.h"
#include "adapters/registry.h"
#include "gateway/identity/policy.h"
#include "gateway/net/http_server.h"
#include "gateway/observe/log.h"
#include "gateway/store/store.h"
#include "models/result.h"
#include "models/survivorship.h"

namespace guanxi::app {

struct ServerConfig {
  std::string public_address = "0.0.0.0:8080";
  std::string private_address = "127.0.0.1:8081";
  std::string public_url;  // without final slash; empty: not known
  std::string tls_certificate;
  std::string tls_key;
  std::size_t threads = 0;  // 0: as many as the machine has cores
  net::ServerLimits limits;
  std::size_t max_waiting_callbacks = 8192;
};

struct ChannelConfig {
  adapters::ChannelSettings settings;
  int line = 0;                                   // of [[channel]]
  std::map<std::string, int, std::less<>> lines;  // of the platform's own keys
};

// Whose word counts for the fields of customers.
struct SurvivorshipConfig {
  // A word that only the manifests can tell from a mistake.
  struct Platform {
    std::string name;
    std::string key;
    int line = 0;
  };
  models::Survivorship policy;
  std::vector<Platform> platforms;
};

struct Config {
  std::string file;
  ServerConfig server;
  store::StoreOptions store{"sqlite:guanxi.db", {}, 4};
  bool auto_migrate = true;
  std::string rules_dir;
  observe::Level log_level = observe::Level::info;
  identity::Policy identity;
  SurvivorshipConfig survivorship;
  std::vector<ChannelConfig> channels;
};

// Errors say "FILE:LINE: " and what to do; no value of a secret is quoted.
Result<Config> load_config(const std::string& path);
// The same from text; `file` names it in errors.
Result<Config> read_config(std::string_view text, const std::string& file);

// `path` if not empty, else ./guanxi.toml, else /etc/guanxi/guanxi.toml; not_found if none is
// there.
Result<std::string> find_config(const std::string& path);

// Whether platform and settings are ones that the manifests know.
Result<void> check_channel(const Config& config, const ChannelConfig& channel,
                           std::span<const adapters::PlatformDescription> platforms);

// Whether the sources of [survivorship] are platforms that there are.
Result<void> check_survivorship(const Config& config,
                                std::span<const adapters::PlatformDescription> platforms);

// The known word that was most likely meant: "; did you mean 'token'?", or all of them if none is
// near.
std::string suggestion(std::string_view word, std::span<const std::string> known);

}  // namespace guanxi::app
