#include "models/entity.h"

#include <algorithm>

#include "models/settling.h"
#include "models/state.h"

namespace guanxi::models {
namespace {

constexpr const char* kSource = "source";

bool is_final(std::string_view status) { return status == "deleted" || status == "dismissed"; }

std::string member_key(const Identity& identity) {
  return identity.name_space + ' ' + identity.scope + ' ' + identity.value;
}

Json identity_object(const Identity& identity) {
  return {{"kind", identity.kind}, {"value", identity.value}, {"side", side_text(identity.side)}};
}

class Folding {
 public:
  Folding(Entity& entity, const Source& source) : entity_(entity), source_(source) {
    source_.pack_hash.clear();
    if (entity_.platform.empty()) {
      entity_.platform = source_.platform;
      entity_.channel = source_.channel;
    }
  }

  void apply(const Fact& fact) {
    if (fact.kind == FactKind::member) {
      apply_member(fact);
      return;
    }
    for (const auto& [name, value] : fact.fields.items()) {
      if (name == "set") continue;
      if (name == "status" && value.is_string()) take_status(value, fact.at);
      if (name != "status" && name != "mode") offer(name, merged(name, value, fact), fact.at);
    }
    if (const auto set = fact.fields.find("set"); set != fact.fields.end() && set->is_object()) {
      for (const auto& [name, value] : set->items()) offer(name, value, fact.at);
    }
    for (const Role role : {Role::owner, Role::group}) {
      if (const Identity* named = fact.primary(role)) {
        offer(std::string(role_text(role)), identity_object(*named), fact.at);
      }
    }
    if (fact.kind == FactKind::lead && fact.primary(Role::customer) != nullptr &&
        entity_.customer != *fact.subject()) {
      entity_.customer = *fact.subject();
      changed_ = true;
    }
  }

  // Members whom a whole list does not name have left.
  void end_unlisted(const std::vector<Fact>& facts) {
    bool whole = false;
    std::vector<std::string> listed;
    for (const Fact& fact : facts) {
      if (fact.kind != FactKind::member || fact.complete != Role::group) continue;
      whole = true;
      if (const Identity* party = fact.primary(Role::party)) listed.push_back(member_key(*party));
    }
    if (!whole) return;
    for (auto& [key, member] : entity_.members.items()) {
      if (member.at("status") != "joined") continue;
      if (std::ranges::find(listed, key) != listed.end()) continue;
      if (to_ms(source_.at) < member.value("since", std::int64_t{0}) + kSettling.count()) continue;
      member["status"] = "left";
      member["until"] = to_ms(source_.at);
      member[kSource] = state::source_to(source_);
      changed_ = true;
    }
  }

  bool changed() const { return changed_; }
  void finish() {
    entity_.folded_at = source_.at;
    entity_.folded_seq = source_.seq;
  }

 private:
  Source source_at(Time at) const {
    Source source = source_;
    source.at = at;
    return source;
  }

  void take_status(const Json& status, Time at) {
    if (entity_.status == status) return;
    // A platform's API answers for a while after what ended a thing.
    const bool ended_by_event =
        is_final(entity_.status) && entity_.status_source && !entity_.status_source->from_answer;
    if (source_.from_answer && ended_by_event) return;
    entity_.status = status.get<std::string>();
    entity_.status_source = source_at(at);
    changed_ = true;
  }

  void offer(const std::string& name, const Json& value, Time at) {
    changed_ = entity_.fields[name].offer({value, source_at(at)}) || changed_;
  }

  // Lists that an event adds to or removes from, as `mode` says; else they replace.
  Json merged(const std::string& name, const Json& value, const Fact& fact) const {
    const auto mode = fact.fields.find("mode");
    if (mode == fact.fields.end() || !value.is_array()) return value;
    Json list = value_of(entity_.fields, name);
    if (!list.is_array()) list = Json::array();
    if (*mode == "add") {
      for (const Json& item : value) {
        if (std::ranges::find(list, item) == list.end()) list.push_back(item);
      }
      return list;
    }
    if (*mode == "remove") {
      Json kept = Json::array();
      for (const Json& item : list) {
        if (std::ranges::find(value, item) == value.end()) kept.push_back(item);
      }
      return kept;
    }
    return value;
  }

