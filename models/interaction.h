// One entry of a customer's timeline: an interaction fact as it is shown.
#pragma once

#include <cstdint>
#include <string>

#include "models/customer.h"
#include "models/fact.h"
#include "models/time.h"

namespace guanxi::models {

struct Interaction {
  std::string type;  // "contact.added", "message", …
  std::string id;    // the platform's id, else ours; stable over redelivery
  Time at{};
  std::string platform;
  std::string channel;
  Identity party;
  std::string direction;         // "inbound", "outbound" or empty
  Json fields = Json::object();  // staff, group, content, format, media, state, …
  std::int64_t seq = 0;
  std::string pack;

  bool operator==(const Interaction&) const = default;
};

// By what an interaction of a party is known from all her others, however often and in whatever
// row it is stated: the platform's id, else the event's. Empty for a fact that is none.
std::string interaction_mark(const Fact& fact);

// The interaction that a fact with a mark states. Its id is the platform's, or empty.
Interaction interaction_of(const Fact& fact, const Source& source);

}  // namespace guanxi::models
