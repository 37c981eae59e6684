// What the members of a world are before anything joins them: of what sort, in which place of a
// person, and whether they may join at all. Private to the folder.
#pragma once

#include <cstdint>
#include <vector>

#include "gateway/identity/partition.h"

namespace guanxi::identity {

enum class Sort : std::uint8_t {
  strong,  // an id by which a platform or CRM knows somebody
  value,   // a phone or e-mail
  lead,    // a name of a lead, of which a person may have any number
  nobody,  // staff, groups, tags: no person
};

// One name space and scope, of which a person has at most one id.
using Slot = std::uint32_t;

// The world outlives it.
class Roster {
 public:
  explicit Roster(const World& world);

  Sort sort(Node node) const { return sorts_[node]; }
  bool is_strong(Node node) const { return sorts_[node] == Sort::strong; }
  bool is_value(Node node) const { return sorts_[node] == Sort::value; }
  bool is_phone(Node node) const;
  // Of ids only; numbered from 0.
  Slot slot(Node node) const { return slots_[node]; }

  // People say that the value joins, whatever limits say.
  bool is_allowed(Node node) const { return allowed_[node] != 0; }
  bool is_blocked(Node node) const { return blocked_[node] != 0; }
  bool is_blocked(const Statement& stated) const {
    return is_blocked(stated.a) || is_blocked(stated.b);
  }
  // False for what is said of staff and things.
  bool is_of_persons(const Statement& stated) const;

 private:
  void number_slots();
  void read_blocks();

  const World& world_;
  std::vector<Sort> sorts_;
  std::vector<Slot> slots_;
  std::vector<char> blocked_;
  std::vector<char> allowed_;
};

}  // namespace guanxi::identity
