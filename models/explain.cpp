#include "models/explain.h"

#include <algorithm>
#include <array>

#include "models/json.h"

namespace guanxi::models {
namespace {

using Names = std::array<std::string_view, 2>;
// The fields in which phones and e-mails are stated, of customers and of relations.
constexpr Names kPhones{"phones", "mobile"};
constexpr Names kEmails{"emails", "email"};

bool contains(const auto& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

template <typename Mask>
Json masked_texts(Json value, Mask mask) {
  if (value.is_string()) return mask(value.get_ref<const std::string&>());
  if (!value.is_structured()) return value;
  for (Json& item : value) item = masked_texts(std::move(item), mask);
  return value;
}

// Of a tag, what people call it; its id is the platform's.
Json masked_tags(Json tags) {
  for (Json& tag : tags) {
    for (auto& [key, value] : tag.items()) {
      if (key != "id" && key != "type") mask_within(value);
    }
  }
  return tags;
}

// As customer_json() shows the field.
Json shown_value(std::string_view field, Json value, bool pii) {
  constexpr std::array<std::string_view, 3> kPlain{"avatar_url", "gender", "add_way"};
  if (pii || contains(kPlain, field)) return value;
  if (contains(kPhones, field)) return masked_texts(std::move(value), mask_phone);
  if (contains(kEmails, field)) return masked_texts(std::move(value), mask_email);
  const auto is_object = [](const Json& item) { return item.is_object(); };
  if (field == "tags" && value.is_array() && std::ranges::all_of(value, is_object)) {
    return masked_tags(std::move(value));
  }
  mask_within(value);
  return value;
}

Json source_json(const Source& source) {
  return {{"platform", source.platform},
          {"channel", source.channel},
          {"seq", source.seq},
          {"pack", source.pack},
          {"at", format_time(source.at)},
          {"from_answer", source.from_answer}};
}

Json source_json(const std::optional<Source>& source) {
  return source ? source_json(*source) : Json(nullptr);
}

Json source_json(const Candidate& candidate) {
  Json json = source_json(candidate.source);
  json["proven"] = !candidate.unproven;
  return json;
}

std::string_view why(const Candidate& winner, const Candidate& rival) {
  switch (winner.lead_over(rival)) {
    case Candidate::Lead::order_of_sources:
      return "order_of_sources";
    case Candidate::Lead::proven:
      return "proven";
    case Candidate::Lead::newer:
    case Candidate::Lead::none:
      break;
  }
  return "newer";
}

std::string_view why_not(const Candidate& winner, const Candidate& other) {
  if (other.value.is_null()) return "cleared";
  if (other.value == winner.value) return "same_value";
  const std::string_view reason = why(winner, other);
  return reason == "proven" ? "unproven" : reason == "newer" ? "older" : reason;
}

// By what the winner beats the strongest of those who say something else.
std::string_view why_won(const Field& field, const Candidate& winner) {
  const Candidate* rival = nullptr;
  for (const Candidate& other : field.candidates()) {
    if (&other == &winner || other.value.is_null()) continue;
    const bool is_stronger = rival == nullptr || other.lead_over(*rival) != Candidate::Lead::none;
    if (other.value != winner.value && is_stronger) rival = &other;
  }
  return rival == nullptr ? "only_value" : why(winner, *rival);
}

Json field_json(std::string_view name, const Field& field, bool pii) {
  const Candidate* winner = field.winner();
  Json others = Json::array();
  for (const Candidate& other : field.candidates()) {
    if (&other == winner) continue;
    others.push_back({{"value", shown_value(name, other.value, pii)},
                      {"source", source_json(other)},
                      {"why_not", winner == nullptr ? "cleared" : why_not(*winner, other)}});
  }
  // A label that a person typed is part of the name.
  return {{"field", pii ? std::string(name) : mask_text(name)},
          {"value", winner == nullptr ? Json(nullptr) : shown_value(name, winner->value, pii)},
          {"source", winner == nullptr ? Json(nullptr) : source_json(*winner)},
          {"why", winner == nullptr ? "cleared" : why_won(field, *winner)},
          {"others", std::move(others)}};
}

Json fields_json(const Fields& fields, bool pii) {
  Json rows = Json::array();
  for (const auto& [name, field] : fields) rows.push_back(field_json(name, field, pii));
  return rows;
}

Json staff_json(const Relation& relation) {
  return relation.staff.value.empty() ? Json(nullptr) : Json(relation.staff.value);
}

bool states(const Json& value, const std::string& text) {
  if (value.is_array()) return std::ranges::find(value, Json(text)) != value.end();
  return value == text;
}

// Phones and e-mails come from many fields; of each, which of them state it.
Json contacts_json(const Customer& customer, const std::vector<std::string>& contacts,
                   const Names& names, bool pii) {
  Json rows = Json::array();
  for (const std::string& contact : contacts) {
    Json from = Json::array();
    const auto look = [&](const Fields& fields, std::string_view name, const Json& staff) {
      const auto field = fields.find(name);
      const Candidate* winner = field == fields.end() ? nullptr : field->second.winner();
      if (winner == nullptr || !states(winner->value, contact)) return;
      from.push_back({{"field", name}, {"staff_id", staff}, {"source", source_json(*winner)}});
    };
    for (const std::string_view name : names) {
      look(customer.fields, name, nullptr);
      for (const Relation& relation : customer.relations) {
        look(relation.fields, name, staff_json(relation));
      }
    }
    rows.push_back(
        {{"value", shown_value(names.front(), contact, pii)}, {"stated_by", std::move(from)}});
  }
  return rows;
}

Json time_json(const std::optional<Time>& time) {
  return time ? Json(format_time(*time)) : Json(nullptr);
}

Json history_json(const Relation& relation, bool pii) {
  Json rows = Json::array();
  for (const RelationPeriod& period : relation.periods) {
    rows.push_back({{"since", time_json(period.since)},
                    {"since_source", source_json(period.began)},
                    {"until", time_json(period.until)},
                    {"until_source", source_json(period.ended)},
                    {"reason", period.reason.empty() ? Json(nullptr) : Json(period.reason)},
                    {"state", shown_value("state", period.state, pii)}});
    if (period.state.empty()) rows.back()["state"] = nullptr;
  }
  return rows;
}

Json relations_json(const Customer& customer, bool pii) {
  Json rows = Json::array();
  for (const Relation& relation : customer.relations) {
    rows.push_back(
        {{"platform", relation.platform},
         {"channel", relation.channel},
         {"customer", {{"kind", relation.customer.kind}, {"value", relation.customer.value}}},
         {"staff_id", staff_json(relation)},
         {"status",
          {{"value", relation.status},
           {"reason", relation.reason.empty() ? Json(nullptr) : Json(relation.reason)},
           {"source", source_json(relation.status_source)}}},
         {"history", history_json(relation, pii)},
         {"fields", fields_json(relation.fields, pii)}});
  }
  return rows;
}

}  // namespace

Json explanation_json(const Customer& customer, bool pii) {
  Json shown = customer_json(customer, {.tenant = {}, .pii = pii});
  Json identities = std::move(shown.at("identities"));
  for (std::size_t i = 0; i < customer.identities.size(); ++i) {
    identities.at(i)["source"] = source_json(customer.identities[i].source);
  }
  Json origin = source_json(customer.origin);
  if (customer.origin) origin["state"] = shown.at("source").at("state");
  return {{"id", shown.at("id")},
          {"identities", std::move(identities)},
          {"fields", fields_json(customer.fields, pii)},
          {"phones", contacts_json(customer, phones_of(customer), kPhones, pii)},
          {"emails", contacts_json(customer, emails_of(customer), kEmails, pii)},
          {"relations", relations_json(customer, pii)},
          {"source", std::move(origin)}};
}

}  // namespace guanxi::models
