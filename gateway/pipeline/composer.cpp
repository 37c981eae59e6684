#include "gateway/pipeline/composer.h"

#include <algorithm>

#include "gateway/identity/statements.h"
#include "gateway/pipeline/announcements.h"
#include "gateway/pipeline/redaction.h"
#include "gateway/pipeline/working_set.h"
#include "models/json.h"

namespace guanxi::pipeline {
namespace {

using models::Effect;
using models::Event;
using models::Fact;
using models::FactKind;
using models::Identity;
using models::Role;
using models::Side;
using models::Source;

bool is_person(const Identity& identity) {
  return identity.side == Side::customer || identity.side == Side::staff ||
         identity.side == Side::lookup;
}

// Facts whose place in the order of time changes what they make of a customer.
bool depends_on_order(const std::vector<Fact>& facts) {
  return std::ranges::any_of(facts,
                             [](const Fact& fact) { return fact.kind != FactKind::interaction; });
}

class Composing {
 public:
  Composing(const ComposeContext& context, store::TenantId tenant, store::Batch& batch)
      : context_(context), tenant_(tenant), batch_(batch) {
    if (context.survivorship != nullptr) set_.survivorship = context.survivorship;
  }

  Result<void> load(const std::vector<const Event*>& events) {
    return pipeline::load(set_, tenant_, events, {}, context_.store);
  }

  // For rows that were worked before, by number: what they stated is void.
  Result<void> load(const std::vector<const Event*>& events, std::vector<std::int64_t> seqs) {
    auto former = context_.store.facts_of_rows(tenant_, seqs);
    if (!former) return fail(former.error().code, former.error().detail);
    set_.replaying = true;
    std::ranges::sort(seqs);
    set_.replayed = std::move(seqs);
    auto loaded = pipeline::load(set_, tenant_, events, *former, context_.store);
    if (!loaded) return loaded;
    for (const store::SubjectFacts& row : *former) {
      for (const Fact& fact : row.facts) retract(fact);
    }
    std::ranges::move(*former, std::back_inserter(batch_.retracted));
    return {};
  }

  // Whom somebody decided on.
  Result<void> load(const Ruling& ruling) {
    auto loaded = load_more(set_, tenant_, ruling.concerned, context_.store);
    if (!loaded) return loaded;
    for (const Identity& value : ruling.values) {
      if (!set_.known.insert(value).second) continue;
      batch_.identities.push_back({tenant_, key_of(value), value, {}, store::Contest::some, {}});
    }
    return {};
  }

  // Decides who is who by what all the rows state, before anything is made of it.
  Result<void> group(std::span<ReadRow* const> rows) {
    if (context_.erasing != nullptr) batch_.erasure = context_.erasing->erasure;
    for (ReadRow* row : rows) suppress(*row);
    News news;
    for (const ReadRow* row : rows) {
      for (const Event& event : row->events) gather(event, row->row.seq, news);
    }
    if (replaying()) {
      news.replayed = set_.replayed;
      compare_with_former(news);
    }
    return group(std::move(news));
  }

  Result<void> group(const Ruling& ruling) {
    News news;
    news.decision = ruling.restored ? *ruling.restored : ruling.decision;
    if (ruling.decision.kind == store::DecisionRecord::Kind::take_back &&
        !ruling.decision.overrides) {
      news.taken_back = ruling.decision.takes_back;
    }
    news.stays = ruling.stays;
    batch_.decisions.push_back(ruling.decision);
    return group(std::move(news));
  }

  // Takes the facts out of the row's events.
  void add(ReadRow& row) {
    row_names_.clear();
    row_facts_.clear();
    for (Event& event : row.events) add_event(row, event);
    for (const Identity& identity : row_names_) {
      batch_.named.emplace_back(row.row.seq, key_of(identity));
    }
    for (auto& [subject, facts] : row_facts_) {
      Source source = source_of(row, facts.first);
      batch_.facts.push_back({tenant_, subject, std::move(source), std::move(facts.second)});
    }
  }

