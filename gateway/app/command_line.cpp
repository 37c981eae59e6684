#include "gateway/app/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <functional>
#include <iostream>

#include "gateway/app/commands.h"
#include "gateway/app/version.h"

namespace guanxi::app {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

// What the command line said, and what it leads to.
struct CommandLine {
  explicit CommandLine(Console& given) : console(given) {}

  Console& console;
  std::string config_path;
  std::function<int()> action;

  std::string channel;
  TriggerOptions trigger;
  std::vector<std::string> set;
  NewKeyOptions key;
  std::string key_id;
  std::string format = "ndjson";
  std::string tenant;
  std::string rules_dir;
  ReplayOptions replay;
  ActivateOptions activate;
  ShadowOptions shadow;
  bool whole = false;
  std::string left;
  std::string right;

  Config config() const { return need(load_config(need(find_config(config_path)))); }
};

void add_config(CLI::App& command, CommandLine& line) {
  command.add_option("--config", line.config_path,
                     "configuration file (default: ./guanxi.toml, else /etc/guanxi/guanxi.toml)");
}

// A command that reads the configuration and then does `what`.
CLI::App* add(CLI::App& parent, CommandLine& line, const std::string& name,
              const std::string& description, std::function<int(const Config&)> what) {
  CLI::App* command = parent.add_subcommand(name, description);
  add_config(*command, line);
  command->callback([&line, what = std::move(what)] {
    line.action = [&line, what] { return what(line.config()); };
  });
  return command;
}

void add_json(CLI::App* command, CommandLine& line) {
  command->add_flag("--json", line.console.json, "print JSON instead of a table");
}

void add_service(CLI::App& app, CommandLine& line) {
  add(app, line, "serve", "run the gateway until SIGTERM or SIGINT",
      [&line](const Config& config) { return serve(config, line.console); });
  CLI::App* migration =
      add(app, line, "migrate", "bring the store's schema up to date",
          [&line](const Config& config) { return migrate(config, line.console); });
  add_json(migration, line);
  CLI::App* checking = app.add_subcommand(
      "check", "look for faults: configuration, store, and a token for every channel");
  checking->add_option("CHANNEL", line.channel, "only this channel");
  add_config(*checking, line);
  add_json(checking, line);
  checking->callback([&line] {
    line.action = [&line] { return check(line.config_path, line.channel, line.console); };
  });
}

void add_trigger(CLI::App& app, CommandLine& line) {
  CLI::App* command = add(
      app, line, "trigger", "send a signed and encrypted sample callback of a channel's platform",
      [&line](const Config& config) { return trigger(config, line.trigger, line.console); });
  command->add_option("CHANNEL", line.trigger.channel, "id of a configured channel")->required();
  CLI::Option* event =
      command->add_option("EVENT", line.trigger.event, "the event's name, or the end of it");
  command
      ->add_option(
          "--set", line.set,
          "FIELD=VALUE: replace a field of the sample; {n} in VALUE is the callback's number")
      ->allow_extra_args(false);
  command->add_option("--count", line.trigger.count, "how many, a second of event time apart")
      ->check(CLI::Range(1, 10'000'000));
  command->add_option("--to", line.trigger.to,
                      "another gateway's address, or a whole callback URL");
  CLI::Option* list = command->add_flag("--list", line.trigger.list, "name the events");
  add_json(command, line);
  command->parse_complete_callback([&line, event, list] {
    if (event->count() == 0 && list->count() == 0) {
      throw CLI::RequiredError("EVENT (or --list)");
    }
    for (const std::string& text : line.set) {
      const std::size_t equals = text.find('=');
      if (equals == std::string::npos || equals == 0) {
        throw CLI::ValidationError("--set", "takes FIELD=VALUE");
      }
      line.trigger.set.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
  });
}

void add_keys(CLI::App& app, CommandLine& line) {
  CLI::App* keys = app.add_subcommand("keys", "API keys of the CRM API, and the data key");
  keys->require_subcommand(1);
  CLI::App* create =
      add(*keys, line, "create", "make a key; it is shown once",
          [&line](const Config& config) { return create_key(config, line.key, line.console); });
  create->add_option("--name", line.key.name, "what it is for")->required();
  create->add_option("--tenant", line.key.tenant, "whose customers it reads (default: default)");
  create
      ->add_option("--scope", line.key.scopes,
                   "customers:read (default), customers:write, pii:read, webhooks or admin; repeat "
                   "for several")
      ->allow_extra_args(false);
  add_json(create, line);
  add_json(add(*keys, line, "list", "show all keys, not their secrets",
               [&line](const Config& config) { return list_keys(config, line.console); }),
           line);
  CLI::App* revoke =
      add(*keys, line, "revoke", "refuse a key from now on",
          [&line](const Config& config) { return revoke_key(config, line.key_id, line.console); });
  revoke->add_option("ID", line.key_id, "as shown by keys list")->required();
  add_json(revoke, line);
  add_json(add(*keys, line, "rotate-data", "change the data key: encrypt anew what is at rest",
               [&line](const Config& config) { return rotate_data_key(config, line.console); }),
           line);
}

void add_export(CLI::App& app, CommandLine& line) {
  CLI::App* exports = app.add_subcommand("export", "write data to stdout");
  exports->require_subcommand(1);
  CLI::App* customers =
      add(*exports, line, "customers", "every unified customer, phones in clear",
          [&line](const Config& config) {
            return export_customers(config, line.format, line.tenant, line.console);
          });
  customers->add_option("--format", line.format, "ndjson (default) or csv")
      ->check(CLI::IsMember({"ndjson", "csv"}));
  customers->add_option("--tenant", line.tenant, "only this tenant's");
}

void add_replay(CLI::App& app, CommandLine& line) {
  CLI::App* command =
      add(app, line, "replay", "read stored callbacks and answers again, by the rules known now",
          [&line](const Config& config) { return replay(config, line.replay, line.console); });
  command->add_option("--channel", line.replay.channel, "only this channel's");
  command
      ->add_option("--status", line.replay.status,
                   "unmapped (default), dead, or all that was worked before")
      ->check(CLI::IsMember({"unmapped", "dead", "all"}));
  command->add_option("--since", line.replay.since, "from this row on, as /v1/events numbers them")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--rules", line.replay.rules, "read by this version, such as 2024-12-19");
  command->add_flag("--calls", line.replay.calls, "ask the platforms again for what is missing");
  command->add_flag("--dry-run", line.replay.dry_run,
                    "write nothing, and print what would become of customers");
  add_json(command, line);
}

// Which version is in force, what came that none knows, and what to do about it.
void add_rules_in_force(CLI::App& rules, CommandLine& line) {
  CLI::App* activate = add(rules, line, "activate", "put a version in force, or take that back",
                           [&line](const Config& config) {
                             return activate_rules(config, line.activate, line.console);
                           });
  activate->add_option("PLATFORM", line.activate.platform, "as guanxi rules list names it")
      ->required();
  activate->add_option("VERSION", line.activate.version,
                       "such as 2024-12-19; latest: each row by the day it came");
  activate->add_option("--channel", line.activate.channel, "only for this channel");
  activate->add_flag("--undo", line.activate.undo, "take back what was activated last");
  add_json(activate, line);
  CLI::App* fresh = add(rules, line, "new", "print the beginning of a pack, made of the drift seen",
                        [&line](const Config& config) {
                          return new_rules(config, line.left, line.right, line.console);
                        });
  fresh->add_option("PLATFORM", line.left, "as guanxi rules list names it")->required();
  fresh->add_option("DATE", line.right, "the day of the change in Beijing, such as 2026-03-01")
      ->required();
  CLI::App* shadow = add(
      rules, line, "shadow", "let a version read along, writing nothing, or show its report",
      [&line](const Config& config) { return shadow_rules(config, line.shadow, line.console); });
  shadow->add_option("PLATFORM", line.shadow.platform, "as guanxi rules list names it")->required();
  shadow->add_option("VERSION", line.shadow.version, "to begin; without it, the report is shown");
  shadow->add_option("--channel", line.shadow.channel, "only for this channel");
  shadow->add_flag("--stop", line.shadow.stop, "no version reads along any more");
  add_json(shadow, line);
  CLI::App* drift =
      add(rules, line, "drift", "what came and the version in force does not know",
          [&line](const Config& config) { return show_drift(config, line.whole, line.console); });
  drift->add_flag("--all", line.whole, "also what other versions did not know");
  add_json(drift, line);
}

void add_rules(CLI::App& app, CommandLine& line) {
  CLI::App* rules = app.add_subcommand("rules", "the dated rule packs of the platforms");
  rules->require_subcommand(1);
  CLI::App* lint = rules->add_subcommand("lint", "check packs and run their examples");
  lint->add_option("DIR", line.rules_dir,
                   "holds <platform>/manifest.json and <platform>/rules/<date>.json (default: "
                   "what is built in, and rules.dir)");
  add_config(*lint, line);
  add_json(lint, line);
  lint->callback([&line] {
    line.action = [&line] { return lint_rules(line.config_path, line.rules_dir, line.console); };
  });
  CLI::App* list = rules->add_subcommand("list", "all versions, and which channels read by them");
  add_config(*list, line);
  add_json(list, line);
  list->callback(
      [&line] { line.action = [&line] { return list_rules(line.config_path, line.console); }; });
  CLI::App* diff = rules->add_subcommand("diff", "what differs between two packs");
  diff->add_option("A", line.left, "platform/version, as guanxi rules list shows them")->required();
  diff->add_option("B", line.right, "the same")->required();
  add_config(*diff, line);
  add_json(diff, line);
  diff->callback([&line] {
    line.action = [&line] {
      return diff_rules(line.config_path, line.left, line.right, line.console);
    };
  });
  add_rules_in_force(*rules, line);
}

}  // namespace

int run(std::vector<std::string> arguments, std::ostream& out, std::ostream& err) {
  Console console{out, err};
  CommandLine line(console);
  CLI::App app("Guanxi: social platforms' customers, unified for CRMs", "guanxi");
  app.set_version_flag("--version", std::string("guanxi ") + kVersion);
  add_config(app, line);
  app.require_subcommand(1);
  add_service(app, line);
  add_trigger(app, line);
  add_keys(app, line);
  add_export(app, line);
  add_replay(app, line);
  add_rules(app, line);
  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return app.exit(error, out, err) == 0 ? 0 : kWrongUsage;
  }
  try {
    return line.action();
  } catch (const WrongUsage& error) {
    err << "guanxi: " << error.what() << std::endl;
    return kWrongUsage;
  } catch (const std::exception& error) {
    err << "guanxi: " << error.what() << std::endl;
    return kFailed;
  }
}

int run(int argc, char** argv) {
  return run(std::vector<std::string>(argv + 1, argv + argc), std::cout, std::cerr);
}

}  // namespace guanxi::app
