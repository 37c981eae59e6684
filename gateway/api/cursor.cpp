#include "gateway/api/cursor.h"

#include "crypto/base64.h"
#include "crypto/constant_time.h"
#include "crypto/digest.h"

namespace guanxi::api {
namespace {

// Version, hash of the filter, mac, position.
constexpr char kVersion = 1;
constexpr std::size_t kFilterHash = 8;
constexpr std::size_t kMac = 16;
constexpr std::size_t kHead = 1 + kFilterHash + kMac;
constexpr std::size_t kLongest = 1024;

}  // namespace

CursorBook::CursorBook(const store::Store& store, store::TenantId tenant, std::string_view list,
                       std::string_view filter)
    : store_(store),
      tenant_(tenant),
      list_(list),
      filter_hash_(crypto::digest(crypto::HashAlgorithm::sha256, filter).substr(0, kFilterHash)) {}

std::string CursorBook::mac(std::string_view filter_hash, std::string_view position) const {
  std::string text = "cursor/" + list_ + '\0';
  text += filter_hash;
  text += position;
  const store::Key key = store_.key_of(tenant_, text);
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

std::string CursorBook::issue(std::string_view position) const {
  std::string bytes(1, kVersion);
  bytes += filter_hash_;
  bytes += mac(filter_hash_, position);
  bytes += position;
  return crypto::encode_base64_url(bytes);
}

tl::expected<std::string, Problem> CursorBook::read(std::string_view cursor) const {
  const auto invalid = [] {
    return tl::unexpected(
        Problem{ProblemCode::cursor_invalid, "the cursor is not one of this list"});
  };
  if (cursor.size() > kLongest) return invalid();
  const auto bytes = crypto::decode_base64_url(cursor);
  if (!bytes || bytes->size() < kHead || bytes->front() != kVersion) return invalid();
  const std::string_view view = *bytes;
  const std::string_view filter_hash = view.substr(1, kFilterHash);
  const std::string_view position = view.substr(kHead);
  if (!crypto::equal_in_constant_time(view.substr(1 + kFilterHash, kMac),
                                      mac(filter_hash, position))) {
    return invalid();
  }
  if (filter_hash != filter_hash_) {
    return tl::unexpected(
        Problem{ProblemCode::cursor_mismatch, "the cursor was issued for other filters"});
  }
  return std::string(position);
}

}  // namespace guanxi::api
