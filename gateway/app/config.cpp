#include "gateway/app/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <sstream>
#include <utility>

#include "adapters/phone_text.h"
#include "adapters/rules/vocabulary.h"

namespace guanxi::app {
namespace {

constexpr std::size_t kLongestSecretFile = 64 * 1024;
constexpr std::size_t kMostText = 4096;

// Ends the reading; caught in read_config().
struct Refusal {
  int line;
  std::string reason;
};

int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

[[noreturn]] void refuse(const toml::node& node, std::string reason) {
  throw Refusal{line_of(node), std::move(reason)};
}

std::string resolve_secret(const toml::node& node, const std::string& key, std::string value) {
  if (value.starts_with("env:")) {
    const std::string name = value.substr(4);
    const char* found = std::getenv(name.c_str());
    if (found == nullptr || *found == '\0') {
      refuse(node, key + " names the environment variable " + name + ", which is not set");
    }
    return found;
  }
  if (value.starts_with("file:")) {
    const std::string path = value.substr(5);
    std::ifstream file(path, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (!file) refuse(node, key + " names " + path + ", which cannot be read");
    if (text.size() > kLongestSecretFile)
      refuse(node, key + " names " + path + ", which is too long");
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    if (text.empty()) refuse(node, key + " names " + path + ", which is empty");
    return text;
  }
  return value;
}

std::string text_of(const toml::node& node, const std::string& key) {
  const auto text = node.value_exact<std::string>();
  if (!text) refuse(node, key + " must be a text in quotes");
  if (text->size() > kMostText) refuse(node, key + " is longer than 4096 bytes");
  return *text;
}

std::size_t number_of(const toml::node& node, const std::string& key, std::int64_t smallest,
                      std::int64_t largest) {
  const auto number = node.value_exact<std::int64_t>();
  if (!number || *number < smallest || *number > largest) {
    refuse(node, key + " must be a whole number from " + std::to_string(smallest) + " to " +
                     std::to_string(largest));
  }
  return static_cast<std::size_t>(*number);
}

Milliseconds duration_of(const toml::node& node, const std::string& key) {
  const auto duration = parse_duration(text_of(node, key));
  if (!duration) refuse(node, key + R"( must be a duration such as "90s", "15m", "1h" or "2d")");
  return *duration;
}

std::string address_of(const toml::node& node, const std::string& key) {
  const std::string text = text_of(node, key);
  const std::size_t colon = text.rfind(':');
  const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (colon == 0 || port.empty() || port.size() > 5 ||
      !std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; }) ||
      std::stoi(port) > 65535) {
    refuse(node, key + R"( must be an address and port such as "0.0.0.0:8080")");
  }
  return text;
}

using Reader = std::function<void(const toml::node&, const std::string& key)>;
using Readers = std::map<std::string, Reader, std::less<>>;

std::vector<std::string> names_of(const Readers& readers) {
  std::vector<std::string> names;
  for (const auto& [name, reader] : readers) names.push_back(name);
  return names;
}

// Reads every key of a table by its reader; keys without one are refused.
void read_table(const toml::table& table, const std::string& section, const Readers& readers) {
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    const auto reader = readers.find(name);
    if (reader == readers.end()) {
      const auto known = names_of(readers);
      refuse(node, "unknown key '" + name + "' in [" + section + "]" + suggestion(name, known));
    }
    reader->second(node, section + '.' + name);
  }
}

const toml::table& table_of(const toml::node& node, const std::string& section) {
  const toml::table* table = node.as_table();
  if (table == nullptr) refuse(node, section + " must be a table: [" + section + "]");
  return *table;
}