  void apply_member(const Fact& fact) {
    const Identity* party = fact.primary(Role::party);
    const auto status = fact.fields.find("status");
    if (party == nullptr || status == fact.fields.end() || !status->is_string()) return;
    Json& member = entity_.members[member_key(*party)];
    const Json before = member;
    if (!member.is_object()) member = identity_object(*party);
    const bool joined = *status == "joined";
    const bool was_joined = member.value("status", "") == "joined";
    member["status"] = *status;
    if (joined && !was_joined) {
      member["since"] = to_ms(fact.at);
      member.erase("until");
    }
    if (!joined && was_joined) member["until"] = to_ms(fact.at);
    for (const char* name : {"since", "way", "nickname", "name"}) {
      if (const auto value = fact.fields.find(name); value != fact.fields.end()) {
        member[name] = *value;
      }
    }
    if (member == before) return;
    member[kSource] = state::source_to(source_at(fact.at));
    changed_ = true;
  }

  Entity& entity_;
  Source source_;
  bool changed_ = false;
};

Entity read_entity(const Json& json) {
  Entity entity;
  const std::vector<Source> sources = state::sources_from(json.at("s"));
  entity.identity = state::identity_from(json.at("id"));
  entity.kind = static_cast<FactKind>(json.at("k").get<int>());
  entity.version = json.at("v").get<std::int64_t>();
  entity.platform = json.at("p").get<std::string>();
  entity.channel = json.at("ch").get<std::string>();
  entity.status = json.at("st").get<std::string>();
  entity.status_source = state::source_at(sources, json.at("ss"));
  entity.fields = state::fields_from(json.at("f"), sources);
  entity.members = json.at("m");
  if (const Json& customer = json.at("c"); !customer.is_null()) {
    entity.customer = state::identity_from(customer);
  }
  entity.created_at = from_ms(json.at("ca").get<std::int64_t>());
  entity.updated_at = from_ms(json.at("ua").get<std::int64_t>());
  entity.folded_at = from_ms(json.at("fa").get<std::int64_t>());
  entity.folded_seq = json.at("fq").get<std::int64_t>();
  return entity;
}

}  // namespace

bool Entity::accepts(const Source& source) const {
  return std::pair{folded_at, folded_seq} < source.order();
}

bool apply(Entity& entity, const std::vector<Fact>& facts, const Source& source) {
  Folding folding(entity, source);
  for (const Fact& fact : facts) folding.apply(fact);
  folding.end_unlisted(facts);
  folding.finish();
  return folding.changed();
}

Json entity_state(const Entity& entity) {
  state::SourceTable sources;
  Json fields = state::fields_to(entity.fields, sources);
  Json status_source = sources.place_of(entity.status_source);
  return {{"id", state::identity_to(entity.identity)},
          {"k", static_cast<int>(entity.kind)},
          {"v", entity.version},
          {"p", entity.platform},
          {"ch", entity.channel},
          {"st", entity.status},
          {"ss", std::move(status_source)},
          {"f", std::move(fields)},
          {"m", entity.members},
          {"c", entity.customer ? state::identity_to(*entity.customer) : Json(nullptr)},
          {"ca", to_ms(entity.created_at)},
          {"ua", to_ms(entity.updated_at)},
          {"fa", to_ms(entity.folded_at)},
          {"fq", entity.folded_seq},
          {"s", sources.to_json()}};
}

std::optional<Entity> entity_from_state(const Json& json) {
  try {
    return read_entity(json);
  } catch (const Json::exception&) {
    return std::nullopt;
  } catch (const std::out_of_range&) {
    return std::nullopt;
  }
}

}  // namespace guanxi::models
