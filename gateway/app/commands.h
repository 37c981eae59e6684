// The commands, a source file each. They answer the exit code, and throw std::runtime_error (one
// line) for what makes exit code 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gateway/app/config.h"
#include "gateway/app/console.h"

namespace guanxi::app {

int serve(const Config& config, Console& console);

// `channel` empty: all. The configuration is read inside, since its faults are findings.
int check(const std::string& config_path, const std::string& channel, Console& console);

int migrate(const Config& config, Console& console);

struct TriggerOptions {
  std::string channel;
  std::string event;                                     // whole name, or last parts of it
  std::vector<std::pair<std::string, std::string>> set;  // field or JSON pointer, and value
  std::size_t count = 1;
  std::string to;  // base URL of a gateway, or a whole callback URL; empty: as configured
  bool list = false;
};
int trigger(const Config& config, const TriggerOptions& options, Console& console);

struct NewKeyOptions {
  std::string name;
  std::string tenant = "default";
  std::vector<std::string> scopes;
};
int create_key(const Config& config, const NewKeyOptions& options, Console& console);
int list_keys(const Config& config, Console& console);
int revoke_key(const Config& config, const std::string& id, Console& console);
// Seals everything by the new data key.
int rotate_data_key(const Config& config, Console& console);

// `format`: "ndjson" or "csv"; `tenant` empty: all.
int export_customers(const Config& config, const std::string& format, const std::string& tenant,
                     Console& console);

struct ReplayOptions {
  std::string channel;              // empty: all that are configured
  std::string status = "unmapped";  // or "dead" or "all"
  std::int64_t since = 0;           // from this row on
  std::string rules;                // a version to read by; empty: as configured
  bool calls = false;               // ask the platforms again
  bool dry_run = false;             // write nothing, and show what would become of customers
};
int replay(const Config& config, const ReplayOptions& options, Console& console);

// `dir` empty: what is in the program and in rules.dir, if there is a configuration.
int lint_rules(const std::string& config_path, const std::string& dir, Console& console);

// All versions, and which channels read by them now. Without a configuration: the built-in ones.
int list_rules(const std::string& config_path, Console& console);
// What differs between two packs, "platform/version" each, with all that they extend.
int diff_rules(const std::string& config_path, const std::string& a, const std::string& b,
               Console& console);

struct ActivateOptions {
  std::string platform;
  std::string version;  // "latest": by day of receipt
  std::string channel;  // empty: all of the platform
  bool undo = false;    // take back what was activated last
};
int activate_rules(const Config& config, const ActivateOptions& options, Console& console);

struct ShadowOptions {
  std::string platform;
  std::string version;  // empty: show what it reported
  std::string channel;  // empty: all of the platform
  bool stop = false;
};
// Lets a version read along and writes nothing of it but a report.
int shadow_rules(const Config& config, const ShadowOptions& options, Console& console);

// Prints the beginning of a pack for a day: what extends the pack before it by what came and no
// pack knows.
int new_rules(const Config& config, const std::string& platform, const std::string& day,
              Console& console);

// What came and the version in force does not know; `whole`: also what others did not.
int show_drift(const Config& config, bool whole, Console& console);

}  // namespace guanxi::app
