#include "adapters/rules/statement.h"

#include <algorithm>
#include <unordered_set>

#include "adapters/rules/convert.h"
#include "adapters/rules/fact_merger.h"
#include "adapters/rules/phone.h"
#include "models/customer.h"

namespace guanxi::adapters::rules {
namespace {

using models::Drift;
using models::Event;
using models::Fact;
using models::Identity;
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
    for (const Choice& choice : entry_.choices) note_unknown(choice);
    if (is_silent(event)) findings_.add(Drift::Kind::silent, "", "");
  }

 private:
  // An entry that could not say what it is there for. Calls make up for facts only where all facts
  // depend on what the message has.
  bool is_silent(const Event& event) const {
    if (!event.facts.empty() || findings_.quiet) return false;
    const bool always_states = std::ranges::any_of(entry_.facts, [](const FactPlan& plan) {
      return plan.given.empty() && plan.lacks.empty() && plan.each.empty();
    });
    if (always_states) return true;
    const bool speaks = !entry_.facts.empty() || !entry_.calls.empty();
    return speaks && event.calls.empty();
  }

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

  void note_unknown(const Choice& choice) {
    const Json* found = look(choice.guard.source, frame(nullptr, nullptr));
    if (found == nullptr || is_empty(*found)) return;
    const auto text = to_text(*found);
    if (!text || std::ranges::find(choice.guard.words, *text) != choice.guard.words.end()) return;
    findings_.add(Drift::Kind::unknown_value, choice.pointer, code_sample(*text));
  }

  bool guarded(const std::vector<Guard>& given, const std::vector<Guard>& lacks,
               const Frame& at) const {
    const auto filled = [&](const Guard& guard) {
      const Json* found = look(guard.source, at);
      if (found == nullptr || is_empty(*found)) return false;
      if (guard.words.empty()) return true;
      const auto text = to_text(*found);
      return text && std::ranges::find(guard.words, *text) != guard.words.end();
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
    if (text && plan.email) text = models::email_key(*text);
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
    // What staff typed into a proven payload is proven: the platform says that they typed it.
    fact.unproven = situation_.trust == Trust::staff_typed;
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
      if (plan.merges && merger_.merge(*fact, facts)) return;
      facts.push_back(std::move(*fact));
    });
  }

  void want_calls(const WantedPlan& plan, Event& event) {
    for_each_element(plan.each, [&](const Frame& at) {
      if (!guarded(plan.given, plan.lacks, at)) return;
      WantedCall wanted;
      wanted.call = plan.call;
      wanted.arguments = Json::object();
      wanted.after = plan.after;
      wanted.when = plan.when;
      wanted.latest = plan.latest;
      for (const Argument& argument : plan.with) {
        auto text = evaluate_text(argument.value, at, findings_);
        if (text) {
          wanted.arguments[argument.name] = std::move(*text);
        } else if (!argument.optional) {
          return;
        }
      }
      if (!decide_about(plan, at, event, wanted)) return;
      if (wanted_.insert(call_key(wanted)).second) event.calls.push_back(std::move(wanted));
    });
  }

  static std::string call_key(const WantedCall& wanted) {
    std::string key = wanted.call + '\n' + wanted.arguments.dump() + '\n';
    key += std::to_string(static_cast<int>(wanted.when));
    if (wanted.about) key += wanted.about->kind + '\n' + wanted.about->value;
    return key;
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
  FactMerger merger_;
  std::unordered_set<std::string> wanted_;
};

}  // namespace

void state(const Situation& situation, const EntryPlan& entry, const Utterance& utterance,
           Findings& findings, Event& event) {
  Statement(situation, entry, utterance.variables, utterance.body, utterance.at, findings)
      .run(utterance.self, utterance.message, event);
}

}  // namespace guanxi::adapters::rules