  Result<void> finish() {
    std::vector<store::NewInteraction> late;
    auto refolded = refold(set_, tenant_, batch_.facts, context_.store, late, context_.now);
    if (!refolded) return refolded;
    for (store::NewInteraction& entry : late) add_interaction(std::move(entry));
    if (auto told = tell_news(); !told) return told;
    for (auto& [id, working] : set_.customers) finish_customer(working);
    for (auto& [key, working] : set_.entities) finish_entity(key, working);
    for (store::NewChange& change : batch_.changes) {
      change.replayed = replaying() && context_.erasing == nullptr;
      if (change.object_type != "interaction") continue;
      if (const auto found = versions_.find(change.customer); found != versions_.end()) {
        change.version = found->second;
      }
    }
    return {};
  }

  // What the outcome rests on.
  void tell(std::vector<store::Key>& keys, std::vector<Uuid>& customers) const {
    for (const auto& [identity, key] : set_.keys) keys.push_back(key);
    for (const auto& [id, working] : set_.customers) customers.push_back(id);
  }

 private:
  Source source_of(const ReadRow& row, Time at) const {
    return {row.platform,
            row.channel,
            row.row.seq,
            row.pack,
            row.pack_hash,
            at,
            row.row.kind == store::RowKind::answer};
  }

  bool replaying() const { return context_.replaying.has_value(); }

  // What is told of somebody who was erased before it happened is not known here any more: neither
  // as facts nor in the row.
  void suppress(ReadRow& row) {
    if (set_.erased.empty() && context_.erasing == nullptr) return;
    std::set<std::string> texts;
    bool names_others = false;
    bool is_hit = false;
    for (Event& event : row.events) {
      const std::size_t before = event.facts.size();
      std::erase_if(event.facts, [&](const Fact& fact) {
        if (!is_of_the_erased(fact)) {
          names_others = names_others || is_of_somebody(fact);
          return false;
        }
        add_texts(fact, texts);
        return true;
      });
      if (event.facts.size() == before) continue;
      is_hit = true;
      event.calls.clear();  // they would ask for her again
    }
    if (context_.erasing != nullptr) {
      is_hit = true;
      texts.insert(context_.erasing->texts.begin(), context_.erasing->texts.end());
    }
    if (!is_hit) return;
    batch_.redacted.push_back(
        {row.row.seq, names_others ? redacted(row.row.bytes, texts) : std::string()});
  }

  bool is_of_the_erased(const Fact& fact) {
    return std::ranges::any_of(identities_of(fact), [&](const Identity& named) {
      const store::Key& key = key_of(named);
      if (context_.erasing != nullptr && context_.erasing->identities.contains(key)) return true;
      if (is_redacted(named.value)) return true;
      const auto erased = set_.erased.find(key);
      return erased != set_.erased.end() && fact.at <= erased->second;
    });
  }

  static bool is_of_somebody(const Fact& fact) {
    return std::ranges::any_of(fact.names, [](const models::Named& named) {
      return named.identity.side == Side::customer;
    });
  }

  static void gather(const Event& event, std::int64_t seq, News& news) {
    for (const Fact& fact : event.facts) {
      for (identity::Stated& stated : identity::statements_of(fact)) {
        news.statements.push_back({std::move(stated), seq});
      }
      if (identity::makes_customer(fact)) news.customers.insert(*fact.subject());
    }
  }