void read_server(const toml::node& node, ServerConfig& server) {
  const auto text = [](std::string& into) {
    return [&into](const toml::node& value, const std::string& key) { into = text_of(value, key); };
  };
  const auto number = [](std::size_t& into, std::int64_t smallest, std::int64_t largest) {
    return [=, &into](const toml::node& value, const std::string& key) {
      into = number_of(value, key, smallest, largest);
    };
  };
  const auto duration = [](Milliseconds& into) {
    return [&into](const toml::node& value, const std::string& key) {
      into = duration_of(value, key);
      if (into.count() == 0) refuse(value, key + " must be longer than 0");
    };
  };
  const auto address = [](std::string& into) {
    return
        [&into](const toml::node& value, const std::string& key) { into = address_of(value, key); };
  };
  net::ServerLimits& limits = server.limits;
  const Readers readers{
      {"public", address(server.public_address)},
      {"private", address(server.private_address)},
      {"public_url",
       [&](const toml::node& value, const std::string& key) {
         server.public_url = text_of(value, key);
         if (!server.public_url.starts_with("http://") &&
             !server.public_url.starts_with("https://")) {
           refuse(value, key + " must begin with https:// or http://");
         }
         while (server.public_url.ends_with('/')) server.public_url.pop_back();
       }},
      {"tls_certificate", text(server.tls_certificate)},
      {"tls_key", text(server.tls_key)},
      {"threads", number(server.threads, 1, 256)},
      {"header_bytes", number(limits.header_bytes, 1024, 1 << 20)},
      {"body_bytes", number(limits.body_bytes, 1024, 64 << 20)},
      {"request_timeout", duration(limits.request_time)},
      {"idle_timeout", duration(limits.idle_time)},
      {"max_connections", number(limits.connections, 1, 1'000'000)},
      {"max_waiting_callbacks", number(server.max_waiting_callbacks, 1, 1'000'000)},
  };
  read_table(table_of(node, "server"), "server", readers);
  if (server.public_address == server.private_address && !server.public_address.ends_with(":0")) {
    refuse(node, "server.public and server.private cannot both be " + server.public_address +
                     "; give the CRM API an address of its own");
  }
  if (server.tls_certificate.empty() != server.tls_key.empty()) {
    refuse(node, "server.tls_certificate and server.tls_key belong together; one is missing");
  }
}

void read_store(const toml::node& node, Config& config) {
  const auto secret = [](std::string& into) {
    return [&into](const toml::node& value, const std::string& key) {
      into = resolve_secret(value, key, text_of(value, key));
    };
  };
  const Readers readers{
      {"url", secret(config.store.url)},
      {"data_key", secret(config.store.data_key)},
      {"previous_data_key", secret(config.store.previous_data_key)},
      {"auto_migrate",
       [&](const toml::node& value, const std::string& key) {
         const auto flag = value.value_exact<bool>();
         if (!flag) refuse(value, key + " must be true or false");
         config.auto_migrate = *flag;
       }},
      {"connections",
       [&](const toml::node& value, const std::string& key) {
         config.store.connections = number_of(value, key, 1, 256);
       }},
  };
  read_table(table_of(node, "store"), "store", readers);
  if (config.store.data_key.empty() && !config.store.previous_data_key.empty()) {
    refuse(node,
           "store.previous_data_key is the key before store.data_key, which is missing; set it to "
           "the new one");
  }
}

void read_rules(const toml::node& node, Config& config) {
  const auto dir = [&](const toml::node& value, const std::string& key) {
    config.rules_dir = text_of(value, key);
    if (!std::filesystem::is_directory(config.rules_dir)) {
      refuse(value, key + " is no folder: make it, or remove the key");
    }
  };
  read_table(table_of(node, "rules"), "rules", {{"dir", dir}});
}

void read_identity(const toml::node& node, identity::Policy& policy) {
  const auto limit = [](std::uint32_t& into) {
    return [&into](const toml::node& value, const std::string& key) {
      into = static_cast<std::uint32_t>(number_of(value, key, 1, 1000));
    };
  };
  const auto blocked = [&](const toml::node& value, const std::string& key) {
    const toml::array* rows = value.as_array();
    if (rows == nullptr) refuse(value, key + R"( must be a list such as ["+8613800138000"])");
    for (const toml::node& row : *rows) {
      const std::string text = text_of(row, key);
      // As customers have it: phones in E.164, e-mails in small letters, other ids as they are.
      const auto phone = adapters::phone_from(text);
      policy.blocked.insert(phone                                 ? *phone
                            : text.find('@') == std::string::npos ? text
                                                                  : models::email_key(text));
    }
  };
  read_table(table_of(node, "identity"), "identity",
             {{"persons_per_value", limit(policy.limits.persons_per_value)},
              {"values_per_person", limit(policy.limits.values_per_person)},
              {"statements_per_value", limit(policy.limits.statements_per_value)},
              {"blocked", blocked}});
}

