// One object of a pack while it is read: remembers which of its keys were asked for, so that keys
// nobody knows are complained about.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/protocol/transport.h"

namespace guanxi::adapters::protocol {

class Section {
 public:
  // Complains at once if `object` is none. Object and complaints outlive the section.
  Section(const Json& object, std::string pointer, std::vector<Complaint>& complaints);

  const Json* optional(std::string_view key);
  // Complains when it is missing.
  const Json* required(std::string_view key);
  // Complains about every key not asked for.
  void finish();

  void complain(std::string_view key, std::string reason);
  std::string pointer_to(std::string_view key) const;

  // The value of one type, complaining about others; the fallback when it is missing.
  std::string text(std::string_view key, std::string_view fallback = {});
  std::string required_text(std::string_view key);
  bool flag(std::string_view key, bool fallback);
  std::size_t number(std::string_view key, std::size_t least, std::size_t most);

  const Json& object() const { return object_; }
  std::vector<Complaint>& complaints() { return complaints_; }

 private:
  const Json& object_;
  std::string pointer_;
  std::vector<Complaint>& complaints_;
  std::set<std::string, std::less<>> read_;
};

// `pointer` with one more token, escaped.
std::string append_token(std::string_view pointer, std::string_view token);

}  // namespace guanxi::adapters::protocol
