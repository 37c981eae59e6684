#include "gateway/store/store.h"

#include <array>
#include <charconv>
#include <filesystem>
#include <stdexcept>

#include "crypto/digest.h"
#include "gateway/store/data_key.h"
#include "gateway/store/open_sealed.h"
#include "gateway/store/sql/sql_store.h"
#include "gateway/store/store_url.h"

namespace guanxi::store {
namespace {

constexpr std::array<std::string_view, 5> kStatuses{"raw", "normalized", "unmapped", "dead",
                                                    "none"};

}  // namespace

Result<void> Store::append(std::span<const NewPayload> payloads) {
  std::vector<PreparedPayload> prepared;
  prepared.reserve(payloads.size());
  for (const NewPayload& payload : payloads) prepared.push_back(prepare(payload));
  return append(prepared);
}

std::optional<std::pair<Key, std::string>> Store::interaction_id(TenantId tenant,
                                                                 const models::Fact& fact) const {
  const std::string mark = models::interaction_mark(fact);
  if (mark.empty()) return std::nullopt;
  const Key key = key_of(tenant, mark);
  const auto id = fact.fields.find("id");
  if (id != fact.fields.end() && id->is_string() && !id->get_ref<const std::string&>().empty()) {
    return std::pair(key, id->get<std::string>());
  }
  return std::pair(key, crypto::to_hex({reinterpret_cast<const char*>(key.data()), key.size()}));
}

std::string_view decision_text(DecisionRecord::Kind kind) {
  switch (kind) {
    case DecisionRecord::Kind::join:
      return "join";
    case DecisionRecord::Kind::apart:
      return "apart";
    case DecisionRecord::Kind::block:
      return "block";
    case DecisionRecord::Kind::allow:
      return "allow";
    case DecisionRecord::Kind::reject:
      return "reject";
    case DecisionRecord::Kind::take_back:
      return "take_back";
  }
  return "";
}

std::string_view row_status_text(RowStatus status) {
  if (status == RowStatus::held) status = RowStatus::received;
  const auto place = static_cast<std::size_t>(status);
  return place < kStatuses.size() ? kStatuses[place] : std::string_view{};
}

std::optional<RowStatus> row_status_from(std::string_view text) {
  for (std::size_t place = 0; place < kStatuses.size(); ++place) {
    if (kStatuses[place] == text) return static_cast<RowStatus>(place);
  }
  return std::nullopt;
}

std::optional<std::string> missing_database(const StoreOptions& options) {
  const StoreUrl url = read_store_url(options.url);
  const DataKeys keys(options, url);
  if (url.scheme != "sqlite" || std::filesystem::exists(url.path)) return std::nullopt;
  const auto folder = std::filesystem::absolute(url.path).parent_path();
  return std::filesystem::is_directory(folder) ? std::optional(url.path) : std::nullopt;
}

std::unique_ptr<Store> open_store(const StoreOptions& options) {
  Opened opened = open_sealed(options);
  return std::make_unique<sql::SqlStore>(std::move(opened.database), std::move(opened.vault));
}

}  // namespace guanxi::store
