#include "gateway/identity/roster.h"

#include <algorithm>
#include <tuple>

namespace guanxi::identity {
namespace {

using models::Identity;
using models::Side;

Sort sort_of(const Identity& identity) {
  if (identity.side == Side::lead) return Sort::lead;
  if (identity.side != Side::customer) return Sort::nobody;
  return models::is_contact(identity) ? Sort::value : Sort::strong;
}

}  // namespace

Roster::Roster(const World& world)
    : world_(world),
      sorts_(world.members.size()),
      slots_(world.members.size()),
      blocked_(world.members.size()),
      allowed_(world.members.size()) {
  for (std::size_t i = 0; i < world.members.size(); ++i) {
    sorts_[i] = sort_of(*world.members[i].identity);
    blocked_[i] = world.members[i].blocked ? 1 : 0;
  }
  number_slots();
  read_blocks();
}

bool Roster::is_phone(Node node) const {
  return is_value(node) && world_.members[node].identity->name_space == "phone";
}

bool Roster::is_of_persons(const Statement& stated) const {
  return stated.nature != Nature::staffs && sorts_[stated.a] != Sort::nobody &&
         sorts_[stated.b] != Sort::nobody;
}

// Strings are compared here, and nowhere later.
void Roster::number_slots() {
  std::vector<Node> ids;
  for (Node node = 0; node < sorts_.size(); ++node) {
    if (is_strong(node)) ids.push_back(node);
  }
  const auto key = [&](Node node) {
    const Identity& identity = *world_.members[node].identity;
    return std::tie(identity.name_space, identity.scope);
  };
  std::ranges::sort(ids, [&](Node a, Node b) { return key(a) < key(b); });
  Slot slot = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0 && key(ids[i - 1]) != key(ids[i])) ++slot;
    slots_[ids[i]] = slot;
  }
}

void Roster::read_blocks() {
  for (const Statement& stated : world_.statements) {
    if (stated.nature == Nature::staffs) blocked_[stated.b] = 1;
  }
  for (const Verdict& verdict : world_.verdicts) {
    if (verdict.kind != Verdict::Kind::block && verdict.kind != Verdict::Kind::allow) continue;
    const bool allows = verdict.kind == Verdict::Kind::allow;
    for (const Node node : verdict.one) {
      allowed_[node] = allows ? 1 : 0;
      blocked_[node] = allows ? 0 : 1;
    }
  }
}

}  // namespace guanxi::identity
