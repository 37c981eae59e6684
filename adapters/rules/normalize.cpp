#include "adapters/rules/normalize.h"

#include <algorithm>

#include "adapters/rules/convert.h"
#include "adapters/rules/evaluate.h"
#include "adapters/rules/inlet.h"
#include "adapters/rules/phone.h"
#include "crypto/digest.h"

namespace guanxi::adapters::rules {
namespace {

using models::Drift;
using models::Event;
using models::Fact;
using models::Identity;
using models::Named;
using models::WantedCall;

constexpr std::size_t kLongestId = 255;

// Runs one entry over one body.
class Statement {
 public:
  Statement(const Situation& situation, const EntryPlan& entry, const Variables& variables,
            const Json& body, Time at, Findings& findings)
      : situation_(situation),
        entry_(entry),
        variables_(variables),
        body_(body),
        at_(at),
        findings_(findings) {}

  void run(const std::optional<Ref>& inlet_self, const Json& message, Event& event) {
    read_self(inlet_self, message);
    for (const FactPlan& plan : entry_.facts) state_facts(plan, event.facts);
    for (const WantedPlan& plan : entry_.calls) want_calls(plan, event);
    const bool speaks = !entry_.facts.empty() || !entry_.calls.empty();
    if (speaks && event.facts.empty() && event.calls.empty() && !findings_.quiet) {
      findings_.add(Drift::Kind::silent, "", "");
    }
  }

 private:
  void read_self(const std::optional<Ref>& inlet_self, const Json& message) {
    if (entry_.self) {
      Trust trust = Trust::account_bound;
      self_ = identities(*entry_.self, frame(nullptr, nullptr), trust);
    } else if (inlet_self) {
      Trust trust = Trust::account_bound;
      self_ = identities(*inlet_self, Frame{&message, nullptr, nullptr, &variables_}, trust);
    }
  }

  Frame frame(const Json* item, const Json* outer) const {
    return {&body_, item, outer, &variables_};
  }

  bool guarded(const std::vector<Source>& given, const std::vector<Source>& lacks,
               const Frame& at) const {
    const auto filled = [&](const Source& source) {
      const Json* found = look(source, at);
      return found != nullptr && !is_empty(*found);
    };
    return std::ranges::all_of(given, filled) && std::ranges::none_of(lacks, filled);
  }

  // Calls `visit` with the frame of every element; once with the body alone without `each`.
  template <typename Visit>
  void for_each_element(const std::vector<Each>& each, const Visit& visit) {
    if (each.empty()) {
      visit(frame(nullptr, nullptr));
      return;
    }
    std::vector<Json> storage;
    for (const Json* item : list_at(each[0], frame(nullptr, nullptr), storage)) {
      if (each.size() == 1) {
        visit(frame(item, nullptr));
        continue;
      }
      std::vector<Json> inner_storage;
      for (const Json* inner : list_at(each[1], frame(item, nullptr), inner_storage)) {
        visit(frame(inner, item));
      }
    }
  }

  std::vector<const Json*> list_at(const Each& each, const Frame& at, std::vector<Json>& storage) {
    const Json* list = look(each.source, at);
    if (list == nullptr) return {};
    if (is_empty(*list)) findings_.quiet = true;
    return elements_of(*list, each.split, storage);
  }

  std::string text_variable(const Json& value) const { return to_text(value).value_or(""); }

  void add_identity(std::size_t index, const Value& value, const Frame& at, Side org_side,
                    std::vector<Identity>& found, Trust& trust) {
    const IdentityPlan& plan = situation_.plan.identities[index];
    auto text = evaluate_text(value, at, findings_);
    if (text && plan.phone) text = mobile_number(*text, "");
    if (!text || text->empty() || text->size() > kLongestId) return;
    trust = std::max(trust, plan.trust);
    found.push_back(
        {plan.kind, plan.name_space,
         situation_.scopes.of(index, text_variable(variables_.org), text_variable(variables_.app)),
         std::move(*text), plan.by_org ? org_side : plan.side});
  }

  // The kinds of a ref that are present: one person or thing under several names.
  std::vector<Identity> identities(const Ref& ref, const Frame& at, Trust& trust) {
    std::vector<Identity> found;
    Side org_side = Side::staff;
    if (ref.org) {
      const auto org = evaluate_text(*ref.org, at, findings_);
      if (org && *org != text_variable(variables_.org)) org_side = Side::customer;
    }
    if (ref.kind) {
      const auto kind = evaluate_text(*ref.kind, at, findings_);
      if (!kind) return found;
      const auto index = situation_.plan.identity_index.find(*kind);
      if (index == situation_.plan.identity_index.end()) return found;
      add_identity(index->second, ref.value, at, org_side, found, trust);
      return found;
    }
    for (const RefKind& kind : ref.kinds) {
      add_identity(kind.identity, kind.value, at, org_side, found, trust);
    }
    return found;
  }