  // What is stated once more stays in the store as it is; what is not is withdrawn.
  void compare_with_former(News& news) {
    const auto told = [](const FreshStatement& fresh) {
      const identity::Stated& stated = fresh.stated;
      return std::tuple(stated.a, stated.b, fresh.seq, stated.rule, stated.trust, stated.nature,
                        stated.at);
    };
    std::set<decltype(told(FreshStatement{}))> again;
    for (const FreshStatement& fresh : news.statements) again.insert(told(fresh));
    for (const store::SubjectFacts& row : batch_.retracted) {
      for (const Fact& fact : row.facts) {
        for (identity::Stated& stated : identity::statements_of(fact)) {
          const FreshStatement former{std::move(stated), row.source.seq};
          if (again.contains(told(former))) continue;
          news.changed.insert(former.stated.a);
          news.changed.insert(former.stated.b);
          batch_.withdrawn.push_back({tenant_,
                                      key_of(former.stated.a),
                                      key_of(former.stated.b),
                                      {},
                                      {},
                                      {},
                                      row.source.seq,
                                      {}});
        }
      }
    }
  }

  Result<void> group(News news) {
    static const identity::Policy kDefault;
    const identity::Policy& policy = context_.policy == nullptr ? kDefault : *context_.policy;
    auto outcome = pipeline::group(
        set_, news, {context_.store, policy, tenant_, context_.now, context_.make_id}, batch_);
    if (!outcome) return fail(outcome.error().code, outcome.error().detail);
    grouped_ = *std::move(outcome);
    for (const FreshStatement& fresh : news.statements) {
      const identity::Stated& stated = fresh.stated;
      batch_.evidence.push_back({tenant_, key_of(stated.a), key_of(stated.b), stated.trust,
                                 static_cast<int>(stated.nature), stated.at, fresh.seq,
                                 stated.rule});
    }
    return {};
  }

  // Whoever the fact told of is folded without it.
  void retract(const Fact& fact) {
    for (const Identity& named : identities_of(fact)) {
      if (const Uuid holder = set_.holdings.holder(named); !holder.is_nil()) {
        WorkingCustomer& working = set_.customers[holder];
        working.touched = working.refold = true;
      }
    }
    const Identity* thing = thing_of(fact);
    if (thing == nullptr) return;
    const auto entity = set_.entities.find(key_of(*thing));
    if (entity != set_.entities.end()) entity->second.touched = entity->second.refold = true;
  }

  const store::Key& key_of(const Identity& identity) {
    auto [entry, fresh] = set_.keys.try_emplace(identity);
    if (fresh) entry->second = context_.store.key_of(tenant_, identity);
    return entry->second;
  }

  void add_event(const ReadRow& row, Event& event) {
    if (!replaying() || context_.replaying->calls) {
      for (const models::WantedCall& call : event.calls) want(row, call);
    }
    // Read again by the pack that noticed it, it is no more of it.
    const bool is_noticed = replaying() && row.pack == row.row.pack;
    for (const models::Drift& drift : event.drift) {
      if (is_noticed) break;
      batch_.drift.push_back({tenant_, row.row.channel, row.pack, drift, 1, context_.now});
    }
    const Source source = source_of(row, event.at);
    for (const Fact& fact : event.facts) {
      for (Identity& named : identities_of(fact)) remember(named, fact);
    }
    std::vector<Uuid> owners;
    for (const Fact& fact : event.facts) {
      const Identity* subject = fact.subject();
      owners.push_back(subject == nullptr ? Uuid{} : set_.holdings.holder(*subject));
    }
    fold_customers(event, owners, source);
    fold_things(event, source);
    for (std::size_t i = 0; i < event.facts.size(); ++i) {
      keep(source, std::move(event.facts[i]), owners[i]);
    }
  }

  void fold_customers(const Event& event, const std::vector<Uuid>& owners, const Source& source) {
    // Who is in a group is the group's history, and nobody's own.
    const auto is_member = [](const Fact& fact) { return fact.kind == FactKind::member; };
    const bool one_owner = std::ranges::none_of(event.facts, is_member) &&
                           std::ranges::all_of(owners, [&](const Uuid& owner) {
                             return !owner.is_nil() && owner == owners.front();
                           });
    if (one_owner) {  // nearly always, and then nothing has to be sorted out
      if (!owners.empty()) fold(owners.front(), event.facts, source);
      return;
    }
    std::map<Uuid, std::vector<Fact>> of_customer;
    for (std::size_t i = 0; i < event.facts.size(); ++i) {
      if (owners[i].is_nil() || is_member(event.facts[i])) continue;
      of_customer[owners[i]].push_back(event.facts[i]);
    }
    for (auto& [customer, facts] : of_customer) fold(customer, facts, source);
  }

