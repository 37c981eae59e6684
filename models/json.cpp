#include "models/json.h"

#include <algorithm>

#include "models/settling.h"

namespace guanxi::models {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What stands at `at`: a digit, in either width, a mark that people put between digits, or neither;
// and how many bytes it takes.
struct Stroke {
  enum class Kind : std::uint8_t { digit, mark, other } kind = Kind::other;
  std::size_t size = 1;
  char digit = 0;
};

Stroke stroke_at(std::string_view text, std::size_t at) {
  using Kind = Stroke::Kind;
  constexpr std::string_view kWideDigits =
      "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19";
  constexpr std::string_view kMarks[] = {
      "/",      " ",      "-",      ".",      "_",      "(",      ")",      "\u00a0", "\u00b7",
      "\u3000", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\uff08", "\uff09",
      "\uff0d", "\u30fb", "\u2022", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"};
  if (is_digit(text[at])) return {Kind::digit, 1, text[at]};
  const std::string_view rest = text.substr(at);
  for (std::size_t i = 0; i < 10; ++i) {
    if (rest.starts_with(kWideDigits.substr(3 * i, 3))) {
      return {Kind::digit, 3, static_cast<char>('0' + i)};
    }
  }
  for (const std::string_view mark : kMarks) {
    if (rest.starts_with(mark)) return {Kind::mark, mark.size(), 0};
  }
  return {};
}

// "2025-01-01" or "2025/01/01", which is no number to call, and what follows may be one.
bool is_date(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00";
  if (text.size() < kForm.size()) return false;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool fits = kForm[i] == '0' ? is_digit(text[i]) : text[i] == '-' || text[i] == '/';
    if (!fits) return false;
  }
  const std::string_view month = text.substr(5, 2);
  const std::string_view day = text.substr(8, 2);
  const bool ends = text.size() == kForm.size() || !is_digit(text[kForm.size()]);
  return ends && month >= "01" && month <= "12" && day >= "01" && day <= "31";
}

// Phone numbers, however they are written, become plain ones that are masked.
std::string mask_phones(std::string_view text) {
  constexpr std::size_t kFewest = 7;
  std::string shown;
  std::size_t at = 0;
  while (at < text.size()) {
    constexpr std::size_t kDate = 10;
    if (is_date(text.substr(at))) {
      shown += text.substr(at, kDate);
      at += kDate;
      continue;
    }
    const bool plus = text[at] == '+' && at + 1 < text.size();
    std::size_t end = at + (plus ? 1 : 0);
    if (stroke_at(text, end).kind != Stroke::Kind::digit) {
      shown += text[at++];
      continue;
    }
    std::string number = plus ? "+" : "";
    for (std::size_t next = end; next < text.size();) {
      const Stroke stroke = stroke_at(text, next);
      if (stroke.kind == Stroke::Kind::other) break;
      next += stroke.size;
      if (stroke.kind != Stroke::Kind::digit) continue;
      number += stroke.digit;
      end = next;
    }
    const bool hides = number.size() - (plus ? 1 : 0) >= kFewest;
    shown += hides ? mask_phone(number) : std::string(text.substr(at, end - at));
    at = end;
  }
  return shown;
}

bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("._%+-").find(c) != std::string_view::npos;
}

bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// Hides what stands before the @ of an address: the Latin part of it, or all where there is none.
std::string mask_emails(std::string_view text) {
  constexpr std::string_view kWideAt = "\uff20";
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    const bool wide = text.substr(at).starts_with(kWideAt);
    const std::size_t size = wide ? kWideAt.size() : 1;
    const bool is_at = wide || text[at] == '@';
    const bool follows =
        at + size < text.size() && (is_word(text[at + size]) || is_beyond_ascii(text[at + size]));
    std::size_t start = shown.size();
    while (is_at && start > 0 && is_word(shown[start - 1])) --start;
    if (is_at && start == shown.size()) {
      while (start > 0 && is_beyond_ascii(shown[start - 1])) --start;
    }
    if (is_at && follows && start < shown.size()) {
      const bool latin = !is_beyond_ascii(shown[start]);
      shown.replace(start, std::string::npos, (latin ? shown.substr(start, 1) : "") + "***");
    }
    shown += text.substr(at, size);
    at += size;
  }
  return shown;
}

std::string mask_text(std::string_view text) { return mask_phones(mask_emails(text)); }

void mask_within(Json& value) {
  if (value.is_string()) value = mask_text(value.get<std::string>());
  if (value.is_structured()) {
    for (Json& item : value) mask_within(item);
  }
}

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

Json relations_json(const Customer& customer, bool pii) {
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
        {"tags", tag_ids(relation.fields)},
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

std::string mask_phone(std::string_view phone) {
  // Enough for a person to recognise it by, and never so much that the rest can be guessed: of a
  // Chinese mobile number its first three digits and the last four.
  struct Shown {
    std::size_t front, behind;
  };
  const Shown shown = phone.size() >= 14   ? Shown{6, 4}
                      : phone.size() >= 11 ? Shown{3, 4}
                      : phone.size() >= 9  ? Shown{2, 2}
                                           : Shown{0, 0};
  return std::string(phone.substr(0, shown.front)) +
         std::string(phone.size() - shown.front - shown.behind, '*') +
         std::string(phone.substr(phone.size() - shown.behind));
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
          {"identities", identities_json(customer)},
          {"relations", relations_json(customer, options.pii)},
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
