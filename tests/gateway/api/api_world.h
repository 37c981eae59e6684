// The CRM API over a real SQLite store, without sockets or threads, with time in the test's hand.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/bound_channel.h"
#include "crypto/random.h"
#include "gateway/api/api.h"
#include "gateway/api/keys.h"
#include "gateway/store/store.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/timeline.h"

namespace guanxi::tests {

using models::Json;

class OnePack final : public adapters::Pack {
 public:
  const std::string& platform() const override { return platform_; }
  const std::string& version() const override { return version_; }
  const std::string& hash() const override { return hash_; }
  std::vector<std::string> event_names() const override { return {}; }
  bool knows(std::string_view, std::string_view) const override { return true; }
  std::vector<std::string> example_names() const override { return {}; }
  Result<std::pair<std::string, Json>> example(std::string_view) const override {
    return fail(ErrorCode::not_found, "");
  }

 private:
  std::string platform_ = "testnet";
  std::string version_ = "2024-12-19";
  std::string hash_ = "abc";
};

// A platform whose members are known by "member_id", unique in the channel's own scope.
class MemberAdapter final : public adapters::Adapter {
 public:
  explicit MemberAdapter(adapters::ChannelSettings channel) : channel_(std::move(channel)) {}

  const adapters::Pack& pack_at(Time) const override { return pack_; }
  const adapters::ChannelSettings& channel() const override { return channel_; }
  Result<models::Identity> identify(std::string_view kind, std::string_view value,
                                    std::string_view org, std::string_view) const override {
    if (kind == "tag_id") return tag(channel_.id, value);
    if (kind == "visitor_id") {
      if (org.empty()) return fail(ErrorCode::malformed, "");
      return models::Identity{"visitor_id", "testnet.visitor_id", std::string(org),
                              std::string(value), models::Side::customer};
    }
    if (kind != "member_id") return fail(ErrorCode::not_found, "");
    return models::Identity{"member_id", "testnet.member_id", channel_.id, std::string(value),
                            models::Side::customer};
  }

  static models::Identity tag(const std::string& channel, std::string_view id) {
    return {"tag_id", "testnet.tag", channel, std::string(id), models::Side::tag};
  }

  Result<adapters::Opened> open(const adapters::Callback&, Time) const override { return no(); }
  Result<adapters::Opened> open_late(const adapters::Callback&, Time) const override {
    return no();
  }
  Result<adapters::Reading> read_payload(std::string_view, std::string_view, std::string_view,
                                         Time) const override {
    return no();
  }
  Result<adapters::Reading> read_answer(const adapters::CallContext&,
                                        std::string_view) const override {
    return no();
  }
  std::vector<std::string> token_names(Time) const override { return {}; }
  Result<std::string> token_name(std::string_view, Time) const override { return no(); }
  Result<adapters::ApiRequest> token_request(std::string_view, Time) const override { return no(); }
  Result<adapters::Token> read_token(std::string_view, const adapters::ApiResponse&,
                                     Time) const override {
    return no();
  }
  Result<adapters::ApiRequest> call_request(const adapters::CallContext&, std::string_view,
                                            std::string_view) const override {
    return no();
  }
  adapters::ApiVerdict judge(std::string_view, const adapters::ApiResponse&, Time) const override {
    return {};
  }
  std::vector<std::string> recipes(Time) const override { return {}; }
  std::vector<std::string> pack_hashes() const override { return {pack_.hash()}; }
  std::vector<adapters::PackOrigin> packs() const override { return {{pack_.version(), true}}; }
  Result<adapters::Callback> make_callback(std::string_view,
                                           const adapters::Forgery&) const override {
    return no();
  }

 private:
  static tl::unexpected<Error> no() { return fail(ErrorCode::unsupported, "not in this test"); }