  void fold_things(const Event& event, const Source& source) {
    std::map<Identity, std::vector<Fact>> of_thing;
    for (const Fact& fact : event.facts) {
      if (const Identity* thing = thing_of(fact)) of_thing[*thing].push_back(fact);
    }
    for (auto& [thing, facts] : of_thing) fold(thing, facts, source);
  }

  void remember(Identity& named, const Fact& fact) {
    row_names_.insert(named);
    const bool is_anybody =
        is_person(named) || (named.side == Side::lead && named == *fact.subject());
    if (!is_anybody || !set_.known.insert(named).second) return;
    store::NewIdentity fresh{tenant_, key_of(named), named, set_.holdings.holder(named), {}, {}};
    if (const auto found = grouped_.contests.find(named); found != grouped_.contests.end()) {
      fresh.contest = found->second;
    }
    if (const auto found = grouped_.stated_by.find(named); found != grouped_.stated_by.end()) {
      fresh.stated_by = found->second;
    }
    batch_.identities.push_back(std::move(fresh));
  }

  // Files the fact under those whose history it belongs to.
  void keep(const Source& source, Fact fact, const Uuid& customer) {
    // Answers the fact's place among those of the subject.
    const auto file = [&](const store::Key& subject, Fact filed) {
      auto& facts = row_facts_[subject];
      if (facts.second.empty()) facts.first = source.at;
      facts.second.push_back(std::move(filed));
      return facts.second.size() - 1;
    };
    const Identity* thing = thing_of(fact);
    const Identity* person = fact.subject();
    if (thing != nullptr) {
      const store::Key& subject = key_of(*thing);
      if (fact.kind != FactKind::lead || person == nullptr || *person == *thing) {
        file(subject, std::move(fact));
        return;
      }
      file(subject, fact);
    }
    if (person == nullptr && thing == nullptr && !fact.names.empty()) {
      person = &fact.names.front().identity;
    }
    if (person == nullptr) return;
    const store::Key& subject = key_of(*person);
    std::optional<store::NewInteraction> entry;
    if (!customer.is_nil()) entry = interaction_of(fact, tenant_, context_.store);
    const std::size_t part = file(subject, std::move(fact));
    if (!entry) return;
    entry->customer = customer;
    entry->subject = subject;
    entry->seq = source.seq;
    entry->part = part;
    add_interaction(std::move(*entry));
  }

  void add_interaction(store::NewInteraction entry) {
    if (interactions_.emplace(entry.subject, entry.key).second) news_.push_back(std::move(entry));
  }

  // What was stated before, through another channel of the corp for one, is no news.
  Result<void> tell_news() {
    const auto told = context_.store.known_interactions(news_);
    if (!told) return fail(told.error().code, told.error().detail);
    // What only replayed rows stated has to be stated again, without being told again.
    std::vector<bool> standing = *told;
    if (replaying()) {
      auto others = context_.store.known_interactions(news_, set_.replayed);
      if (!others) return fail(others.error().code, others.error().detail);
      standing = *std::move(others);
    }
    for (std::size_t i = 0; i < news_.size(); ++i) {
      store::NewInteraction& entry = news_[i];
      if (!(*told)[i]) {
        batch_.changes.push_back({tenant_, "interaction.created", "interaction", entry.id,
                                  entry.customer, 0, context_.now});
        talked_.insert(entry.customer);
      }
      if (!standing[i]) batch_.interactions.push_back(std::move(entry));
    }
    return {};
  }

