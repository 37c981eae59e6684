#include "adapters/rules/normalize.h"

#include <algorithm>

#include "adapters/rules/convert.h"
#include "adapters/rules/evaluate.h"
#include "adapters/rules/inlet.h"
#include "adapters/rules/statement.h"
#include "crypto/digest.h"

namespace guanxi::adapters::rules {
namespace {

using models::Drift;
using models::Event;
using models::WantedCall;

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
  Places present;
  if (inlet.any_body) {
    find_drift(body, Known{}, &body, &entry->known, findings, &present);
  } else {
    find_drift(message, inlet.known, opening.body, &entry->known, findings, &present);
  }
  event.present = present.take();
  state(situation, *entry, {message, body, opening.variables, inlet.self, opening.at}, findings,
        event);
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
  const std::optional<Ref> nobody;
  state(situation, call.entry, {answer, answer, variables, nobody, context.requested_at}, findings,
        own);
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
