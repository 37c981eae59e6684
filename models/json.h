// The one place where models become the JSON of contract section 5.
#pragma once

#include <map>
#include <string>

#include "models/customer.h"
#include "models/entity.h"
#include "models/interaction.h"
#include "models/mask.h"  // IWYU pragma: export

namespace guanxi::models {

// Names of tags by identity, newer than what relations remember; may be empty.
using TagNames = std::map<Identity, std::pair<std::string, std::string>>;  // (group, name)

struct CustomerJsonOptions {
  std::string tenant;
  bool pii = false;  // false: phones and e-mails are masked
  const TagNames* tags = nullptr;
};
Json customer_json(const Customer& customer, const CustomerJsonOptions& options);

Json interaction_json(const Interaction& interaction, bool pii);

}  // namespace guanxi::models