  void fold(const Uuid& id, const std::vector<Fact>& facts, const Source& source) {
    WorkingCustomer& working = set_.customers[id];
    working.touched = true;
    if (replaying()) working.refold = true;
    if (!working.now.accepts(source) && depends_on_order(facts)) working.refold = true;
    const Time folded_at = working.now.folded_at;
    const std::int64_t folded_seq = working.now.folded_seq;
    for (const Effect& effect : models::apply(working.now, facts, source, *set_.survivorship)) {
      note(working, effect);
    }
    if (std::pair{folded_at, folded_seq} > source.order()) {
      working.now.folded_at = folded_at;
      working.now.folded_seq = folded_seq;
    }
  }

  void note(WorkingCustomer& working, const Effect& effect) {
    const bool is_new = working.version_before == 0;
    if (effect.kind == Effect::Kind::updated) {
      const bool told = std::ranges::any_of(working.changes, [](const store::NewChange& change) {
        return change.object_type == "customer";
      });
      if (told) return;
    }
    store::NewChange change;
    change.tenant = tenant_;
    change.type = is_new && effect.kind == Effect::Kind::updated
                      ? "customer.created"
                      : std::string(change_type(effect.kind));
    change.object_type = object_type(effect.kind);
    change.object_id =
        effect.kind == Effect::Kind::updated ? format_uuid(working.now.id) : effect.staff.value;
    change.customer = working.now.id;
    change.at = context_.now;
    working.changes.push_back(std::move(change));
  }

  void fold(const Identity& thing, const std::vector<Fact>& facts, const Source& source) {
    WorkingEntity& working = set_.entities[key_of(thing)];
    if (working.now.identity.value.empty()) {
      working.now.identity = thing;
      working.now.kind =
          facts.front().kind == FactKind::member ? FactKind::group : facts.front().kind;
      working.now.created_at = context_.now;
    }
    working.touched = true;
    if (replaying() || !working.now.accepts(source)) working.refold = true;
    working.changed = models::apply(working.now, facts, source) || working.changed;
  }

  void finish_customer(WorkingCustomer& working) {
    if (!working.touched) return;
    if (!working.merged_into.is_nil()) {
      finish_merged(working);
      return;
    }
    if (replaying()) drop_unnamed(working);
    const bool withdrawn = replaying() && working.now.identities.empty();
    if (withdrawn && working.version_before == 0) return;
    if (working.refold) {
      working.changes.clear();
      note_lineage(working);
      if (withdrawn) {
        note_end(working);
      } else if (!working.original || shown(*working.original) != shown(working.now)) {
        for (const Effect& effect : difference(working.before, working.now)) note(working, effect);
      }
    }
    const std::int64_t expected = working.version_before;
    if (expected == 0 && working.changes.empty()) note(working, {Effect::Kind::updated, {}});
    // What nobody is told of is no new version: when she was last seen, for one.
    const bool is_told = !working.changes.empty() || talked_.contains(working.now.id);
    working.now.version = is_told ? working.version_base + 1 : working.version_base;
    working.now.updated_at = is_told ? context_.now : working.updated_before;
    versions_[working.now.id] = working.now.version;
    for (store::NewChange& change : working.changes) {
      change.version = working.now.version;
      batch_.changes.push_back(std::move(change));
    }
    store::CustomerWrite write{tenant_, std::move(working.now), expected, {}, {}, withdrawn,
                               {},      working.revived};
    const auto now = withdrawn ? std::vector<models::Facet>{} : models::facets_of(write.customer);
    std::ranges::set_difference(now, working.facets_before, std::back_inserter(write.gained));
    std::ranges::set_difference(working.facets_before, now, std::back_inserter(write.lost));
    batch_.customers.push_back(std::move(write));
  }