  adapters::ChannelSettings channel_;
  OnePack pack_;
};

// What a seeded customer has; empty: nothing.
struct Person {
  std::string name = "someone";
  std::string member_id{};
  std::string channel = "acme";
  std::string phone{};
  std::string email{};
  std::string staff{};
  std::string tag{};
};

class ApiWorld {
 public:
  ApiWorld() {
    store = store::open_store({"sqlite:" + folder.file("test.db"), {}, 2});
    REQUIRE(store->migrate());
    adapters::ChannelMap map;
    for (const auto& [id, tenant] : {std::pair{"acme", "default"}, std::pair{"beta", "default"},
                                     std::pair{"far", "elsewhere"}}) {
      const auto record = store->register_channel(tenant, id, "testnet", now);
      REQUIRE(record);
      adapters::ChannelSettings settings;
      settings.id = id;
      settings.platform = "testnet";
      settings.tenant = tenant;
      settings.settings = {{"secret", "hush"}, {"public_url", "https://gateway.example"}};
      map.emplace(id, adapters::BoundChannel{record->id, record->tenant, tenant,
                                             std::make_shared<MemberAdapter>(settings)});
    }
    channels.replace(std::move(map));
    api::ApiOptions options;
    options.threads = 0;
    options.most_waiting = 3;
    api = std::make_unique<api::Api>(
        *store, channels, metrics, [this] { return now; }, options);
  }

  std::string key(const std::vector<std::string>& scopes, const std::string& tenant = "default") {
    store::ApiKey row;
    row.id = make_uuid(now, crypto::fill_random);
    row.tenant = *store->tenant(tenant, now);
    row.tenant_name = tenant;
    row.name = "test";
    row.scopes = scopes;
    row.created_at = now;
    std::string secret = api::make_key_secret();
    REQUIRE(store->add_key(row, api::hash_of_secret(secret)));
    last_key = row.id;
    return secret;
  }

  // The answer, once it is there.
  std::shared_ptr<std::optional<net::Response>> send(net::Request request) {
    auto answer = std::make_shared<std::optional<net::Response>>();
    api->handle(std::move(request), [answer](net::Response response) {
      CHECK_FALSE(*answer);  // exactly once
      *answer = std::move(response);
    });
    return answer;
  }

  static net::Request request(const std::string& method, const std::string& target,
                              const std::string& secret = {}, const std::string& body = {}) {
    net::Request made;
    made.method = method;
    made.target = target;
    made.path = target.substr(0, target.find('?'));
    if (made.path.size() < target.size()) made.query = target.substr(made.path.size() + 1);
    if (!secret.empty()) made.headers.emplace_back("Authorization", "Bearer " + secret);
    made.body = body;
    return made;
  }

  net::Response get(const std::string& target, const std::string& secret = {}) {
    const auto answer = send(request("GET", target, secret));
    REQUIRE(*answer);
    return **answer;
  }

  Json get_json(const std::string& target, const std::string& secret, int status = 200) {
    const net::Response response = get(target, secret);
    CAPTURE(response.body);
    REQUIRE(response.status == status);
    return Json::parse(response.body);
  }

  net::Response post(const std::string& target, const std::string& secret,
                     const std::string& body) {
    const auto answer = send(request("POST", target, secret, body));
    REQUIRE(*answer);
    return **answer;
  }

