#include "models/customer.h"

#include <algorithm>
#include <set>

#include "models/settling.h"

namespace guanxi::models {
namespace {

constexpr std::string_view kActive = "active";
constexpr std::string_view kPending = "pending";
constexpr std::string_view kEnded = "ended";
constexpr std::string_view kFailed = "failed";

std::string text_at(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<Time> time_at(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  return from_ms(found->get<std::int64_t>());
}

CustomerIdentity* owned(Customer& customer, const Identity& identity) {
  const auto found = std::ranges::find(customer.identities, identity, &CustomerIdentity::identity);
  return found == customer.identities.end() ? nullptr : &*found;
}

// Folds what one event says into a customer, and notes what of it outsiders see.
class Folding {
 public:
  Folding(Customer& customer, const Source& source, const Survivorship& survivorship)
      : customer_(customer), source_(source), survivorship_(survivorship) {
    source_.pack_hash.clear();
  }

  void apply(const Fact& fact) {
    customer_.places.emplace(source_.platform, source_.channel);
    see(fact);
    switch (fact.kind) {
      case FactKind::person:
      case FactKind::lead:
        offer_set(customer_.fields, fact);
        if (fact.fields.value("gone", Json()) == true) end_all(fact);
        if (fact.kind == FactKind::lead) note_origin(fact.at, text_at(fact.fields, "campaign"));
        break;
      case FactKind::relation:
        apply_relation(fact);
        break;
      case FactKind::interaction:
        touch(fact.at);
        break;
      case FactKind::consent:
        apply_consent(fact);
        break;
      case FactKind::erase:
        withdraw();
        break;
      default:
        break;  // facts of things, which belong to entities
    }
  }

  // Ends the relations that a whole list does not name any more.
  void end_unlisted(const std::vector<Fact>& facts) {
    std::set<Identity> listed;
    std::set<std::string, std::less<>> also;
    const Identity* customer = nullptr;
    for (const Fact& fact : facts) {
      if (fact.kind != FactKind::relation || fact.complete != Role::customer) continue;
      customer = fact.primary(Role::customer);
      if (const Identity* staff = fact.primary(Role::staff)) listed.insert(*staff);
      const auto more = fact.fields.find("also_listed");
      if (more == fact.fields.end() || !more->is_array()) continue;
      for (const Json& value : *more) {
        if (value.is_string()) also.insert(value.get<std::string>());
      }
    }
    if (customer == nullptr) return;
    for (Relation& relation : customer_.relations) {
      if (relation.customer != *customer || listed.contains(relation.staff)) continue;
      if (also.contains(relation.staff.value)) continue;
      // A channel sees what it may see, and its lists are whole in that.
      if (relation.channel != source_.channel) continue;
      // A list that was asked for lags; one that comes with an event is of its moment.
      const Milliseconds grace = source_.from_answer ? kSettling : Milliseconds{0};
      if (relation.status_source && source_.at < relation.status_source->at + grace) continue;
      if (relation.status == kActive || relation.status == kPending) {
        end(relation, source_.at, "not_listed");
      }
    }
  }

  std::vector<Effect> effects() && {
    if (changed_) effects_.insert(effects_.begin(), Effect{Effect::Kind::updated, {}});
    customer_.folded_at = source_.at;
    customer_.folded_seq = source_.seq;
    return std::move(effects_);
  }

 private:
  Source source_at(Time at) const {
    Source source = source_;
    source.at = at;
    return source;
  }

  void see(const Fact& fact) {
    for (const Named& named : fact.names) {
      CustomerIdentity* mine = owned(customer_, named.identity);
      if (mine == nullptr) continue;
      const Source source = source_at(fact.at);
      if (mine->channel.empty() || source.order() < mine->source.order()) {
        mine->platform = source_.platform;
        mine->channel = source_.channel;
        mine->first_seen = fact.at;
        mine->source = source;
        changed_ = true;
      }
      mine->last_seen = std::max(mine->last_seen, fact.at);
      if (!customer_.first_seen_at || fact.at < *customer_.first_seen_at) {
        customer_.first_seen_at = fact.at;
      }
    }
  }

  void touch(Time at) {
    if (!customer_.last_interaction_at || at > *customer_.last_interaction_at) {
      customer_.last_interaction_at = at;
    }
  }

  bool offer(Fields& fields, const std::string& name, const Json& value, const Fact& fact) {
    Candidate candidate{value, source_at(fact.at)};
    candidate.unproven = fact.unproven;
    const bool won = fields[name].offer(std::move(candidate), survivorship_.of(name));
    changed_ = changed_ || won;
    return won;
  }

  void offer_set(Fields& fields, const Fact& fact) {
    const auto set = fact.fields.find("set");
    if (set == fact.fields.end() || !set->is_object()) return;
    for (const auto& [name, value] : set->items()) offer(fields, name, value, fact);
  }

  void note_origin(Time at, std::string state) {
    if (customer_.origin && customer_.origin->at <= at) return;
    customer_.origin = source_at(at);
    customer_.origin_state = std::move(state);
    changed_ = true;
  }

  Relation& relation_of(const Fact& fact) {
    const Identity* customer = fact.primary(Role::customer);
    const Identity* staff = fact.primary(Role::staff);
    const Identity nobody;
    const Identity& mine = customer != nullptr ? *customer : nobody;
    const Identity& theirs = staff != nullptr ? *staff : nobody;
    const auto found = std::ranges::find_if(customer_.relations, [&](const Relation& relation) {
      return relation.customer == mine && relation.staff == theirs;
    });
    if (found != customer_.relations.end()) return *found;
    Relation relation;
    relation.customer = mine;
    relation.staff = theirs;
    relation.platform = source_.platform;
    relation.channel = source_.channel;
    return customer_.relations.emplace_back(std::move(relation));
  }

  void apply_relation(const Fact& fact) {
    Relation& relation = relation_of(fact);
    const std::string status = text_at(fact.fields, "status");
    const std::string reason = text_at(fact.fields, "reason");
    const Time since = time_at(fact.fields, "since").value_or(fact.at);
    if (status == kActive) {
      activate(relation, fact, since);
    } else if (status == kPending) {
      if (relation.status != kActive) begin(relation, kPending, since, fact);
    } else if (status == kEnded) {
      if (relation.status == kActive || relation.status == kPending) {
        end(relation, fact.at, reason);
      } else if (relation.status != kEnded) {
        relation.periods.push_back(
            {std::nullopt, fact.at, reason, {}, std::nullopt, source_at(fact.at)});
        set_status(relation, kEnded, reason, fact.at);
      }
      if (!source_.from_answer) relation.ended_by_event = true;
    } else if (status == kFailed && relation.status.empty()) {
      set_status(relation, kFailed, reason, fact.at);
    }
    relation.last_at = std::max(relation.last_at, fact.at);
    if (status == kActive || status == kPending) complete_state(relation, fact);
    const auto set = fact.fields.find("set");
    if (set == fact.fields.end() || !set->is_object()) return;
    for (const auto& [name, value] : set->items()) {
      if (offer(relation.fields, name, value, fact) && name == "tags") {
        effects_.push_back({Effect::Kind::tag_changed, relation.staff});
      }
    }
  }

  // The platform has deleted the person: nobody follows it there any more.
  void end_all(const Fact& fact) {
    const Identity* customer = fact.primary(Role::customer);
    std::string reason = text_at(fact.fields, "reason");
    if (reason.empty()) reason = "gone";
    for (Relation& relation : customer_.relations) {
      if (customer == nullptr || relation.customer != *customer) continue;
      if (relation.status != kActive && relation.status != kPending) continue;
      end(relation, fact.at, reason);
      if (!source_.from_answer) relation.ended_by_event = true;
    }
  }

  void set_status(Relation& relation, std::string_view status, const std::string& reason, Time at) {
    relation.status = status;
    relation.reason = reason;
    relation.status_source = source_at(at);
    changed_ = true;
  }

  void activate(Relation& relation, const Fact& fact, Time since) {
    if (relation.status == kActive) {
      if (!fact.fields.contains("since")) return;
      if (began_anew(relation, since)) {
        end(relation, since, "unreported");
        begin(relation, kActive, since, fact);
        effects_.push_back({Effect::Kind::relation_started, relation.staff});
      } else if (source_.from_answer) {
        correct_beginning(relation, since);
      }
      return;
    }
    // An API may list a relation still after the customer has ended it, and one that is not yet
    // mutual like any other. One that began after the end is another, of which no event told.
    if (source_.from_answer && relation.status == kEnded && relation.ended_by_event &&
        !(fact.fields.contains("since") && since > relation.until())) {
      return;
    }
    if (source_.from_answer && relation.status == kPending) return;
    begin(relation, kActive, since, fact);
    effects_.push_back({Effect::Kind::relation_started, relation.staff});
  }

  // A beginning well after the one known: the end between them was never told.
  static bool began_anew(const Relation& relation, Time since) {
    return !relation.periods.empty() && relation.periods.back().since &&
           since > *relation.periods.back().since + kSettling;
  }

  // The platform's own record of the beginning is exacter than the event's receipt.
  void correct_beginning(Relation& relation, Time since) {
    if (relation.periods.empty() || relation.periods.back().since == since) return;
    if (!begin_at(relation, since, source_)) return;
    changed_ = true;
    note_origin(since, relation.periods.back().state);
  }

  // Moves the beginning of the present period, unless what is said tells of an earlier time with
  // the same staff, which has ended since.
  static bool begin_at(Relation& relation, Time since, const Source& source) {
    const auto before = relation.periods.rbegin() + 1;
    if (before != relation.periods.rend() && since < before->until) return false;
    relation.periods.back().since = since;
    relation.periods.back().began = source;
    return true;
  }

  void begin(Relation& relation, std::string_view status, Time since, const Fact& fact) {
    std::string state;
    if (const auto set = fact.fields.find("set"); set != fact.fields.end() && set->is_object()) {
      state = text_at(*set, "state");
    }
    note_origin(since, state);
    if (!relation.periods.empty() && since < relation.periods.back().until) {
      go_on(relation.periods.back(), since, fact.at);
    } else if (relation.status == kPending && !relation.periods.empty()) {
      begin_at(relation, since, source_at(fact.at));
      if (!state.empty()) relation.periods.back().state = state;
    } else {
      relation.periods.push_back({since, std::nullopt, {}, state, source_at(fact.at)});
    }
    set_status(relation, status, {}, fact.at);
    relation.ended_by_event = false;
  }

  // The channel code of a stretch is often told only after its beginning, by the platform's API.
  void complete_state(Relation& relation, const Fact& fact) {
    const bool goes_on = relation.status == kActive || relation.status == kPending;
    if (!goes_on || relation.periods.empty() || !relation.periods.back().state.empty()) return;
    const auto set = fact.fields.find("set");
    if (set == fact.fields.end() || !set->is_object()) return;
    RelationPeriod& present = relation.periods.back();
    present.state = text_at(*set, "state");
    if (present.state.empty()) return;
    changed_ = true;
    const bool is_origin = customer_.origin && present.since &&
                           customer_.origin->channel == source_.channel &&
                           customer_.origin->at <= *present.since + kSettling &&
                           *present.since <= customer_.origin->at + kSettling;
    if (is_origin && customer_.origin_state.empty()) customer_.origin_state = present.state;
  }

  // The period had not ended: a list that missed the relation was mistaken.
  void go_on(RelationPeriod& period, Time since, Time at) const {
    if (!period.since) {
      period.since = since;
      period.began = source_at(at);
    }
    period.until.reset();
    period.ended.reset();
    period.reason.clear();
  }

  void end(Relation& relation, Time until, const std::string& reason) {
    if (!relation.periods.empty()) {
      relation.periods.back().until = until;
      relation.periods.back().reason = reason;
      relation.periods.back().ended = source_at(until);
    }
    const bool was_active = relation.status == kActive;
    set_status(relation, kEnded, reason, until);
    if (!was_active) return;  // nobody was told of its beginning
    effects_.push_back({reason == "transferred" ? Effect::Kind::relation_transferred
                                                : Effect::Kind::relation_ended,
                        relation.staff});
  }

  void apply_consent(const Fact& fact) {
    const auto scopes = fact.fields.find("scopes");
    const Json status = text_at(fact.fields, "status");
    if (scopes == fact.fields.end() || !scopes->is_array()) return;
    for (const Json& scope : *scopes) {
      if (!scope.is_string()) continue;
      offer(customer_.fields, "attributes.consent." + scope.get<std::string>(), status, fact);
    }
  }

  // The platform's own erasure withdraws what this channel stated, proven or not, and nothing else.
  void withdraw() {
    const auto clear = [&](Fields& fields) {
      for (auto& [name, field] : fields) {
        changed_ = field.offer({Json(nullptr), source_}, survivorship_.of(name)) || changed_;
      }
    };
    clear(customer_.fields);
    for (Relation& relation : customer_.relations) {
      if (relation.channel == source_.channel) clear(relation.fields);
    }
  }

  Customer& customer_;
  Source source_;
  const Survivorship& survivorship_;
  std::vector<Effect> effects_;
  bool changed_ = false;
};

void add_texts(const Fields& fields, std::string_view name, std::vector<std::string>& texts) {
  const Json value = value_of(fields, name);
  const auto add = [&](const Json& item) {
    if (!item.is_string()) return;
    const auto& text = item.get_ref<const std::string&>();
    if (!text.empty() && std::ranges::find(texts, text) == texts.end()) texts.push_back(text);
  };
  if (value.is_array()) {
    for (const Json& item : value) add(item);
  } else {
    add(value);
  }
}

std::vector<std::string> texts_of(const Customer& customer,
                                  std::initializer_list<std::string_view> names) {
  std::vector<std::string> texts;
  for (const std::string_view name : names) {
    add_texts(customer.fields, name, texts);
    for (const Relation& relation : customer.relations) add_texts(relation.fields, name, texts);
  }
  return texts;
}

// Whether a channel's newer word replaces its former one.
bool takes_place_of(const Candidate& newer, const Candidate& former, bool wins) {
  if (newer.unproven && !former.unproven && !former.value.is_null()) return false;
  // Said again against another channel's value, it is the newest word.
  return newer.value != former.value || !wins || newer.unproven != former.unproven;
}

}  // namespace

Candidate::Lead Candidate::lead_over(const Candidate& other) const {
  if (rank != other.rank) return rank < other.rank ? Lead::order_of_sources : Lead::none;
  if (unproven != other.unproven) return other.unproven ? Lead::proven : Lead::none;
  return other.source.order() < source.order() ? Lead::newer : Lead::none;
}

bool Field::offer(Candidate candidate, const SourceOrder& order) {
  const Candidate* before = winner();
  const Json value_before = before != nullptr ? before->value : Json(nullptr);
  const bool wins = before != nullptr && before->value == candidate.value;
  candidate.rank = order.rank(candidate.source.platform);
  // The order may be another than when they were offered.
  for (Candidate& held : candidates_) held.rank = order.rank(held.source.platform);
  const auto mine = std::ranges::find(candidates_, candidate.source.channel,
                                      [](const Candidate& held) { return held.source.channel; });
  if (mine == candidates_.end()) {
    candidates_.push_back(std::move(candidate));
  } else if (takes_place_of(candidate, *mine, wins)) {
    *mine = std::move(candidate);
  }
  const Candidate* after = winner();
  return (after != nullptr ? after->value : Json(nullptr)) != value_before;
}

const Candidate* Field::winner() const {
  const Candidate* best = nullptr;
  for (const Candidate& candidate : candidates_) {
    if (candidate.value.is_null()) continue;
    if (best == nullptr || candidate.lead_over(*best) != Candidate::Lead::none) best = &candidate;
  }
  return best;
}

std::optional<Time> Relation::since() const {
  return periods.empty() ? std::nullopt : periods.back().since;
}

std::optional<Time> Relation::until() const {
  return periods.empty() ? std::nullopt : periods.back().until;
}

bool Customer::accepts(const Source& source) const {
  return std::pair{folded_at, folded_seq} < source.order();
}

std::vector<Effect> apply(Customer& customer, const std::vector<Fact>& facts, const Source& source,
                          const Survivorship& survivorship) {
  Folding folding(customer, source, survivorship);
  for (const Fact& fact : facts) folding.apply(fact);
  folding.end_unlisted(facts);
  return std::move(folding).effects();
}

Json value_of(const Fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  if (found == fields.end()) return nullptr;
  const Candidate* winner = found->second.winner();
  return winner != nullptr ? winner->value : Json(nullptr);
}

std::vector<std::string> phones_of(const Customer& customer) {
  return texts_of(customer, {"phones", "mobile"});
}

std::vector<std::string> emails_of(const Customer& customer) {
  return texts_of(customer, {"emails", "email"});
}

std::string email_key(std::string_view email) {
  std::string key(email);
  std::ranges::transform(key, key.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return key;
}

std::vector<Facet> facets_of(const Customer& customer) {
  std::set<Facet> facets;
  for (const auto& [platform, channel] : customer.places) {
    facets.insert({Facet::Kind::platform, platform});
    facets.insert({Facet::Kind::channel, channel});
  }
  for (const Relation& relation : customer.relations) {
    if (relation.status != kActive && relation.status != kPending) continue;
    if (!relation.staff.value.empty()) facets.insert({Facet::Kind::staff, relation.staff.value});
    const Json tags = value_of(relation.fields, "tags");
    if (!tags.is_array()) continue;
    for (const Json& tag : tags) {
      if (!tag.is_object()) continue;
      const std::string id = text_at(tag, "id");
      if (!id.empty()) facets.insert({Facet::Kind::tag, id});
    }
  }
  for (std::string& phone : phones_of(customer)) {
    facets.insert({Facet::Kind::phone, std::move(phone)});
  }
  for (std::string& email : emails_of(customer)) {
    facets.insert({Facet::Kind::email, email_key(email)});
  }
  return {facets.begin(), facets.end()};
}

}  // namespace guanxi::models
