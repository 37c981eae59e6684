// Configuration files: any text is a configuration, or refused with the place.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "adapters/registry.h"
#include "gateway/app/config.h"

using namespace guanxi;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto platforms = adapters::Registry().platforms();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = app::read_config(text, "fuzz.toml");
  if (!config) {
    if (!config.error().detail.starts_with("fuzz.toml")) std::abort();
    return 0;
  }
  for (const app::ChannelConfig& channel : config->channels) {
    const auto known = app::check_channel(*config, channel, platforms);
    if (!known && !known.error().detail.starts_with("fuzz.toml:")) std::abort();
  }
  return 0;
}