  bool is_self(const std::vector<Identity>& names) const {
    return std::ranges::any_of(names, [&](const Identity& name) {
      return std::ranges::any_of(self_, [&](const Identity& own) {
        return own.name_space == name.name_space && own.scope == name.scope &&
               own.value == name.value;
      });
    });
  }

  bool name_roles(const FactPlan& plan, const Frame& at, Fact& fact) {
    for (const RolePlan& role : plan.roles) {
      std::vector<Identity> names = identities(role.ref, at, fact.trust);
      if (names.empty() && role.required) return false;
      const bool person = role.role == Role::customer || role.role == Role::party;
      if (person && is_self(names)) {
        findings_.quiet = true;
        return false;
      }
      for (Identity& name : names) fact.names.push_back({role.role, std::move(name)});
    }
    if (plan.kind == FactKind::relation && fact.primary(Role::staff) == nullptr) {
      for (const Identity& own : self_) fact.names.push_back({Role::staff, own});
      if (self_.empty()) return false;
    }
    return true;
  }

  bool read_fields(const FactPlan& plan, const Frame& at, Fact& fact) {
    for (const FieldPlan& field : plan.fields) {
      Outcome outcome = evaluate(field.value, field.type, field.closed, at, findings_);
      if (outcome.known()) {
        fact.fields[field.name] = std::move(outcome.value);
      } else if (field.required) {
        return false;
      }
    }
    return true;
  }

  void read_set(const FactPlan& plan, const Frame& at, Fact& fact) {
    Json set = Json::object();
    for (const FieldPlan& field : plan.set) {
      if (!field.value.pairs.empty()) {
        Json labels = Json::object();
        evaluate_pairs(field.value, at, findings_, set, labels);
        for (auto& [label, answer] : labels.get_ref<Json::object_t&>()) {
          set[field.name + '.' + label] = std::move(answer);
        }
        continue;
      }
      Outcome outcome = evaluate(field.value, field.type, field.closed, at, findings_);
      if (outcome.known()) set[field.name] = std::move(outcome.value);
      if (outcome.state == Outcome::State::cleared) set[field.name] = nullptr;
    }
    if (plan.answers) {
      Json answers = Json::object();
      evaluate_pairs(*plan.answers, at, findings_, set, answers);
      if (!answers.empty()) fact.fields["answers"] = std::move(answers);
    }
    if (!set.empty()) fact.fields["set"] = std::move(set);
  }

  std::optional<Fact> fact_of(const FactPlan& plan, const Frame& at, std::uint32_t index) {
    if (!guarded(plan.given, plan.lacks, at)) return std::nullopt;
    Fact fact;
    fact.kind = plan.kind;
    fact.rule = plan.rule;
    fact.index = index;
    fact.at = at_;
    fact.trust = std::max(situation_.trust, plan.trust);
    fact.complete = plan.complete;
    if (!name_roles(plan, at, fact) || !read_fields(plan, at, fact)) return std::nullopt;
    if (plan.kind == FactKind::interaction && fact.primary(Role::party) == nullptr &&
        !fact.fields.contains("reply_to") && !fact.fields.contains("thread")) {
      return std::nullopt;
    }
    read_set(plan, at, fact);
    if (plan.at) {
      const Outcome when = evaluate(*plan.at, Type::time, {}, at, findings_);
      if (when.known()) fact.at = from_ms(when.value.get<std::int64_t>());
    }
    return fact;
  }

  void state_facts(const FactPlan& plan, std::vector<Fact>& facts) {
    std::uint32_t index = 0;
    for_each_element(plan.each, [&](const Frame& at) {
      auto fact = fact_of(plan, at, index++);
      if (!fact) return;
      if (plan.merges && merged(*fact, facts)) return;
      facts.push_back(std::move(*fact));
    });
  }

  // Another rule of this event has stated the same fact: it becomes part of that one.
  bool merged(const Fact& fact, std::vector<Fact>& facts) const {
    const auto found = std::ranges::find_if(facts, [&](const Fact& held) {
      return held.kind == fact.kind && held.rule != fact.rule && same_key(held, fact);
    });
    if (found == facts.end()) return false;
    for (const Named& name : fact.names) {
      if (std::ranges::find(found->names, name) == found->names.end()) found->names.push_back(name);
    }
    found->fields.merge_patch(without_set(fact.fields));
    if (const auto set = fact.fields.find("set"); set != fact.fields.end()) {
      // merge_patch would take a cleared field for one to leave out.
      for (const auto& [name, value] : set->items()) found->fields["set"][name] = value;
    }
    if (fact.complete) found->complete = fact.complete;
    found->trust = std::max(found->trust, fact.trust);
    return true;
  }

