// Who a fact is about: a pure decision from the facts of one event and the customers who hold the
// identities it names. Identities without customer are attached, or found a new customer; customers
// that exist are never joined here. Every statement that two identities are one person is evidence.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/fact.h"
#include "models/ids.h"
#include "models/time.h"

namespace guanxi::identity {

// Which customer holds which identity, as far as the events at hand name them.
class Holdings {
 public:
  // The holder; nil when nobody holds it.
  Uuid holder(const models::Identity& identity) const;
  void hold(const models::Identity& identity, const Uuid& customer);
  // True if the customer holds another value of the same name space and scope. A person has at most
  // one of each, except of phones and e-mails.
  bool holds_another(const Uuid& customer, const models::Identity& identity) const;
  // True if the customer is known to a platform by an id of its own.
  bool holds_strong(const Uuid& customer) const;

 private:
  std::map<models::Identity, Uuid> holders_;
  std::map<Uuid, std::vector<models::Identity>> held_;
};

struct Statement {
  models::Identity a;
  models::Identity b;
  models::Trust trust{};
  Time at{};
  std::string rule;
};

struct Decision {
  std::vector<std::pair<models::Identity, Uuid>> attached;  // identities that got a holder
  std::vector<Uuid> created;                                // customers that did not exist
  std::vector<Statement> evidence;
  // For each fact, the customer it is about; nil: no customer (a thing, or nobody's identity).
  std::vector<Uuid> customer_of_fact;
};

// Decides and records the outcome in `holdings`. `make_id` gives ids for new customers.
Decision resolve(const std::vector<models::Fact>& facts, Holdings& holdings,
                 const std::function<Uuid()>& make_id);

// The identity of a phone or e-mail, which belongs to no platform.
models::Identity phone_identity(std::string value);
models::Identity email_identity(std::string value);

}  // namespace guanxi::identity
