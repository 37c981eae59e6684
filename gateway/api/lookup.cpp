#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "adapters/phone_text.h"
#include "gateway/api/answer.h"
#include "gateway/api/contact_text.h"
#include "gateway/api/endpoints.h"
#include "models/json.h"

namespace guanxi::api {
namespace {

using models::Facet;

constexpr std::size_t kMostIdentities = 500;
constexpr std::size_t kLongestText = 256;
constexpr std::size_t kKeysAtOnce = 500;

// One identity asked for, and what was found for it.
struct Wanted {
  std::string kind;
  std::string value;
  std::string platform;
  std::string channel;
  std::string org;  // where the platform's messages name one
  std::string app;
  std::vector<store::Key> keys;  // of what it may be on the tenant's channels
  std::set<Uuid> customers;
  std::string reason;  // why it has no answer, beyond not being known
};

Checked<std::string> text_member(const Json& item, const char* name, bool required,
                                 const std::string& pointer) {
  const auto found = item.find(name);
  if (found == item.end() && !required) return std::string();
  if (found == item.end() || !found->is_string() || found->get_ref<const std::string&>().empty() ||
      found->get_ref<const std::string&>().size() > kLongestText) {
    const std::string detail = std::string(name) + " must be a text of 1 to 256 bytes";
    return tl::unexpected(Problem{
        ProblemCode::invalid_body, "an identity cannot be read", {{pointer + '/' + name, detail}}});
  }
  return found->get<std::string>();
}

Checked<Wanted> read_wanted(const Json& item, std::size_t index) {
  const std::string pointer = "#/identities/" + std::to_string(index);
  if (!item.is_object()) {
    return tl::unexpected(Problem{ProblemCode::invalid_body,
                                  "an identity cannot be read",
                                  {{pointer, "must be an object with kind and value"}}});
  }
  for (const auto& [name, value] : item.items()) {
    constexpr std::array<std::string_view, 6> kKnown{"kind",    "value", "platform",
                                                     "channel", "org",   "app"};
    if (std::ranges::find(kKnown, name) != kKnown.end()) continue;
    return tl::unexpected(
        Problem{ProblemCode::invalid_body,
                "an identity cannot be read",
                {{pointer + '/' + name,
                  "is unknown; an identity has kind, value, platform, channel, org, app"}}});
  }
  Wanted wanted;
  const auto read = [&](const char* name, bool required, std::string& into) -> Checked<void> {
    auto text = text_member(item, name, required, pointer);
    if (!text) return tl::unexpected(text.error());
    into = std::move(*text);
    return {};
  };
  for (const auto& [name, required, into] :
       {std::tuple{"kind", true, &wanted.kind}, std::tuple{"value", true, &wanted.value},
        std::tuple{"platform", false, &wanted.platform},
        std::tuple{"channel", false, &wanted.channel}, std::tuple{"org", false, &wanted.org},
        std::tuple{"app", false, &wanted.app}}) {
    if (const auto done = read(name, required, *into); !done) return tl::unexpected(done.error());
  }
  return wanted;
}

Checked<std::vector<Wanted>> read_all(const net::Request& request) {
  const auto body = read_body(request);
  if (!body) return tl::unexpected(body.error());
  const auto items = body->find("identities");
  if (items == body->end() || !items->is_array()) {
    return tl::unexpected(Problem{ProblemCode::invalid_body,
                                  "identities are missing",
                                  {{"#/identities", "must be a list of identities"}}});
  }
  if (items->size() > kMostIdentities) {
    return tl::unexpected(
        Problem{ProblemCode::too_many_items, "at most 500 identities in one request"});
  }
  std::vector<Wanted> all;
  for (std::size_t i = 0; i < items->size(); ++i) {
    auto wanted = read_wanted((*items)[i], i);
    if (!wanted) return tl::unexpected(wanted.error());
    all.push_back(std::move(*wanted));
  }
  return all;
}

// Whether the channel is the caller's and one of those that are asked about.
bool is_meant(const std::string& name, const adapters::BoundChannel& bound, const Caller& caller,
              const Wanted& wanted) {
  return bound.tenant == caller.tenant && (wanted.channel.empty() || wanted.channel == name) &&
         (wanted.platform.empty() || wanted.platform == bound.adapter->channel().platform);
}

// What the identity may be on the tenant's channels: one value may be known in several scopes.
void find_keys(const Context& context, const Caller& caller, const adapters::ChannelMap& channels,
               Wanted& wanted) {
  bool any_channel = false;
  bool needs_org = false;
  std::set<models::Identity> identities;
  for (const auto& [name, bound] : channels) {
    if (!is_meant(name, bound, caller, wanted)) continue;
    any_channel = true;
    auto identity = bound.adapter->identify(wanted.kind, wanted.value, wanted.org, wanted.app);
    if (identity) {
      identities.insert(std::move(*identity));
    } else {
      needs_org = needs_org || identity.error().code == ErrorCode::malformed;
    }
  }
  for (const models::Identity& identity : identities) {
    wanted.keys.push_back(context.store.key_of(caller.tenant, identity));
  }
  if (!any_channel) {
    wanted.reason = "no_such_channel";
  } else if (wanted.keys.empty()) {
    wanted.reason = needs_org ? "needs_org" : "unknown_kind";
  }
}

// Phones and e-mails are no identities (staff type them); the customers that state them are found.
Checked<void> find_by_contact(const Context& context, const Caller& caller,
                              const adapters::ChannelMap& channels, Wanted& wanted) {
  const bool is_somewhere = std::ranges::any_of(channels, [&](const auto& entry) {
    return is_meant(entry.first, entry.second, caller, wanted);
  });
  if (!is_somewhere) {
    wanted.reason = "no_such_channel";
    return {};
  }
  const bool phone = wanted.kind == "phone";
  const auto value = phone ? adapters::phone_from(wanted.value) : email_from(wanted.value);
  if (!value) {
    wanted.reason = phone ? "not_a_phone" : "not_an_email";
    return {};
  }
  store::CustomerQuery query;
  query.tenant = caller.tenant;
  query.limit = 2;  // a second one makes it ambiguous
  query.facets = {{phone ? Facet::Kind::phone : Facet::Kind::email, *value}};
  if (!wanted.platform.empty()) query.facets.push_back({Facet::Kind::platform, wanted.platform});
  if (!wanted.channel.empty()) query.facets.push_back({Facet::Kind::channel, wanted.channel});
  const auto page = checked(context.store.customers(query));
  if (!page) return tl::unexpected(page.error());
  for (const models::Customer& customer : page->customers) wanted.customers.insert(customer.id);
  return {};
}

Checked<void> find_by_keys(const Context& context, std::vector<Wanted>& all) {
  std::vector<store::Key> keys;
  for (const Wanted& wanted : all) keys.insert(keys.end(), wanted.keys.begin(), wanted.keys.end());
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::map<store::Key, Uuid> known;
  for (std::size_t from = 0; from < keys.size(); from += kKeysAtOnce) {
    const std::size_t count = std::min(kKeysAtOnce, keys.size() - from);
    const auto found = checked(context.store.identities(std::span(keys).subspan(from, count)));
    if (!found) return tl::unexpected(found.error());
    for (const store::KnownIdentity& identity : *found) {
      if (!identity.customer.is_nil()) known.emplace(identity.key, identity.customer);
    }
  }
  for (Wanted& wanted : all) {
    for (const store::Key& key : wanted.keys) {
      if (const auto found = known.find(key); found != known.end()) {
        wanted.customers.insert(found->second);
      }
    }
  }
  return {};
}

Checked<std::map<Uuid, Json>> read_customers(const Context& context, const Caller& caller,
                                             const std::vector<Wanted>& all) {
  std::set<Uuid> unique;
  for (const Wanted& wanted : all) {
    if (wanted.customers.size() == 1) unique.insert(*wanted.customers.begin());
  }
  const std::vector<Uuid> ids(unique.begin(), unique.end());
  std::map<Uuid, Json> rows;
  if (ids.empty()) return rows;
  const auto customers = checked(context.store.customers(caller.tenant, ids));
  if (!customers) return tl::unexpected(customers.error());
  auto shown = customers_json(context, caller, *customers);
  if (!shown) return tl::unexpected(shown.error());
  for (std::size_t i = 0; i < customers->size(); ++i) {
    rows.emplace((*customers)[i].id, std::move((*shown)[i]));
  }
  return rows;
}

}  // namespace

Outcome look_up_customers(const Context& context, const Call& call) {
  auto all = read_all(call.request);
  if (!all) return tl::unexpected(all.error());
  const auto channels = context.channels.snapshot();
  for (Wanted& wanted : *all) {
    if (wanted.kind == "phone" || wanted.kind == "email") {
      const auto done = find_by_contact(context, call.caller, *channels, wanted);
      if (!done) return tl::unexpected(done.error());
    } else {
      find_keys(context, call.caller, *channels, wanted);
    }
  }
  if (const auto done = find_by_keys(context, *all); !done) return tl::unexpected(done.error());
  const auto customers = read_customers(context, call.caller, *all);
  if (!customers) return tl::unexpected(customers.error());
  Json data = Json::array();
  Json errors = Json::array();
  for (std::size_t i = 0; i < all->size(); ++i) {
    const Wanted& wanted = (*all)[i];
    std::string reason = wanted.customers.size() > 1 ? "ambiguous" : wanted.reason;
    if (!reason.empty()) errors.push_back({{"index", i}, {"reason", std::move(reason)}});
    const auto found = wanted.customers.size() == 1 ? customers->find(*wanted.customers.begin())
                                                    : customers->end();
    data.push_back(found == customers->end() ? Json(nullptr) : found->second);
  }
  return json_response({{"data", std::move(data)}, {"errors", std::move(errors)}});
}

}  // namespace guanxi::api
