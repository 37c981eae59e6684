#include <ostream>

#include "gateway/app/commands.h"

namespace guanxi::app {

int migrate(const Config& config, Console& console) {
  const auto store = store::open_store(config.store);
  const auto [before, known] = need(store->schema_versions(), "store.url");
  if (before > known) {
    throw CommandFailed("store.url: the schema is version " + std::to_string(before) +
                        " and this program knows " + std::to_string(known) +
                        "; run the newer program");
  }
  if (before < known) need(store->migrate(), "store.url");
  if (console.json) {
    console.out << models::Json{{"from", before}, {"to", known}}.dump() << '\n';
  } else if (before == known) {
    console.out << "the schema is up to date (version " << known << ")\n";
  } else {
    console.out << "the schema is now version " << known << " (was " << before << ")\n";
  }
  return 0;
}

}  // namespace guanxi::app
