// Facts about one customer, Li Lei, and her staff, for tests of what is folded from them.
#pragma once

#include <string>
#include <utility>

#include "models/customer.h"

namespace guanxi::models::tests {

inline const Identity kLei{"external_userid", "p.external_userid", "corp", "wmLei", Side::customer};
inline const Identity kStaff{"userid", "p.userid", "corp", "li", Side::staff};
inline const Identity kOther{"userid", "p.userid", "corp", "wang", Side::staff};
inline constexpr Time kDay{from_ms(1'735'689'600'000)};

inline Source event_source(std::int64_t seq, Time at) {
  return {"p", "acme", seq, "2024-01-01", "hash", at, false};
}

inline Source answer_source(std::int64_t seq, Time at) {
  Source source = event_source(seq, at);
  source.from_answer = true;
  return source;
}

inline Fact relation(std::string status, Time at, Json fields = Json::object(),
                     const Identity& staff = kStaff) {
  Fact fact;
  fact.kind = FactKind::relation;
  fact.rule = "relation";
  fact.at = at;
  fact.names = {{Role::customer, kLei}, {Role::staff, staff}};
  fact.fields = std::move(fields);
  fact.fields["status"] = std::move(status);
  return fact;
}

inline Fact person(Time at, Json set) {
  Fact fact;
  fact.kind = FactKind::person;
  fact.rule = "person";
  fact.at = at;
  fact.names = {{Role::customer, kLei}};
  fact.fields = {{"set", std::move(set)}};
  return fact;
}

inline Customer lei() {
  Customer customer;
  customer.identities.push_back({kLei, {}, {}, {}, {}});
  return customer;
}

}  // namespace guanxi::models::tests
