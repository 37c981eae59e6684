#include "gateway/api/tag_names.h"

#include <set>
#include <string>

namespace guanxi::api {
namespace {

constexpr std::string_view kTagId = "tag_id";

std::string text_of(const models::Fields& fields, std::string_view name) {
  const models::Json value = models::value_of(fields, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

void add_tags(const models::Relation& relation, const adapters::ChannelMap& channels,
              std::set<models::Identity>& tags) {
  const auto channel = channels.find(relation.channel);
  const models::Json held = models::value_of(relation.fields, "tags");
  if (channel == channels.end() || !held.is_array()) return;
  for (const models::Json& tag : held) {
    const auto id = tag.is_object() ? tag.find("id") : tag.end();
    if (id == tag.end() || !id->is_string()) continue;
    const auto identity = channel->second.adapter->identify(kTagId, id->get<std::string>());
    if (identity) tags.insert(*identity);
  }
}

}  // namespace

Result<models::TagNames> tag_names(store::Store& store, const adapters::ChannelMap& channels,
                                   store::TenantId tenant,
                                   std::span<const models::Customer> customers) {
  std::set<models::Identity> tags;
  for (const models::Customer& customer : customers) {
    for (const models::Relation& relation : customer.relations) {
      add_tags(relation, channels, tags);
    }
  }
  models::TagNames names;
  if (tags.empty()) return names;
  std::vector<store::Key> keys;
  for (const models::Identity& tag : tags) keys.push_back(store.key_of(tenant, tag));
  const auto found = store.entities(tenant, keys);
  if (!found) return tl::unexpected(found.error());
  for (const auto& [key, entity] : *found) {
    const std::string name = text_of(entity.fields, "name");
    if (entity.status == "deleted") {  // without a name it is not shown
      names[entity.identity] = {};
    } else if (!name.empty()) {
      names[entity.identity] = {text_of(entity.fields, "group_name"), name};
    }
  }
  return names;
}

}  // namespace guanxi::api
