// The files of one platform's packs, and what is made of them when it is wanted. Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "adapters/protocol/transport.h"
#include "adapters/rules/manifest.h"

namespace guanxi::adapters::rules {

// A pack's file, not yet resolved.
struct PackFile {
  std::string file;  // "wecom/rules/2024-12-19.json", for findings
  Json json;
};
using PackFiles = std::map<std::string, PackFile, std::less<>>;  // by version

// The pack over everything it extends, without `extends` and the member `without`. Complains if a
// base is missing, or later.
Json resolve_pack(const PackFiles& files, const std::string& version,
                  std::vector<Complaint>& complaints, std::string_view without = {});

// Complains of whatever the transport's linter refuses.
void check_transport(const Json& transport, const Manifest& manifest,
                     std::vector<Complaint>& complaints);
// Null if it does not compile.
std::shared_ptr<const protocol::Transport> compile_transport(const Json& transport,
                                                             const Manifest& manifest);

class PackSource {
 public:
  // `texts`: file name and JSON text by version; kept.
  PackSource(std::map<std::string, std::pair<std::string, std::string>> texts, Manifest manifest);

  // All files as trees. They take ten times the room of their text, so whoever needs several packs
  // holds them meanwhile, and they go when nobody does.
  std::shared_ptr<const PackFiles> files() const;
  const Manifest& manifest() const { return manifest_; }
  // Shared by the packs that did not change it.
  std::shared_ptr<const protocol::Transport> transport(const std::string& version) const;

 private:
  const std::map<std::string, std::pair<std::string, std::string>> texts_;
  const Manifest manifest_;
  mutable std::mutex mutex_;
  mutable std::weak_ptr<const PackFiles> files_;
  mutable std::map<std::string, std::shared_ptr<const protocol::Transport>> transports_;
};

}  // namespace guanxi::adapters::rules