void read_log(const toml::node& node, Config& config) {
  const auto level = [&](const toml::node& value, const std::string& key) {
    const auto known = observe::level_from(text_of(value, key));
    if (!known) refuse(value, key + " must be debug, info, warning, error or off");
    config.log_level = *known;
  };
  read_table(table_of(node, "log"), "log", {{"level", level}});
}

models::SourceOrder read_order(const toml::node& node, const std::string& key,
                               SurvivorshipConfig& into) {
  const toml::array* rows = node.as_array();
  if (rows == nullptr || rows->empty() || rows->size() > models::SourceOrder::kMostWords) {
    refuse(node,
           key + R"( must be a list of 1 to 32 sources such as ["manual", "crm", "platform"])");
  }
  std::vector<std::string> words;
  for (const toml::node& row : *rows) {
    const std::string word = text_of(row, key);
    if (std::ranges::find(words, word) != words.end()) {
      refuse(row, key + " names '" + word + "' twice");
    }
    words.push_back(word);
    const auto classes = models::SourceOrder::classes();
    const bool known =
        std::ranges::find(classes, word) != classes.end() || models::SourceOrder::is_crm_name(word);
    if (!known) into.platforms.push_back({word, key, line_of(row)});
  }
  return models::SourceOrder(words);
}

// "company.name" may be written with quotes or as TOML reads it without.
void read_orders(const toml::table& table, const std::string& prefix, SurvivorshipConfig& into,
                 models::Survivorship::Orders& orders) {
  for (const auto& [key, node] : table) {
    const std::string field = prefix + std::string(key.str());
    if (const toml::table* deeper = node.as_table()) {
      read_orders(*deeper, field + '.', into, orders);
      continue;
    }
    if (adapters::rules::set_field(field) == nullptr) {
      std::vector<std::string> known;
      for (const std::string_view name : adapters::rules::set_field_names()) {
        known.emplace_back(name);
      }
      known.emplace_back("attributes.*");
      refuse(node,
             "unknown field '" + field + "' in [survivorship.fields]" + suggestion(field, known));
    }
    orders.insert_or_assign(field, read_order(node, "survivorship.fields." + field, into));
  }
}

void read_survivorship(const toml::node& node, SurvivorshipConfig& into) {
  models::SourceOrder others;
  models::Survivorship::Orders fields;
  const Readers readers{
      {"default", [&](const toml::node& value,
                      const std::string& key) { others = read_order(value, key, into); }},
      {"fields",
       [&](const toml::node& value, const std::string& key) {
         read_orders(table_of(value, key), "", into, fields);
       }},
  };
  read_table(table_of(node, "survivorship"), "survivorship", readers);
  into.policy = models::Survivorship(std::move(others), std::move(fields));
}

