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

using Tags = std::vector<models::Entity>;

// The tags that the libraries know, those of a deleted group as deleted: it takes its tags with it.
Result<Tags> known_tags(store::Store& store, store::TenantId tenant,
                        const std::set<models::Identity>& tags) {
  const auto find = [&](const std::set<models::Identity>& wanted) -> Result<Tags> {
    if (wanted.empty()) return {};
    std::vector<store::Key> keys;
    for (const models::Identity& one : wanted) keys.push_back(store.key_of(tenant, one));
    auto found = store.entities(tenant, keys);
    if (!found) return tl::unexpected(found.error());
    Tags entities;
    for (auto& [key, entity] : *found) entities.push_back(std::move(entity));
    return entities;
  };
  const auto group_of = [](const models::Entity& tag) {
    models::Identity group = tag.identity;
    group.value = text_of(tag.fields, "group");
    return group;
  };
  auto found = find(tags);
  if (!found) return found;
  std::set<models::Identity> groups;
  for (const models::Entity& tag : *found) {
    if (auto group = group_of(tag); !group.value.empty()) groups.insert(std::move(group));
  }
  const auto known_groups = find(groups);
  if (!known_groups) return known_groups;
  for (models::Entity& tag : *found) {
    const auto group = std::ranges::find(*known_groups, group_of(tag), &models::Entity::identity);
    if (group != known_groups->end() && group->status == kDeleted) tag.status = kDeleted;
  }
  return found;
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
  const auto found = known_tags(store, tenant, tags);
  if (!found) return tl::unexpected(found.error());
  models::TagNames names;
  for (const models::Entity& entity : *found) {
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
  const auto found = known_tags(store, tenant, tags);
  if (!found) return tl::unexpected(found.error());
  return !found->empty() &&
         std::ranges::all_of(*found, [](const auto& known) { return known.status == kDeleted; });
}

}  // namespace guanxi::api