  // She is one person with another, who tells so.
  void finish_merged(WorkingCustomer& working) {
    if (working.version_before == 0) return;
    versions_[working.now.id] = working.version_before;
    working.now.version = working.version_before;
    store::CustomerWrite write{tenant_, std::move(working.now), working.version_before, {}, {},
                               true};
    write.merged_into = working.merged_into;
    write.lost = working.facets_before;
    batch_.customers.push_back(std::move(write));
  }

  void note_lineage(WorkingCustomer& working) {
    const auto tell = [&](const char* type, const std::vector<Uuid>& others) {
      if (others.empty()) return;
      store::NewChange change{tenant_,        type, "customer",  format_uuid(working.now.id),
                              working.now.id, 0,    context_.now};
      change.others = others;
      change.moved = working.moved;
      working.changes.push_back(std::move(change));
    };
    tell("customer.merged", working.merged_from);
    tell("customer.split", working.split_into);
  }

  // Identities that no fact is left to name.
  void drop_unnamed(WorkingCustomer& working) {
    std::erase_if(working.now.identities, [&](const models::CustomerIdentity& held) {
      if (!held.channel.empty()) return false;
      detach(held.identity);
      return true;
    });
  }

  void detach(const Identity& identity) {
    set_.holdings.hold(identity, {});
    const store::Key& key = key_of(identity);
    const auto move = std::ranges::find(batch_.moves, key, &store::Move::key);
    if (move != batch_.moves.end()) {
      move->after = {};
      return;
    }
    const auto row = set_.stored.find(identity);
    if (row == set_.stored.end()) return;
    batch_.moves.push_back({key, row->second.customer, {}, row->second.contest});
  }

  // As outsiders see her, but for when and how often she was written.
  static models::Json shown(const models::Customer& customer) {
    models::Json json = models::customer_json(customer, {.tenant = {}, .pii = true});
    json.erase("version");
    json.erase("updated_at");
    return json;
  }

  static models::Json shown(const models::Entity& entity) {
    models::Json json = models::entity_json(entity);
    json.erase("version");
    json.erase("updated_at");
    return json;
  }

  void note_end(WorkingCustomer& working) {
    working.changes.push_back({tenant_, "customer.erased", "customer", format_uuid(working.now.id),
                               working.now.id, 0, context_.now});
  }

  void finish_entity(const store::Key& key, WorkingEntity& working) {
    if (!working.touched) return;
    const std::int64_t expected = working.version_before;
    const bool withdrawn = replaying() && working.now.folded_seq == 0;
    if (withdrawn && expected == 0) return;
    if (working.original) working.changed = shown(*working.original) != shown(working.now);
    working.now.version = expected + 1;
    working.now.updated_at = context_.now;
    if (working.changed || expected == 0) note_thing(working, expected);
    batch_.entities.push_back({tenant_, key, std::move(working.now), expected, withdrawn});
  }

  void note_thing(const WorkingEntity& working, std::int64_t expected) {
    const models::Entity& thing = working.now;
    std::string type;
    if (thing.kind == FactKind::tag) type = "tag.changed";
    if (thing.kind == FactKind::group) type = "group.changed";
    if (thing.kind == FactKind::lead && expected == 0) type = "lead.created";
    if (type.empty()) return;
    Uuid customer;
    if (thing.customer) customer = set_.holdings.holder(*thing.customer);
    batch_.changes.push_back({tenant_, type, std::string(models::fact_kind_text(thing.kind)),
                              thing.identity.value, customer, thing.version, context_.now});
  }

  void want(const ReadRow& row, const models::WantedCall& call) {
    if (call.when != models::WantedCall::When::always && call.about) {
      const auto found = set_.entities.find(key_of(*call.about));
      const bool exists = found != set_.entities.end();
      if (call.when == models::WantedCall::When::unknown && exists &&
          !models::value_of(found->second.now.fields, "name").is_null()) {
        return;
      }
      if (call.when == models::WantedCall::When::gap && exists &&
          models::value_of(found->second.now.fields, "version") == call.version_before) {
        return;
      }
    }
    batch_.tasks.push_back({tenant_, row.row.channel, row.row.seq, call.call, call.arguments,
                            context_.now + call.after, call.latest});
  }

