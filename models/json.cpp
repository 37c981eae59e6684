#include "models/json.h"

#include <algorithm>

namespace guanxi::models {
namespace {

Json time_json(const std::optional<Time>& time) {
  return time ? Json(format_time(*time)) : Json(nullptr);
}

Json text_or_null(const Fields& fields, std::string_view name) {
  Json value = value_of(fields, name);
  return value.is_string() ? value : Json(nullptr);
}

Json text_or_empty(const Fields& fields, std::string_view name) {
  Json value = value_of(fields, name);
  return value.is_string() ? value : Json("");
}

Json identities_json(const Customer& customer) {
  Json rows = Json::array();
  for (const CustomerIdentity& held : customer.identities) {
    rows.push_back({{"platform", held.platform},
                    {"channel", held.channel},
                    {"kind", held.identity.kind},
                    {"value", held.identity.value},
                    {"first_seen_at", format_time(held.first_seen)},
                    {"last_seen_at", format_time(held.last_seen)}});
  }
  return rows;
}

Json tag_ids(const Fields& fields) {
  Json ids = Json::array();
  const Json tags = value_of(fields, "tags");
  if (!tags.is_array()) return ids;
  for (const Json& tag : tags) {
    if (tag.is_object() && tag.contains("id")) ids.push_back(tag.at("id"));
  }
  return ids;
}

Json history_json(const Relation& relation) {
  Json rows = Json::array();
  for (const RelationPeriod& period : relation.periods) {
    rows.push_back({{"since", time_json(period.since)},
                    {"until", time_json(period.until)},
                    {"reason", period.reason.empty() ? Json(nullptr) : Json(period.reason)},
                    {"state", period.state.empty() ? Json(nullptr) : Json(period.state)}});
  }
  return rows;
}

Json relations_json(const Customer& customer) {
  Json rows = Json::array();
  for (const Relation& relation : customer.relations) {
    Json row = {
        {"platform", relation.platform},
        {"channel", relation.channel},
        {"staff_id", relation.staff.value.empty() ? Json(nullptr) : Json(relation.staff.value)},
        {"status", relation.status},
        {"reason", relation.reason.empty() ? Json(nullptr) : Json(relation.reason)},
        {"remark", text_or_empty(relation.fields, "remark")},
        {"description", text_or_empty(relation.fields, "description")},
        {"add_way", text_or_null(relation.fields, "add_way")},
        {"state", text_or_null(relation.fields, "state")},
        {"tags", tag_ids(relation.fields)},
        {"since", time_json(relation.since())},
        {"until", time_json(relation.until())},
        {"history", history_json(relation)}};
    Json attributes = Json::object();
    for (const auto& [name, field] : relation.fields) {
      if (!name.starts_with("attributes.")) continue;
      if (const Candidate* winner = field.winner()) attributes[name.substr(11)] = winner->value;
    }
    if (!attributes.empty()) row["attributes"] = std::move(attributes);
    rows.push_back(std::move(row));
  }
  return rows;
}

// The customer's tags by id, from active relations; the library's present names win.
Json tags_json(const Customer& customer, const TagNames* names) {
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
      bool deleted = false;
      if (names != nullptr && !id.empty()) {
        for (const auto& [identity, known] : *names) {
          if (identity.value != id || identity.scope != relation.customer.scope) continue;
          group = known.first;
          name = known.second;
          deleted = name.empty();
        }
      }
      if (deleted) continue;
      tags.insert_or_assign({relation.channel, id.empty() ? group + '/' + name : id},
                            Json{{"platform", relation.platform},
                                 {"channel", relation.channel},
                                 {"id", id.empty() ? Json(nullptr) : Json(id)},
                                 {"group", group},
                                 {"name", name}});
    }
  }
  Json rows = Json::array();
  for (auto& [key, tag] : tags) rows.push_back(std::move(tag));
  return rows;
}

Json attributes_json(const Customer& customer) {
  Json attributes = Json::object();
  for (const auto& [name, field] : customer.fields) {
    if (!name.starts_with("attributes.")) continue;
    if (const Candidate* winner = field.winner()) attributes[name.substr(11)] = winner->value;
  }
  return attributes;
}

template <typename Mask>
Json masked(std::vector<std::string> texts, bool pii, Mask mask) {
  if (!pii) std::ranges::transform(texts, texts.begin(), mask);
  return texts;
}

}  // namespace

std::string mask_phone(std::string_view phone) {
  // Country code and three digits in front, four behind: enough for a person to recognise it by.
  constexpr std::size_t kFront = 6;
  constexpr std::size_t kBehind = 4;
  if (phone.size() <= kFront + kBehind) return std::string(phone.size(), '*');
  return std::string(phone.substr(0, kFront)) + std::string(phone.size() - kFront - kBehind, '*') +
         std::string(phone.substr(phone.size() - kBehind));
}

std::string mask_email(std::string_view email) {
  const std::size_t at = email.rfind('@');
  if (at == std::string_view::npos || at == 0) return "***";
  const unsigned char first = static_cast<unsigned char>(email.front());
  const std::string shown = first < 0x80 ? std::string(1, email.front()) : std::string();
  return shown + "***" + std::string(email.substr(at));
}

Json customer_json(const Customer& customer, const CustomerJsonOptions& options) {
  Json source = nullptr;
  if (customer.origin) {
    source = {
        {"platform", customer.origin->platform},
        {"channel", customer.origin->channel},
        {"state", customer.origin_state.empty() ? Json(nullptr) : Json(customer.origin_state)},
        {"at", format_time(customer.origin->at)}};
  }
  return {{"id", format_uuid(customer.id)},
          {"tenant", options.tenant},
          {"version", customer.version},
          {"name", text_or_null(customer.fields, "name")},
          {"avatar_url", text_or_null(customer.fields, "avatar_url")},
          {"gender", text_or_null(customer.fields, "gender")},
          {"company",
           {{"name", text_or_null(customer.fields, "company.name")},
            {"title", text_or_null(customer.fields, "company.title")}}},
          {"phones", masked(phones_of(customer), options.pii, mask_phone)},
          {"emails", masked(emails_of(customer), options.pii, mask_email)},
          {"identities", identities_json(customer)},
          {"relations", relations_json(customer)},
          {"tags", tags_json(customer, options.tags)},
          {"attributes", attributes_json(customer)},
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
    json[name] = value;
  }
  return json;
}

}  // namespace guanxi::models
