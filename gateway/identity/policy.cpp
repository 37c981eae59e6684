#include "gateway/identity/policy.h"

#include <algorithm>
#include <array>

namespace guanxi::identity {
namespace {

using namespace std::string_view_literals;

constexpr std::array kPlaceholders{
    // The number in every form's example, an operator's own at first.
    "+8613800138000"sv, "+8613800138001"sv, "+8613912345678"sv, "test@test.com"sv,
    "test@qq.com"sv,    "123@qq.com"sv,     "123456@qq.com"sv,  "a@a.com"sv,
    "test@163.com"sv,   "123@163.com"sv,    "none@none.com"sv,  "no@no.com"sv,
};
constexpr std::array kCounting{"12345678"sv, "23456789"sv, "87654321"sv};
constexpr std::size_t kSameDigits = 9;

}  // namespace

bool is_placeholder(std::string_view contact) {
  if (std::ranges::find(kPlaceholders, contact) != kPlaceholders.end()) return true;
  if (contact.empty() || contact.front() != '+' || contact.size() < 10) return false;
  const std::string_view end = contact.substr(contact.size() - kSameDigits);
  if (end.find_first_not_of(end.front()) == std::string_view::npos) return true;
  return std::ranges::any_of(kCounting,
                             [&](std::string_view digits) { return contact.ends_with(digits); });
}

bool Policy::is_blocked(const models::Identity& identity) const {
  if (blocked.contains(identity.value)) return true;
  return models::is_contact(identity) && is_placeholder(identity.value);
}

}  // namespace guanxi::identity
