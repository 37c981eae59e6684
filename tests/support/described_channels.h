// The channels that tests/simulator/<platform>.json describes, for whoever binds them without a
// gateway.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "adapters/adapter.h"

namespace guanxi::tests {

inline models::Json read_description(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return models::Json::parse(stream);
}

inline std::vector<std::filesystem::path> description_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  return files;
}

// Of the description in `file`, in its order. Their API is nowhere.
inline std::vector<adapters::ChannelSettings> described_channels(
    const std::filesystem::path& file) {
  std::vector<adapters::ChannelSettings> channels;
  const models::Json description = read_description(file);
  for (const models::Json& settings : description.at("channels")) {
    adapters::ChannelSettings channel;
    channel.platform = file.stem().string();
    channel.id = channel.platform;
    channel.tenant = "default";
    channel.settings["public_url"] = "https://gateway.example.com";
    for (const auto& [name, value] : settings.items()) {
      if (name == "tenant") continue;
      channel.settings[name] =
          value == "{api_base}" ? "http://127.0.0.1:9" : value.get<std::string>();
    }
    channels.push_back(std::move(channel));
  }
  return channels;
}

}  // namespace guanxi::tests
