// Any bytes, read by every pack of every platform as a payload and as an answer.
#include <cstdint>
#include <string_view>

#include "adapters/protocol/transport.h"
#include "adapters/rules/api.h"
#include "adapters/rules/library.h"
#include "adapters/rules/normalize.h"

using namespace guanxi;
using namespace guanxi::adapters;

namespace {

const rules::Platforms& platforms() {
  static const rules::Platforms loaded = [] {
    std::vector<Finding> findings;
    return rules::load_platforms(rules::built_in_files(), findings);
  }();
  return loaded;
}

void store(const std::vector<models::Event>& events) {
  for (const models::Event& event : events) {
    const models::Json stored = models::Json::parse(models::facts_state(event.facts).dump());
    GUANXI_CHECK(models::facts_from_state(stored) == event.facts);
  }
}

void read_with(const rules::RulePack& pack, const rules::Manifest& manifest,
               const models::Json& tree) {
  const rules::Scopes scopes(pack.plan(), manifest, {});
  const Time now = from_ms(1735689600000);
  const rules::Situation situation{pack.plan(), scopes, models::Trust::account_bound, now};
  store(rules::read_message(situation, "", tree));
  for (const auto& [name, call] : pack.plan().api.calls) {
    if (!call.reads) continue;
    store(rules::read_answer(situation, call, {name, models::Json::object(), now}, tree));
    if (call.pages) (void)rules::next_page(*call.pages, tree, "1");
    (void)rules::judge_body(call.errors, tree);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* format : {"xml", "json"}) {
    const auto tree = protocol::parse_tree(format, text);
    if (!tree) continue;
    for (const auto& [name, platform] : platforms()) {
      if (!platform.packs.empty()) {
        read_with(*platform.packs.rbegin()->second, platform.manifest, *tree);
      }
    }
  }
  return 0;
}
