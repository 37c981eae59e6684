#include "models/json.h"

#include <algorithm>
#include <tuple>

#include "models/mask.h"
#include "models/settling.h"

namespace guanxi::models {
namespace {

Json time_json(const std::optional<Time>& time) {
  return time ? Json(format_time(*time)) : Json(nullptr);
}

Json text_or_null(const Fields& fields, std::string_view name) {
  Json value = value_of(fields, name);
  return value.is_string() ? value : Json(nullptr);
}

// What `attributes.*` hold; phones and e-mails among them, wherever they stand, are masked.
Json attributes_json(const Fields& fields, bool pii) {
  constexpr std::string_view kPrefix = "attributes.";
  Json attributes = Json::object();
  for (const auto& [name, field] : fields) {
    if (!name.starts_with(kPrefix)) continue;
    const Candidate* winner = field.winner();
    if (winner == nullptr) continue;
    // A label that a person typed is part of the name.
    const std::string label = name.substr(kPrefix.size());
    Json& shown = attributes[pii ? label : mask_text(label)] = winner->value;
    if (!pii) mask_within(shown);
  }
  return attributes;
}

// A phone or e-mail is no platform's id, and shown to those who may see it.
std::string identity_value(const Identity& identity, bool pii) {
  if (pii || !is_contact(identity)) return identity.value;
  return identity.name_space == "phone" ? mask_phone(identity.value) : mask_email(identity.value);
}

Json identities_json(const Customer& customer, bool pii) {
  Json rows = Json::array();
  for (const CustomerIdentity& held : customer.identities) {
    rows.push_back({{"platform", held.platform},
                    {"channel", held.channel},
                    {"kind", held.identity.kind},
                    {"value", identity_value(held.identity, pii)},
                    {"first_seen_at", format_time(held.first_seen)},
                    {"last_seen_at", format_time(held.last_seen)}});
  }
  return rows;
}

// What the library says of a tag now: null when it does not know it. A deleted one has no name.
const std::pair<std::string, std::string>* present_tag(const TagNames* names,
                                                       const Relation& relation,
                                                       const std::string& id) {
  if (names == nullptr || id.empty()) return nullptr;
  const auto found = std::ranges::find_if(*names, [&](const auto& entry) {
    return entry.first.value == id && entry.first.scope == relation.customer.scope;
  });
  return found == names->end() ? nullptr : &found->second;
}

Json tag_ids(const Relation& relation, const TagNames* names) {
  Json ids = Json::array();
  const Json tags = value_of(relation.fields, "tags");
  if (!tags.is_array()) return ids;
  for (const Json& tag : tags) {
    if (!tag.is_object() || !tag.contains("id") || !tag.at("id").is_string()) continue;
    const auto* known = present_tag(names, relation, tag.at("id").get<std::string>());
    if (known == nullptr || !known->second.empty()) ids.push_back(tag.at("id"));
  }
  return ids;
}

Json state_json(const std::string& state, bool pii) {
  if (state.empty()) return nullptr;
  return pii ? state : mask_text(state);
}

// The code with which the present stretch began; that of an earlier one is in the history.
Json present_state(const Relation& relation) {
  const Json said = text_or_null(relation.fields, "state");
  if (relation.periods.empty()) return said;
  const RelationPeriod& present = relation.periods.back();
  if (!present.state.empty()) return present.state;
  // Told by a later answer; the API's time of a beginning may lie moments behind the event's.
  const auto field = relation.fields.find("state");
  const Candidate* winner = field == relation.fields.end() ? nullptr : field->second.winner();
  const bool is_older =
      winner == nullptr || (present.since && winner->source.at + kSettling < *present.since);
  return is_older ? Json(nullptr) : said;
}

Json history_json(const Relation& relation, bool pii) {
  Json rows = Json::array();
  for (const RelationPeriod& period : relation.periods) {
    rows.push_back({{"since", time_json(period.since)},
                    {"until", time_json(period.until)},
                    {"reason", period.reason.empty() ? Json(nullptr) : Json(period.reason)},
                    {"state", state_json(period.state, pii)}});
  }
  return rows;
}

Json relations_json(const Customer& customer, const TagNames* names, bool pii) {
  const auto written = [pii](Json value) {
    if (!pii) mask_within(value);
    return value;
  };
  Json rows = Json::array();
  for (const Relation& relation : customer.relations) {
    Json row = {
        {"platform", relation.platform},
        {"channel", relation.channel},
        {"staff_id", relation.staff.value.empty() ? Json(nullptr) : Json(relation.staff.value)},
        {"status", relation.status},
        {"reason", relation.reason.empty() ? Json(nullptr) : Json(relation.reason)},
        {"remark", written(text_or_null(relation.fields, "remark"))},
        {"description", written(text_or_null(relation.fields, "description"))},
        {"add_way", text_or_null(relation.fields, "add_way")},
        {"state", written(present_state(relation))},
        {"tags", tag_ids(relation, names)},
        {"since", time_json(relation.since())},
        {"until", time_json(relation.until())},
        {"history", history_json(relation, pii)}};
    Json attributes = attributes_json(relation.fields, pii);
    if (!attributes.empty()) row["attributes"] = std::move(attributes);
    rows.push_back(std::move(row));
  }
  return rows;
}

// The customer's tags by id, from active relations; the library's present names win.
Json tags_json(const Customer& customer, const TagNames* names, bool pii) {
  std::map<std::pair<std::string, std::string>, Json> tags;
  for (const Relation& relation : customer.relations) {
    if (relation.status != "active" && relation.status != "pending") continue;
    const Json held = value_of(relation.fields, "tags");
    if (!held.is_array()) continue;
    for (const Json& tag : held) {
      if (!tag.is_object()) continue;
      const auto text = [&](const char* key) {
        const auto found = tag.find(key);
        return found != tag.end() && found->is_string() ? found->get<std::string>() : std::string();
      };
      std::string group = text("group");
      std::string name = text("name");
      const std::string id = text("id");
      if (const auto* known = present_tag(names, relation, id)) {
        if (known->second.empty()) continue;
        std::tie(group, name) = *known;
      }
      tags.insert_or_assign({relation.channel, id.empty() ? group + '/' + name : id},
                            Json{{"platform", relation.platform},
                                 {"channel", relation.channel},
                                 {"id", id.empty() ? Json(nullptr) : Json(id)},
                                 {"group", pii ? group : mask_text(group)},
                                 {"name", pii ? name : mask_text(name)}});
    }
  }
  Json rows = Json::array();
  for (auto& [key, tag] : tags) rows.push_back(std::move(tag));
  return rows;
}

template <typename Mask>
Json masked(std::vector<std::string> texts, bool pii, Mask mask) {
  if (!pii) std::ranges::transform(texts, texts.begin(), mask);
  return texts;
}

}  // namespace

Json customer_json(const Customer& customer, const CustomerJsonOptions& options) {
  Json source = nullptr;
  if (customer.origin) {
    source = {{"platform", customer.origin->platform},
              {"channel", customer.origin->channel},
              {"state", state_json(customer.origin_state, options.pii)},
              {"at", format_time(customer.origin->at)}};
  }
  const auto written = [&](std::string_view name) {
    Json value = text_or_null(customer.fields, name);
    if (!options.pii) mask_within(value);
    return value;
  };
  return {{"id", format_uuid(customer.id)},
          {"tenant", options.tenant},
          {"version", customer.version},
          {"name", written("name")},
          {"avatar_url", text_or_null(customer.fields, "avatar_url")},
          {"gender", text_or_null(customer.fields, "gender")},
          {"company", {{"name", written("company.name")}, {"title", written("company.title")}}},
          {"phones", masked(phones_of(customer), options.pii, mask_phone)},
          {"emails", masked(emails_of(customer), options.pii, mask_email)},
          {"identities", identities_json(customer, options.pii)},
          {"relations", relations_json(customer, options.tags, options.pii)},
          {"tags", tags_json(customer, options.tags, options.pii)},
          {"attributes", attributes_json(customer.fields, options.pii)},
          {"source", std::move(source)},
          {"first_seen_at", time_json(customer.first_seen_at)},
          {"last_interaction_at", time_json(customer.last_interaction_at)},
          {"created_at", format_time(customer.created_at)},
          {"updated_at", format_time(customer.updated_at)}};
}

Json entity_json(const Entity& entity) {
  Json fields = Json::object();
  for (const auto& [name, field] : entity.fields) {
    if (const Candidate* winner = field.winner()) fields[name] = winner->value;
  }
  Json json = {{"platform", entity.platform},
               {"channel", entity.channel},
               {"kind", fact_kind_text(entity.kind)},
               {"id", entity.identity.value},
               {"version", entity.version},
               {"status", entity.status.empty() ? Json(nullptr) : Json(entity.status)},
               {"fields", std::move(fields)},
               {"updated_at", format_time(entity.updated_at)}};
  if (!entity.members.empty()) {
    Json members = Json::array();
    for (const auto& [key, member] : entity.members.items()) {
      members.push_back(member);
      members.back().erase("source");
    }
    json["members"] = std::move(members);
  }
  return json;
}

Json interaction_json(const Interaction& interaction, bool pii) {
  Json json = {
      {"type", interaction.type},
      {"id", interaction.id},
      {"at", format_time(interaction.at)},
      {"platform", interaction.platform},
      {"channel", interaction.channel},
      {"direction", interaction.direction.empty() ? Json(nullptr) : Json(interaction.direction)},
      {"event_seq", interaction.seq},
      {"pack", interaction.pack}};
  for (const auto& [name, value] : interaction.fields.items()) {
    if (json.contains(name)) continue;
    // What a customer wrote is personal data as much as her phone.
    if (!pii && (name == "content" || name == "media")) continue;
    Json& shown = json[name] = value;
    if (!pii && (name == "subject" || name == "state")) mask_within(shown);
  }
  return json;
}

}  // namespace guanxi::models