  static Json without_set(Json fields) {
    fields.erase("set");
    return fields;
  }

  static bool same_key(const Fact& left, const Fact& right) {
    const auto& roles = fact_rule(left.kind).roles;
    for (const RoleRule& role : roles) {
      if (!role.key) continue;
      const Identity* mine = left.primary(role.role);
      const Identity* theirs = right.primary(role.role);
      if ((mine == nullptr) != (theirs == nullptr)) return false;
      if (mine != nullptr && *mine != *theirs) return false;
    }
    const auto same = [&](const char* field) {
      const auto mine = left.fields.find(field);
      const auto theirs = right.fields.find(field);
      if (mine == left.fields.end() || theirs == right.fields.end()) {
        return mine == left.fields.end() && theirs == right.fields.end();
      }
      return *mine == *theirs;
    };
    switch (left.kind) {
      case FactKind::interaction:
        return left.fields.contains("id") && same("id") && same("type");
      case FactKind::notice:
        return same("subject");
      case FactKind::credential:
        return same("name") && same("org") && same("subject");
      default:
        return true;
    }
  }

  void want_calls(const WantedPlan& plan, Event& event) {
    for_each_element(plan.each, [&](const Frame& at) {
      if (!guarded(plan.given, plan.lacks, at)) return;
      WantedCall wanted;
      wanted.call = plan.call;
      wanted.arguments = Json::object();
      wanted.after = plan.after;
      wanted.when = plan.when;
      for (const Argument& argument : plan.with) {
        auto text = evaluate_text(argument.value, at, findings_);
        if (text) {
          wanted.arguments[argument.name] = std::move(*text);
        } else if (!argument.optional) {
          return;
        }
      }
      if (!decide_about(plan, at, event, wanted)) return;
      if (std::ranges::find(event.calls, wanted) == event.calls.end()) {
        event.calls.push_back(std::move(wanted));
      }
    });
  }

  bool decide_about(const WantedPlan& plan, const Frame& at, const Event& event,
                    WantedCall& wanted) {
    if (plan.about) {
      Trust trust = Trust::account_bound;
      const std::vector<Identity> names = identities(*plan.about, at, trust);
      if (names.empty()) return false;
      wanted.about = names.front();
    }
    if (plan.when != WantedCall::When::gap) return true;
    const auto group = std::ranges::find(event.facts, FactKind::group, &Fact::kind);
    if (group == event.facts.end()) return true;
    if (!wanted.about) {
      if (const Identity* self = group->primary(Role::self)) wanted.about = *self;
    }
    const auto before = group->fields.find("version_before");
    if (before != group->fields.end() && before->is_string()) {
      wanted.version_before = before->get<std::string>();
    }
    return true;
  }

