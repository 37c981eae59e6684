// API keys: "gx_" and 256 random bits. The store keeps a hash, never the key.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/store.h"
#include "models/ids.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::api {

enum class Scope : std::uint8_t { customers_read, customers_write, pii_read, webhooks, admin };
inline constexpr std::array kScopes{Scope::customers_read, Scope::customers_write, Scope::pii_read,
                                    Scope::webhooks, Scope::admin};
std::string_view scope_text(Scope scope);  // "customers:read", …
std::optional<Scope> scope_from(std::string_view text);

// Who sent a request, as its key says.
struct Caller {
  Uuid key;
  store::TenantId tenant = 0;
  std::string tenant_name;
  std::vector<Scope> scopes;

  // `admin` includes every scope but pii:read, which is always given by name.
  bool may(Scope scope) const;
};

std::string make_key_secret();
// What the store knows a secret by.
std::string hash_of_secret(std::string_view secret);

// Finds callers by their secrets, and remembers them briefly: a revoked key is refused after at
// most kRemembered. While the store does not answer, those seen within kTrusted are still known:
// the metrics are read just then, and whatever else they ask for needs the store. Any thread.
class KeyRing {
 public:
  static constexpr Milliseconds kRemembered{2'000};
  static constexpr Milliseconds kTrusted{3'600'000};

  KeyRing(store::Store& store, Clock clock) : store_(store), clock_(std::move(clock)) {}
  // Nothing for an unknown or revoked key; an error when the store does not answer.
  Result<std::optional<Caller>> find(std::string_view secret);

 private:
  struct Entry {
    Caller caller;
    Time found_at{};
  };
  store::Store& store_;
  Clock clock_;
  std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> known_;
};

}  // namespace guanxi::api
