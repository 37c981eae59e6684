#include "gateway/api/tag_names.h"

#include <algorithm>
#include <set>
#include <string>

namespace guanxi::api {
namespace {

constexpr std::string_view kTagId = "tag_id";
constexpr std::string_view kDeleted = "deleted";

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

Result<std::vector<std::pair<store::Key, models::Entity>>> entities_of(
    store::Store& store, store::TenantId tenant, const std::set<models::Identity>& tags) {
  if (tags.empty()) return {};
  std::vector<store::Key> keys;
  for (const models::Identity& tag : tags) keys.push_back(store.key_of(tenant, tag));
  return store.entities(tenant, keys);
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
  const auto found = entities_of(store, tenant, tags);
  if (!found) return tl::unexpected(found.error());
  models::TagNames names;
  for (const auto& [key, entity] : *found) {
    const std::string name = text_of(entity.fields, "name");
    if (entity.status == kDeleted) {  // without a name it is not shown
      names[entity.identity] = {};
    } else if (!name.empty()) {
      names[entity.identity] = {text_of(entity.fields, "group_name"), name};
    }
  }
  return names;
}

Result<bool> is_deleted_tag(store::Store& store, const adapters::ChannelMap& channels,
                            store::TenantId tenant, std::string_view tag) {
  std::set<models::Identity> tags;
  for (const auto& [id, channel] : channels) {
    if (channel.tenant != tenant) continue;
    if (const auto identity = channel.adapter->identify(kTagId, tag)) tags.insert(*identity);
  }
  const auto found = entities_of(store, tenant, tags);
  if (!found) return tl::unexpected(found.error());
  return !found->empty() && std::ranges::all_of(*found, [](const auto& keyed) {
    return keyed.second.status == kDeleted;
  });
}

}  // namespace guanxi::api