bool is_channel_id(std::string_view id) {
  return !id.empty() && id.size() <= 32 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// A key that every channel has; false for the platform's own.
bool read_common_key(const std::string& name, const toml::node& node,
                     adapters::ChannelSettings& into) {
  const std::string key = "channel." + name;
  if (name == "id") {
    into.id = text_of(node, key);
    if (!is_channel_id(into.id)) {
      refuse(node,
             "channel.id must have 1 to 32 of a-z, 0-9 and '-'; it is part of the callback URL");
    }
  } else if (name == "platform") {
    into.platform = text_of(node, key);
  } else if (name == "tenant") {
    into.tenant = text_of(node, key);
    if (into.tenant.empty() || into.tenant.size() > 64)
      refuse(node, key + " must have 1 to 64 bytes");
  } else if (name == "rules") {
    into.rules = text_of(node, key);
  } else if (name == "freshness") {
    into.freshness = duration_of(node, key);
  } else {
    return false;
  }
  return true;
}

ChannelConfig read_channel(const toml::node& node, const std::string& public_url) {
  const toml::table* table = node.as_table();
  if (table == nullptr) refuse(node, "a channel must be a table: [[channel]]");
  ChannelConfig channel;
  channel.line = line_of(node);
  channel.settings.tenant = "default";
  channel.settings.settings[std::string(adapters::kSharedScopeSetting)] =
      adapters::kSharedScopeDefault;
  for (const auto& [key, value] : *table) {
    const std::string name(key.str());
    if (read_common_key(name, value, channel.settings)) continue;
    std::string text;
    if (const auto number = value.value_exact<std::int64_t>()) {
      text = std::to_string(*number);
    } else {
      text = resolve_secret(value, "channel." + name, text_of(value, "channel." + name));
    }
    channel.settings.settings[name] = std::move(text);
    channel.lines[name] = line_of(value);
  }
  if (channel.settings.id.empty()) refuse(node, "a channel needs an id");
  if (channel.settings.platform.empty()) {
    refuse(node, "channel '" + channel.settings.id + "' needs a platform");
  }
  if (!public_url.empty()) channel.settings.settings["public_url"] = public_url;
  return channel;
}

void read_channels(const toml::node& node, Config& config) {
  const toml::array* rows = node.as_array();
  if (rows == nullptr) refuse(node, "channels are written [[channel]], with two brackets");
  std::set<std::string> ids;
  for (const toml::node& row : *rows) {
    ChannelConfig channel = read_channel(row, config.server.public_url);
    if (!ids.insert(channel.settings.id).second) {
      refuse(row, "the channel id '" + channel.settings.id + "' is used twice");
    }
    config.channels.push_back(std::move(channel));
  }
}

Config read_root(const toml::table& root) {
  Config config;
  const Readers readers{
      {"server",
       [&](const toml::node& node, const std::string&) { read_server(node, config.server); }},
      {"store", [&](const toml::node& node, const std::string&) { read_store(node, config); }},
      {"rules", [&](const toml::node& node, const std::string&) { read_rules(node, config); }},
      {"log", [&](const toml::node& node, const std::string&) { read_log(node, config); }},
      {"identity",
       [&](const toml::node& node, const std::string&) { read_identity(node, config.identity); }},
      {"survivorship", [&](const toml::node& node,
                           const std::string&) { read_survivorship(node, config.survivorship); }},
      {"channel", [](const toml::node&, const std::string&) {}},
  };
  for (const auto& [key, node] : root) {
    const std::string name(key.str());
    const auto reader = readers.find(name);
    if (reader == readers.end()) {
      const auto known = names_of(readers);
      refuse(node, "unknown section '" + name + "'" + suggestion(name, known));
    }
    reader->second(node, name);
  }
  // Last, since channels are told the public URL.
  if (const toml::node* channels = root.get("channel")) read_channels(*channels, config);
  return config;
}

}  // namespace

Result<Config> read_config(std::string_view text, const std::string& file) {
  try {
    Config config = read_root(toml::parse(text, file));
    config.file = file;
    return config;
  } catch (const Refusal& refusal) {
    return fail(ErrorCode::malformed,
                file + ':' + std::to_string(refusal.line) + ": " + refusal.reason);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::malformed, file + ':' + std::to_string(error.source().begin.line) +
                                          ": " + std::string(error.description()));
  }
}

Result<Config> load_config(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return fail(ErrorCode::not_found, path + ": cannot be read");
  return read_config(text.str(), path);
}

Result<std::string> find_config(const std::string& path) {
  if (!path.empty()) return path;
  for (const char* usual : {"guanxi.toml", "/etc/guanxi/guanxi.toml"}) {
    if (std::filesystem::exists(usual)) return std::string(usual);
  }
  return fail(ErrorCode::not_found,
              "no configuration: neither ./guanxi.toml nor /etc/guanxi/guanxi.toml is there; "
              "write one, or name it with --config");
}

}  // namespace guanxi::app
