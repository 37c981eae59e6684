#include "models/interaction.h"

#include <string_view>

namespace guanxi::models {
namespace {

std::string text_of(const Fact& fact, std::string_view name) {
  const auto found = fact.fields.find(name);
  return found != fact.fields.end() && found->is_string() ? found->get<std::string>()
                                                          : std::string();
}

}  // namespace

std::string interaction_mark(const Fact& fact) {
  const Identity* party = fact.primary(Role::party);
  if (fact.kind != FactKind::interaction || party == nullptr) return {};
  const std::string id = text_of(fact, "id");
  return "interaction " + text_of(fact, "type") + ' ' + party->name_space + ' ' + party->scope +
         (id.empty() ? " event " + text_of(fact, "event_id") : " id " + id);
}

Interaction interaction_of(const Fact& fact, const Source& source) {
  Interaction shown;
  shown.type = text_of(fact, "type");
  shown.id = text_of(fact, "id");
  shown.at = fact.at;
  shown.platform = source.platform;
  shown.channel = source.channel;
  if (const Identity* party = fact.primary(Role::party)) shown.party = *party;
  shown.direction = text_of(fact, "direction");
  shown.seq = source.seq;
  shown.pack = source.pack;
  for (const auto& [name, value] : fact.fields.items()) {
    if (name != "type" && name != "id" && name != "event_id" && name != "direction") {
      shown.fields[name] = value;
    }
  }
  if (const Identity* staff = fact.primary(Role::staff)) shown.fields["staff_id"] = staff->value;
  if (const Identity* group = fact.primary(Role::group)) shown.fields["group_id"] = group->value;
  return shown;
}

}  // namespace guanxi::models
