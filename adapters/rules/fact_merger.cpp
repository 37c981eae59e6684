#include "adapters/rules/fact_merger.h"

#include <algorithm>

#include "adapters/rules/vocabulary.h"

namespace guanxi::adapters::rules {
namespace {

using models::Fact;
using models::Identity;
using models::Json;
using models::Named;

// Lengths in front keep apart what only looks equal when joined.
void append(std::string& key, std::string_view part) {
  key += std::to_string(part.size());
  key += ':';
  key += part;
}

void append_field(std::string& key, const Fact& fact, const char* name) {
  const auto field = fact.fields.find(name);
  if (field != fact.fields.end() && field->is_string()) {
    append(key, field->get_ref<const std::string&>());
  } else {
    key += '-';
  }
}

// What makes two facts one; empty for those that never are.
std::string key_of(const Fact& fact) {
  std::string key(models::fact_kind_text(fact.kind));
  for (const RoleRule& role : fact_rule(fact.kind).roles) {
    if (!role.key) continue;
    key += '/';
    const Identity* identity = fact.primary(role.role);
    if (identity == nullptr) continue;
    append(key, identity->name_space);
    append(key, identity->scope);
    append(key, identity->value);
  }
  switch (fact.kind) {
    case FactKind::interaction:
      if (!fact.fields.contains("id")) return {};
      append_field(key, fact, "type");
      append_field(key, fact, "id");
      break;
    case FactKind::notice:
      append_field(key, fact, "subject");
      break;
    case FactKind::credential:
      for (const char* name : {"name", "org", "subject"}) append_field(key, fact, name);
      break;
    default:
      break;
  }
  return key;
}

void absorb(Fact& into, const Fact& fact) {
  for (const Named& name : fact.names) {
    if (std::ranges::find(into.names, name) == into.names.end()) into.names.push_back(name);
  }
  for (const auto& [name, value] : fact.fields.items()) {
    if (name == "set" && into.fields.contains("set")) {
      into.fields["set"].update(value);
    } else {
      into.fields[name] = value;
    }
  }
  if (fact.complete) into.complete = fact.complete;
  into.trust = std::max(into.trust, fact.trust);
}

}  // namespace

bool FactMerger::merge(const Fact& fact, std::vector<Fact>& facts) {
  const std::string key = key_of(fact);
  if (key.empty()) return false;
  const auto [held, fresh] = first_.emplace(key, facts.size());
  if (fresh || facts[held->second].rule == fact.rule) return false;
  absorb(facts[held->second], fact);
  return true;
}

}  // namespace guanxi::adapters::rules
