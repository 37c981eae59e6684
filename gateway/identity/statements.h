// What a fact says of who is who: which identities it takes to be one person, and whether it makes
// somebody a customer.
#pragma once

#include <string>
#include <vector>

#include "gateway/identity/partition.h"
#include "models/fact.h"
#include "models/time.h"

namespace guanxi::identity {

// That two identities are names of one person, or so somebody says.
struct Stated {
  models::Identity a;  // who reports
  models::Identity b;
  models::Trust trust{};
  Nature nature = Nature::named;
  Time at{};
  std::string rule;

  bool operator==(const Stated&) const = default;
};

// All that a fact states, phones and e-mails in its fields included.
std::vector<Stated> statements_of(const models::Fact& fact);

// Members of groups and authors of comments stay identities until something makes them customers.
bool makes_customer(const models::Fact& fact);

// The phones and e-mails in the fields of a fact about a person or a staff member.
std::vector<models::Identity> contacts_of(const models::Fact& fact);

// The identity of a phone or e-mail, which belongs to no platform.
models::Identity phone_identity(std::string value);
models::Identity email_identity(std::string value);

}  // namespace guanxi::identity
