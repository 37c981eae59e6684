#include "gateway/api/keys.h"

#include <algorithm>
#include <utility>

#include "crypto/digest.h"
#include "crypto/random.h"

namespace guanxi::api {
namespace {

constexpr std::string_view kPrefix = "gx_";
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kSecretSize = 3 + 43;
constexpr std::size_t kMostKnown = 4096;

}  // namespace

std::string_view scope_text(Scope scope) {
  constexpr std::array<std::string_view, kScopes.size()> kTexts{"customers:read", "customers:write",
                                                                "pii:read", "webhooks", "admin"};
  return kTexts.at(static_cast<std::size_t>(scope));
}

std::optional<Scope> scope_from(std::string_view text) {
  const auto found =
      std::ranges::find_if(kScopes, [&](Scope scope) { return scope_text(scope) == text; });
  if (found == kScopes.end()) return std::nullopt;
  return *found;
}

bool Caller::may(Scope scope) const {
  const auto has = [&](Scope wanted) { return std::ranges::find(scopes, wanted) != scopes.end(); };
  return has(scope) || (scope != Scope::pii_read && has(Scope::admin));
}

std::string make_key_secret() { return std::string(kPrefix) + crypto::random_token(kSecretBytes); }

std::string hash_of_secret(std::string_view secret) {
  return crypto::to_hex(crypto::digest(crypto::HashAlgorithm::sha256, secret));
}

Result<std::optional<Caller>> KeyRing::find(std::string_view secret) {
  if (secret.size() != kSecretSize || !secret.starts_with(kPrefix)) return std::optional<Caller>{};
  const std::string hash = hash_of_secret(secret);
  const Time now = clock_();
  const auto remembered = [&](Milliseconds age) -> std::optional<Caller> {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(hash);
    if (found == known_.end() || now >= found->second.found_at + age) return std::nullopt;
    return found->second.caller;
  };
  if (auto caller = remembered(kRemembered)) return caller;
  auto key = store_.find_key(hash);
  if (!key) {
    if (auto caller = remembered(kTrusted)) return caller;
    return tl::unexpected(std::move(key.error()));
  }
  const std::lock_guard lock(mutex_);
  if (!*key || (*key)->revoked_at) {
    known_.erase(hash);
    return std::optional<Caller>{};
  }
  Caller caller{(*key)->id, (*key)->tenant, (*key)->tenant_name, {}};
  for (const std::string& text : (*key)->scopes) {
    if (const auto scope = scope_from(text)) caller.scopes.push_back(*scope);
  }
  if (known_.size() >= kMostKnown) known_.clear();
  known_.insert_or_assign(hash, Entry{caller, now});
  return std::optional(std::move(caller));
}

}  // namespace guanxi::api