  const ComposeContext& context_;
  store::TenantId tenant_;
  store::Batch& batch_;
  WorkingSet set_;
  std::set<std::pair<store::Key, store::Key>> interactions_;  // by subject and key
  std::vector<store::NewInteraction> news_;
  std::set<Uuid> talked_;                  // customers with an interaction in this batch
  std::map<Uuid, std::int64_t> versions_;  // of the customers, as they are written
  std::set<Identity> row_names_;
  std::map<store::Key, std::pair<Time, std::vector<Fact>>> row_facts_;
  GroupingOutcome grouped_;
};

}  // namespace

Result<Composed> compose(std::span<ReadRow> rows, const ComposeContext& context) {
  Composed composed;
  std::map<store::TenantId, std::vector<ReadRow*>> by_tenant;
  for (ReadRow& row : rows) {
    composed.batch.marks.push_back(mark_of(row, context.now));
    if (row.error.empty()) by_tenant[row.row.tenant].push_back(&row);
  }
  for (const auto& [tenant, tenant_rows] : by_tenant) {
    Composing composing(context, tenant, composed.batch);
    std::vector<const Event*> events;
    for (const ReadRow* row : tenant_rows) {
      for (const Event& event : row->events) events.push_back(&event);
    }
    std::vector<std::int64_t> seqs;
    for (const ReadRow* row : tenant_rows) seqs.push_back(row->row.seq);
    const auto loaded =
        context.replaying ? composing.load(events, std::move(seqs)) : composing.load(events);
    if (!loaded) {
      return fail(loaded.error().code, loaded.error().detail);
    }
    if (auto grouped = composing.group(tenant_rows); !grouped) {
      return fail(grouped.error().code, grouped.error().detail);
    }
    for (ReadRow* row : tenant_rows) composing.add(*row);
    if (auto finished = composing.finish(); !finished) {
      return fail(finished.error().code, finished.error().detail);
    }
    composing.tell(composed.keys, composed.customers);
  }
  std::ranges::sort(composed.keys);
  std::ranges::sort(composed.customers);
  return composed;
}

Result<Composed> compose(const Ruling& ruling, const ComposeContext& context) {
  Composed composed;
  Composing composing(context, ruling.tenant, composed.batch);
  if (auto loaded = composing.load(ruling); !loaded) {
    return fail(loaded.error().code, loaded.error().detail);
  }
  if (auto grouped = composing.group(ruling); !grouped) {
    return fail(grouped.error().code, grouped.error().detail);
  }
  if (auto finished = composing.finish(); !finished) {
    return fail(finished.error().code, finished.error().detail);
  }
  return composed;
}

bool rests_on(const Composed& composed, const store::Batch& earlier) {
  const auto has_key = [&](const store::Key& key) {
    return std::ranges::binary_search(composed.keys, key);
  };
  const auto has_customer = [&](const Uuid& customer) {
    return std::ranges::binary_search(composed.customers, customer);
  };
  return std::ranges::any_of(earlier.identities, has_key, &store::NewIdentity::key) ||
         std::ranges::any_of(earlier.moves, has_key, &store::Move::key) ||
         std::ranges::any_of(earlier.stated_by, has_key,
                             &std::pair<store::Key, store::Key>::first) ||
         std::ranges::any_of(earlier.evidence, has_key, &store::Evidence::a) ||
         std::ranges::any_of(earlier.evidence, has_key, &store::Evidence::b) ||
         std::ranges::any_of(earlier.facts, has_key, &store::SubjectFacts::subject) ||
         std::ranges::any_of(earlier.entities, has_key, &store::EntityWrite::key) ||
         std::ranges::any_of(earlier.customers, [&](const store::CustomerWrite& write) {
           return has_customer(write.customer.id);
         });
}

}  // namespace guanxi::pipeline
