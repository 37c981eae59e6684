// How far statements are believed here: limits, and the values that tell nothing about anybody.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "gateway/identity/partition.h"
#include "models/fact.h"

namespace guanxi::identity {

struct Policy {
  Limits limits;
  // Values of any kind of identity: phones in E.164, e-mails in small letters, ids as they are.
  std::set<std::string, std::less<>> blocked;

  // True for a listed value, and for what people type when a form wants something.
  bool is_blocked(const models::Identity& identity) const;
};

// A number or address that stands for none, such as +8613800138000.
bool is_placeholder(std::string_view contact);

}  // namespace guanxi::identity
