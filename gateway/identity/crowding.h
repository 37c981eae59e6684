// Which phones and e-mails more share than may: they tell nobody's identity. Private to the folder.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gateway/identity/parts.h"

namespace guanxi::identity {

// The statements that may join, in the order in which they are judged, and what is known of the
// members.
struct Case {
  const World& world;
  const Limits& limits;
  const Roster& roster;
  const Separations& separations;
  const std::vector<Node>& names;
  std::span<const std::uint32_t> statements;
};

// Of each member, whether it is a value over a limit: stated by too many, or claimed at some moment
// by too many persons known to platforms by themselves. What is learnt later does not mend it, for
// else a value would come and go.
std::vector<char> crowded_values(const Case& judged);

}  // namespace guanxi::identity