  // Writes a customer with one change of the feed.
  Uuid add(const Person& person) {
    const adapters::BoundChannel bound = channels.snapshot()->at(person.channel);
    store::CustomerWrite write;
    write.tenant = bound.tenant;
    models::Customer& customer = write.customer;
    customer.id = make_uuid(now, crypto::fill_random);
    customer.version = 1;
    customer.created_at = customer.updated_at = now;
    customer.places = {{"testnet", person.channel}};
    const models::Source source{"testnet", person.channel, ++seeded_, "2024-12-19", "abc", now};
    const auto offer = [&](const char* field, const Json& value) {
      customer.fields[field].offer({value, source});
    };
    offer("name", person.name);
    if (!person.phone.empty()) offer("phones", Json::array({person.phone}));
    if (!person.email.empty()) offer("emails", Json::array({person.email}));
    store::Batch batch;
    const models::Identity identity{"member_id", "testnet.member_id", person.channel,
                                    person.member_id, models::Side::customer};
    if (!person.member_id.empty()) {
      customer.identities.push_back({identity, "testnet", person.channel, now, now});
      batch.identities.push_back(
          {bound.tenant, store->key_of(bound.tenant, identity), identity, customer.id});
    }
    models::Relation relation;
    relation.customer = identity;
    relation.staff = {"staff_id", "testnet.staff_id", "", person.staff, models::Side::staff};
    relation.platform = "testnet";
    relation.channel = person.channel;
    relation.status = "active";
    if (!person.tag.empty()) {
      relation.fields["tags"].offer({Json::array({{{"id", person.tag}, {"name", "vip"}}}), source});
    }
    customer.relations.push_back(relation);
    write.gained = models::facets_of(customer);
    const Uuid id = customer.id;
    batch.customers.push_back(std::move(write));
    batch.changes.push_back(
        {bound.tenant, "customer.created", "customer", format_uuid(id), id, 1, now});
    const auto written = store->write(batch);
    if (!written) FAIL(written.error().detail);
    now += Milliseconds{1000};
    return id;
  }

  // What the library of acme says of a tag.
  void name_tag(const std::string& id, const std::string& group, const std::string& name,
                const std::string& group_id = {}) {
    write_tag(id, group, name, group_id, "");
  }
  void delete_tag(const std::string& id) { write_tag(id, "", "gone", "", "deleted"); }

  void write_tag(const std::string& id, const std::string& group, const std::string& name,
                 const std::string& group_id, const std::string& status) {
    const adapters::BoundChannel bound = channels.snapshot()->at("acme");
    models::Entity tag;
    tag.identity = MemberAdapter::tag("acme", id);
    tag.kind = models::FactKind::tag;
    tag.version = 1;
    tag.status = status;
    const models::Source source{"testnet", "acme", ++seeded_, "2024-12-19", "abc", now};
    tag.fields["name"].offer({name, source});
    tag.fields["group_name"].offer({group, source});
    if (!group_id.empty()) tag.fields["group"].offer({group_id, source});
    store::Batch batch;
    batch.entities.push_back(
        {bound.tenant, store->key_of(bound.tenant, tag.identity), std::move(tag), 0});
    REQUIRE(store->write(batch));
  }

  void add_interaction(const Uuid& customer, const std::string& id, Time at) {
    const adapters::BoundChannel bound = channels.snapshot()->at("acme");
    store::Batch batch;
    const models::Identity party{"member_id", "testnet.member_id", "acme",
                                 "talker " + format_uuid(customer), models::Side::customer};
    say(*store, bound.tenant, batch, party, customer, {id, at, ++seeded_, "hello"});
    REQUIRE(store->write(batch));
  }

  // One stored callback.
  void add_event(const std::string& channel, const std::string& bytes) {
    const adapters::BoundChannel bound = channels.snapshot()->at(channel);
    const store::NewPayload payload{bound.tenant, bound.id, now, "app.json",
                                    "json",       bytes,    "",  bytes};
    REQUIRE(store->append(std::span(&payload, 1)));
    REQUIRE(store->admit(1));
  }

  TemporaryFolder folder;
  Time now = from_ms(1'767'225'600'000);
  std::unique_ptr<store::Store> store;
  adapters::Channels channels;
  observe::Metrics metrics;
  std::unique_ptr<api::Api> api;
  Uuid last_key;  // id of the key made last

 private:
  std::int64_t seeded_ = 0;
};

inline std::string header(const net::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

inline std::string code_of(const net::Response& response) {
  const Json body = Json::parse(response.body, nullptr, false);
  return body.is_object() ? body.value("code", "") : "";
}

}  // namespace guanxi::tests