  const Situation& situation_;
  const EntryPlan& entry_;
  const Variables& variables_;
  const Json& body_;
  Time at_;
  Findings& findings_;
  std::vector<Identity> self_;
};

void remove(const Path& path, Json& root) {
  Json* parent = &root;
  for (std::size_t i = 0; i + 1 < path.steps.size(); ++i) {
    if (!parent->is_object()) return;
    const auto next = parent->find(path.steps[i].key);
    if (next == parent->end()) return;
    parent = &*next;
  }
  if (parent->is_object() && !path.steps.empty()) parent->erase(path.steps.back().key);
}

std::string fingerprint(std::string_view name, const Json& message) {
  // CBOR: canonical here since members are sorted, and total over bytes that are not UTF-8.
  const std::vector<std::uint8_t> bytes = Json::to_cbor(message);
  crypto::Digest digest(crypto::HashAlgorithm::sha256);
  digest.update(name);
  digest.update({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return crypto::to_hex(digest.finish());
}

// What one event is known by, through whatever channel of an account it is delivered.
std::string event_id(const InletPlan& inlet, const Opening& opening, const Json& message) {
  if (const auto id = to_text(opening.variables.id); id && !id->empty()) return *id;
  if (inlet.changing.empty()) return fingerprint(opening.name, message);
  Json lasting = message;
  for (const Path& path : inlet.changing) remove(path, lasting);
  return fingerprint(opening.name, lasting);
}

Event unmapped(std::string name, Time at) {
  Event event;
  event.status = Event::Status::unmapped;
  event.name = std::move(name);
  event.at = at;
  event.drift.push_back({Drift::Kind::unknown_event, event.name, "", ""});
  return event;
}

// Where the first part of the name stands that no declared event has.
std::string undeclared_part(const Opening& opening, std::size_t declared) {
  for (const auto& [end, where] : opening.parts) {
    if (end > declared) return path_text(*where);
  }
  return {};
}

// One message whose inlet is known.
Event read_one(const Situation& situation, const InletPlan& inlet, Json message) {
  prepare(inlet, message);
  Opening opening = open_message(inlet, message, situation.received_at);
  const EntryPlan* entry = nullptr;
  std::string declared = opening.name;
  // The longest declared name wins.
  for (;;) {
    const auto found = situation.plan.events.find(declared);
    if (found != situation.plan.events.end()) {
      entry = found->second.get();
      break;
    }
    const std::size_t slash = declared.rfind('/');
    if (slash == std::string::npos) break;
    declared.resize(slash);
  }
  if (entry == nullptr) return unmapped(std::move(opening.name), opening.at);

  Event event;
  event.name = declared;
  event.at = opening.at;
  event.id = event_id(inlet, opening, message);
  Findings findings(declared);
  if (declared != opening.name) {
    findings.add(Drift::Kind::variant, undeclared_part(opening, declared.size()), opening.name);
  }
  if (entry->none) {
    event.status = Event::Status::none;
    event.drift = findings.take();
    return event;
  }
  static const Json kNobody = Json::object();
  const Json& body = opening.body == nullptr ? kNobody : *opening.body;
  if (inlet.any_body) {
    find_drift(body, Known{}, &body, &entry->known, findings);
  } else {
    find_drift(message, inlet.known, opening.body, &entry->known, findings);
  }
  Statement(situation, *entry, opening.variables, body, opening.at, findings)
      .run(inlet.self, message, event);
  event.drift = findings.take();
  return event;
}

void read_all(const Situation& situation, const InletPlan& inlet, Json message,
              std::vector<Event>& events) {
  if (!inlet.split) {
    events.push_back(read_one(situation, inlet, std::move(message)));
    return;
  }
  const Json* list = resolve(*inlet.split, message);
  if (list == nullptr) return;
  std::vector<Json> storage;
  const std::size_t first = events.size();
  for (const Json* element : elements_of(*list, false, storage)) {
    events.push_back(read_one(situation, inlet, *element));
  }
  if (events.size() == first) return;
  Findings around(events[first].name);
  find_drift(message, inlet.outer, nullptr, nullptr, around);
  for (Drift& drift : around.take()) events[first].drift.push_back(std::move(drift));
}

}  // namespace

std::vector<Event> read_message(const Situation& situation, std::string_view recipe, Json message) {
  std::vector<Event> events;
  const InletPlan* inlet = choose_inlet(situation.plan, recipe, message);
  if (inlet != nullptr) read_all(situation, *inlet, std::move(message), events);
  if (events.empty()) events.push_back(unmapped("unrecognized", situation.received_at));
  return events;
}

std::vector<Event> read_answer(const Situation& situation, const CallPlan& call,
                               const CallContext& context, const Json& answer) {
  std::vector<Event> events;
  Variables variables;
  variables.time = to_ms(context.requested_at);
  variables.arguments = &context.arguments;
  Findings findings(call.name);
  find_drift(answer, Known{}, &answer, &call.entry.known, findings);
  Event own;
  own.name = call.name;
  own.at = context.requested_at;
  own.id = fingerprint(call.name, Json::array({context.arguments, answer}));
  Statement(situation, call.entry, variables, answer, context.requested_at, findings)
      .run(std::nullopt, answer, own);
  const Frame frame{&answer, nullptr, nullptr, &variables};
  if (call.descend) {
    std::vector<Json> storage;
    const Json* children = look(call.descend->source, frame);
    if (children != nullptr) {
      for (const Json* child : elements_of(*children, call.descend->split, storage)) {
        const Frame at{&answer, child, nullptr, &variables};
        WantedCall wanted;
        wanted.call = call.name;
        wanted.arguments = Json::object();
        for (const Argument& argument : call.descend_with) {
          auto text = evaluate_text(argument.value, at, findings);
          if (text) wanted.arguments[argument.name] = std::move(*text);
        }
        if (wanted.arguments.size() == call.descend_with.size()) {
          own.calls.push_back(std::move(wanted));
        }
      }
    }
  }
  own.drift = findings.take();
  if (!call.events_at || !own.facts.empty() || !own.calls.empty() || !own.drift.empty()) {
    events.push_back(std::move(own));
  }
  if (call.events_at) {
    const Json* list = look(*call.events_at, frame);
    std::vector<Json> storage;
    if (list != nullptr) {
      for (const Json* element : elements_of(*list, false, storage)) {
        read_all(situation, situation.plan.inlets[call.events_inlet], *element, events);
      }
    }
  }
  return events;
}

}  // namespace guanxi::adapters::rules
