#include "gateway/identity/statements.h"

#include <algorithm>

#include "models/customer.h"

namespace guanxi::identity {
namespace {

using models::Fact;
using models::FactKind;
using models::Identity;
using models::Json;
using models::Named;
using models::Role;
using models::Side;
using models::Trust;

// Landlines and numbers that stand in for others never tell who somebody is. Of other countries
// nobody can tell by the number alone; what is typed only suggests there.
bool may_be_mobile(const std::string& phone) {
  if (phone.size() < 8 || phone.front() != '+') return false;
  if (!std::ranges::all_of(phone.substr(1), [](char c) { return c >= '0' && c <= '9'; })) {
    return false;
  }
  return !phone.starts_with("+86") || (phone.size() == 14 && phone[3] == '1');
}

std::vector<Identity> persons_in(const Fact& fact) {
  const bool has_party = fact.kind == FactKind::interaction || fact.kind == FactKind::consent ||
                         fact.kind == FactKind::member;
  std::vector<Identity> persons;
  for (const Named& named : fact.names) {
    if (named.role == (has_party ? Role::party : Role::customer) &&
        named.identity.side == Side::customer) {
      persons.push_back(named.identity);
    }
  }
  return persons;
}

void add_contacts(const Json& set, const char* name, Identity (*make)(std::string),
                  std::vector<Identity>& contacts) {
  const auto value = set.find(name);
  if (value == set.end()) return;
  const auto one = [&](const Json& item) {
    if (!item.is_string() || item.get_ref<const std::string&>().empty()) return;
    Identity contact = make(item.get<std::string>());
    if (std::ranges::find(contacts, contact) == contacts.end()) {
      contacts.push_back(std::move(contact));
    }
  };
  if (value->is_array()) {
    std::ranges::for_each(*value, one);
  } else {
    one(*value);
  }
}

// Between a name in one place and another in the same: the second took the place of the first.
Nature nature_of_alias(const Identity& of, const Identity& to) {
  return of.name_space == to.name_space && of.scope == to.scope ? Nature::renamed : Nature::named;
}

std::vector<Stated> alias_statements(const Fact& fact) {
  const Identity* of = fact.primary(Role::of);
  const Identity* to = fact.primary(Role::to);
  if (of == nullptr || to == nullptr) return {};
  // Staff and things have no persons to be.
  if (of->side != Side::customer || to->side != Side::customer) return {};
  return {{*of, *to, fact.trust, nature_of_alias(*of, *to), fact.at, fact.rule}};
}

std::vector<Stated> staff_statements(const Fact& fact) {
  const Identity* staff = fact.primary(Role::staff);
  if (staff == nullptr) return {};
  std::vector<Stated> stated;
  for (Identity& contact : contacts_of(fact)) {
    stated.push_back(
        {*staff, std::move(contact), Trust::account_bound, Nature::staffs, fact.at, fact.rule});
  }
  return stated;
}

}  // namespace

std::vector<Stated> statements_of(const Fact& fact) {
  if (fact.kind == FactKind::alias) return alias_statements(fact);
  if (fact.kind == FactKind::staff) return staff_statements(fact);
  const std::vector<Identity> persons = persons_in(fact);
  const Identity* subject = fact.subject();
  if (subject == nullptr || (persons.empty() && fact.kind != FactKind::lead)) return {};
  std::vector<Stated> stated;
  for (const Identity& person : persons) {
    if (person == *subject) continue;
    stated.push_back({*subject, person, fact.trust, Nature::named, fact.at, fact.rule});
  }
  for (Identity& contact : contacts_of(fact)) {
    if (contact == *subject || std::ranges::find(persons, contact) != persons.end()) continue;
    if (contact.name_space == "phone" && !may_be_mobile(contact.value)) continue;
    // What a form or a profile proves is among the names; a field alone only suggests.
    stated.push_back(
        {*subject, std::move(contact), Trust::staff_typed, Nature::typed, fact.at, fact.rule});
  }
  return stated;
}

bool makes_customer(const Fact& fact) {
  switch (fact.kind) {
    case FactKind::person:
    case FactKind::relation:
    case FactKind::lead:
      return !persons_in(fact).empty();
    case FactKind::interaction: {
      const auto type = fact.fields.find("type");
      return type != fact.fields.end() && *type == "message" && !persons_in(fact).empty();
    }
    default:
      return false;
  }
}

std::vector<Identity> contacts_of(const Fact& fact) {
  const auto set = fact.fields.find("set");
  if (set == fact.fields.end() || !set->is_object()) return {};
  const bool is_of_a_person =
      fact.primary(Role::customer) != nullptr || fact.kind == FactKind::staff;
  if (!is_of_a_person) return {};
  std::vector<Identity> contacts;
  for (const char* name : {"phones", "mobile"}) add_contacts(*set, name, phone_identity, contacts);
  for (const char* name : {"emails", "email"}) add_contacts(*set, name, email_identity, contacts);
  return contacts;
}

Identity phone_identity(std::string value) {
  return {"phone", "phone", "", std::move(value), Side::customer};
}

Identity email_identity(std::string value) {
  return {"email", "email", "", models::email_key(value), Side::customer};
}

}  // namespace guanxi::identity
