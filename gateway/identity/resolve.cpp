#include "gateway/identity/resolve.h"

#include <algorithm>

#include "models/customer.h"

namespace guanxi::identity {
namespace {

using models::Fact;
using models::FactKind;
using models::Identity;
using models::Json;
using models::Role;
using models::Side;
using models::Trust;

bool is_weak(const Identity& identity) {
  return identity.name_space == "phone" || identity.name_space == "email";
}

// The identities of one person that a fact names.
std::vector<Identity> person_of(const Fact& fact) {
  std::vector<Identity> person;
  const Role role = fact.kind == FactKind::interaction || fact.kind == FactKind::consent ||
                            fact.kind == FactKind::member
                        ? Role::party
                        : Role::customer;
  for (const models::Named& named : fact.names) {
    if (named.role == role && named.identity.side == Side::customer) {
      person.push_back(named.identity);
    }
  }
  return person;
}

// Members of groups and authors of comments stay identities until something makes them customers.
bool makes_customer(const Fact& fact) {
  switch (fact.kind) {
    case FactKind::person:
    case FactKind::relation:
    case FactKind::lead:
      return true;
    case FactKind::interaction: {
      const auto type = fact.fields.find("type");
      return type != fact.fields.end() && *type == "message";
    }
    default:
      return false;
  }
}

class Resolving {
 public:
  Resolving(Holdings& holdings, const std::function<Uuid()>& make_id)
      : holdings_(holdings), make_id_(make_id) {}

  // The customer the fact is about; nil if none.
  Uuid decide(const Fact& fact) {
    if (fact.kind == FactKind::alias) return decide_alias(fact);
    const std::vector<Identity> person = person_of(fact);
    if (person.empty()) return {};
    for (std::size_t i = 1; i < person.size(); ++i) state(person[0], person[i], fact, fact.trust);
    const Uuid customer = customer_of(person, fact);
    if (customer.is_nil()) return customer;
    for (const Identity& identity : person) attach(identity, customer, fact.trust);
    state_contacts(person[0], fact);
    return customer;
  }

  Decision decision() && { return std::move(decision_); }

 private:
  void state(const Identity& a, const Identity& b, const Fact& fact, Trust trust) {
    decision_.evidence.push_back({a, b, trust, fact.at, fact.rule});
  }

  // The holder of the first identity that has one, strong before weak; else a new customer.
  Uuid customer_of(const std::vector<Identity>& person, const Fact& fact) {
    const bool has_strong =
        std::ranges::any_of(person, [](const Identity& identity) { return !is_weak(identity); });
    for (const bool weak : {false, true}) {
      for (const Identity& identity : person) {
        if (is_weak(identity) != weak) continue;
        const Uuid holder = holdings_.holder(identity);
        if (holder.is_nil()) continue;
        if (!weak || !has_strong || leads_to(holder, person, fact.trust)) return holder;
      }
    }
    if (!makes_customer(fact)) return {};
    const Uuid fresh = make_id_();
    decision_.created.push_back(fresh);
    return fresh;
  }

  // Whether a phone or e-mail beside a platform's id leads to its holder. What a person typed finds
  // whoever is known by it alone, and moves neither the id nor what is said of it onto somebody
  // whom platforms know; what staff typed, or nobody proved, leads nowhere.
  bool leads_to(const Uuid& holder, const std::vector<Identity>& person, Trust trust) const {
    if (trust == Trust::staff_typed) return false;
    if (trust == Trust::self_stated && holdings_.holds_strong(holder)) return false;
    return std::ranges::none_of(person, [&](const Identity& identity) {
      return !is_weak(identity) && holdings_.holds_another(holder, identity);
    });
  }

  void attach(const Identity& identity, const Uuid& customer, Trust trust) {
    if (!holdings_.holder(identity).is_nil()) return;
    const bool fresh = !decision_.created.empty() && decision_.created.back() == customer;
    if (trust == Trust::staff_typed && !fresh) return;
    if (!is_weak(identity) && holdings_.holds_another(customer, identity)) return;
    holdings_.hold(identity, customer);
    decision_.attached.emplace_back(identity, customer);
  }

  // Phones and e-mails beside the ids: what staff or the person typed suggests, and joins nobody.
  void state_contacts(const Identity& subject, const Fact& fact) {
    const auto set = fact.fields.find("set");
    if (set == fact.fields.end() || !set->is_object()) return;
    const Trust trust = fact.kind == FactKind::lead ? Trust::self_stated : Trust::staff_typed;
    const auto each = [&](const char* name, auto make) {
      const auto value = set->find(name);
      if (value == set->end()) return;
      const Json list = value->is_array() ? *value : Json::array({*value});
      for (const Json& item : list) {
        if (item.is_string() && !item.get_ref<const std::string&>().empty()) {
          state(subject, make(item.get<std::string>()), fact, trust);
        }
      }
    };
    for (const char* name : {"phones", "mobile"}) each(name, phone_identity);
    for (const char* name : {"emails", "email"}) each(name, email_identity);
  }

  Uuid decide_alias(const Fact& fact) {
    const Identity* of = fact.primary(Role::of);
    const Identity* to = fact.primary(Role::to);
    if (of == nullptr || to == nullptr) return {};
    state(*of, *to, fact, fact.trust);
    const Uuid holder = holdings_.holder(*of);
    const bool joins = fact.trust == Trust::account_bound && to->side == Side::customer &&
                       !holder.is_nil() && holdings_.holder(*to).is_nil();
    if (joins) {
      holdings_.hold(*to, holder);
      decision_.attached.emplace_back(*to, holder);
    }
    return holder;
  }

  Holdings& holdings_;
  const std::function<Uuid()>& make_id_;
  Decision decision_;
};

}  // namespace

Uuid Holdings::holder(const Identity& identity) const {
  const auto found = holders_.find(identity);
  return found == holders_.end() ? Uuid{} : found->second;
}

void Holdings::hold(const Identity& identity, const Uuid& customer) {
  holders_[identity] = customer;
  auto& held = held_[customer];
  if (std::ranges::find(held, identity) == held.end()) held.push_back(identity);
}

bool Holdings::holds_another(const Uuid& customer, const Identity& identity) const {
  const auto found = held_.find(customer);
  if (found == held_.end()) return false;
  return std::ranges::any_of(found->second, [&](const Identity& other) {
    return other != identity && other.name_space == identity.name_space &&
           other.scope == identity.scope;
  });
}

bool Holdings::holds_strong(const Uuid& customer) const {
  const auto found = held_.find(customer);
  if (found == held_.end()) return false;
  return std::ranges::any_of(found->second,
                             [](const models::Identity& held) { return !is_weak(held); });
}

Decision resolve(const std::vector<Fact>& facts, Holdings& holdings,
                 const std::function<Uuid()>& make_id) {
  Resolving resolving(holdings, make_id);
  std::vector<Uuid> customers(facts.size());
  // What makes somebody a customer comes first, so that the rest of the event finds her.
  for (const bool first : {true, false}) {
    for (std::size_t i = 0; i < facts.size(); ++i) {
      if (makes_customer(facts[i]) == first) customers[i] = resolving.decide(facts[i]);
    }
  }
  Decision decision = std::move(resolving).decision();
  decision.customer_of_fact = std::move(customers);
  return decision;
}

Identity phone_identity(std::string value) {
  return {"phone", "phone", "", std::move(value), Side::customer};
}

Identity email_identity(std::string value) {
  return {"email", "email", "", models::email_key(value), Side::customer};
}

}  // namespace guanxi::identity
