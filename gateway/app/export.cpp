#include <map>
#include <ostream>
#include <utility>

#include "gateway/api/tag_names.h"
#include "gateway/app/commands.h"
#include "gateway/app/csv.h"
#include "gateway/app/progress.h"
#include "gateway/app/store_access.h"
#include "models/json.h"

namespace guanxi::app {
namespace {

using models::Json;

constexpr std::size_t kPage = 500;

std::string text_of(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  if (json.is_null()) return {};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string joined(const Json& list, const char* member = nullptr) {
  std::string all;
  for (const Json& item : list) {
    const std::string text = text_of(member == nullptr ? item : item.at(member));
    if (!text.empty()) all += (all.empty() ? "" : ";") + text;
  }
  return all;
}

const std::vector<std::string>& csv_header() {
  static const std::vector<std::string> names{"id",
                                              "tenant",
                                              "version",
                                              "name",
                                              "gender",
                                              "company_name",
                                              "company_title",
                                              "phones",
                                              "emails",
                                              "identities",
                                              "staff",
                                              "tags",
                                              "source_platform",
                                              "source_channel",
                                              "source_state",
                                              "first_seen_at",
                                              "last_interaction_at",
                                              "created_at",
                                              "updated_at"};
  return names;
}

std::string csv_row(const Json& customer) {
  std::string identities;
  for (const Json& identity : customer.at("identities")) {
    identities += (identities.empty() ? "" : ";") + text_of(identity.at("kind")) + ':' +
                  text_of(identity.at("value"));
  }
  Json present = Json::array();  // relations, as ?staff= understands them
  for (const Json& relation : customer.at("relations")) {
    const Json& status = relation.at("status");
    if (status == "active" || status == "pending") present.push_back(relation);
  }
  const auto member = [&](const char* object, const char* name) {
    const Json& held = customer.at(object);
    return held.is_object() && held.contains(name) ? text_of(held.at(name)) : std::string();
  };
  return csv_line(
      {text_of(customer.at("id")), text_of(customer.at("tenant")), text_of(customer.at("version")),
       text_of(customer.at("name")), text_of(customer.at("gender")), member("company", "name"),
       member("company", "title"), joined(customer.at("phones")), joined(customer.at("emails")),
       identities, joined(present, "staff_id"), joined(customer.at("tags"), "name"),
       member("source", "platform"), member("source", "channel"), member("source", "state"),
       text_of(customer.at("first_seen_at")), text_of(customer.at("last_interaction_at")),
       text_of(customer.at("created_at")), text_of(customer.at("updated_at"))});
}

// The tenants that have channels: customers come from nowhere else.
std::map<store::TenantId, std::string> tenants_of(store::Store& store, const std::string& wanted) {
  std::map<store::TenantId, std::string> tenants;
  for (const store::ChannelRecord& channel : need(store.channels())) {
    if (wanted.empty() || wanted == channel.tenant_name) {
      tenants.emplace(channel.tenant, channel.tenant_name);
    }
  }
  if (!wanted.empty() && tenants.empty())
    throw CommandFailed("no tenant '" + wanted + "' has a channel");
  return tenants;
}

}  // namespace

int export_customers(const Config& config, const std::string& format, const std::string& tenant,
                     Console& console) {
  const auto store = open_ready_store(config);
  const adapters::Registry registry(config.rules_dir);
  // For the names of tags only: a channel that cannot be bound keeps nobody from exporting.
  adapters::ChannelMap channels;
  for (const ChannelConfig& channel : config.channels) {
    if (auto bound = bind_channel(config, channel, registry)) {
      channels.emplace(channel.settings.id, std::move(*bound));
    }
  }
  const bool csv = format == "csv";
  if (csv) console.out << csv_line(csv_header());
  Progress progress(console.err, "exported", "customers");
  for (const auto& [id, name] : tenants_of(*store, tenant)) {
    store::CustomerQuery query;
    query.tenant = id;
    query.limit = kPage;
    do {
      const auto page = need(store->customers(query));
      const auto names = need(api::tag_names(*store, channels, id, page.customers));
      for (const models::Customer& customer : page.customers) {
        const Json json = models::customer_json(customer, {name, true, &names});
        if (csv) {
          console.out << csv_row(json);
        } else {
          console.out << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
        }
      }
      if (!console.out) throw CommandFailed("the output was closed");
      progress.advance(static_cast<std::int64_t>(page.customers.size()));
      query.after = page.next;
    } while (!query.after.empty());
  }
  console.out.flush();
  progress.finish();
  return 0;
}

}  // namespace guanxi::app
