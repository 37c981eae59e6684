#include "tests/support/pipeline_world.h"

#include <algorithm>
#include <stdexcept>

#include "models/json.h"

namespace guanxi::tests {
namespace {

constexpr char kAesKey[] = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

template <typename T>
T must(Result<T> result, const char* what) {
  if (!result) throw std::runtime_error(std::string(what) + ": " + result.error().detail);
  return std::move(*result);
}

adapters::ChannelSettings settings(const std::string& id, const std::string& tenant,
                                   const std::string& api_base) {
  adapters::ChannelSettings channel;
  channel.id = id;
  channel.platform = "wecom";
  channel.tenant = tenant;
  channel.freshness = Milliseconds{0};
  channel.settings = {
      {"corp_id", "ww00scrmdemo000001"}, {"token", "QDG6eK"},
      {"encoding_aes_key", kAesKey},     {"secret", "simulated-secret"},
      {"unionid_scope", "default"},      {"public_url", "https://scrm.example.com"}};
  if (!api_base.empty()) channel.settings["api_base"] = api_base;
  return channel;
}

std::string element(const std::string& name, const std::string& text) {
  return '<' + name + "><![CDATA[" + text + "]]></" + name + '>';
}

std::vector<models::Customer> customers_of(store::Store& store, store::TenantId tenant) {
  std::vector<models::Customer> all;
  store::CustomerQuery query;
  query.tenant = tenant;
  query.limit = 100;
  do {
    auto page = must(store.customers(query), "customers");
    for (models::Customer& customer : page.customers) all.push_back(std::move(customer));
    query.after = page.next;
  } while (!query.after.empty());
  return all;
}

// Compiled once: worlds are many in a test, and packs do not change.
const adapters::Registry& registry() {
  static const adapters::Registry instance;
  return instance;
}

}  // namespace

std::string contact_event(const std::string& change, const std::string& external_userid,
                          const std::string& userid, std::int64_t create_time,
                          const std::string& more) {
  return "<xml>" + element("ToUserName", "ww00scrmdemo000001") + element("FromUserName", "sys") +
         "<CreateTime>" + std::to_string(create_time) + "</CreateTime>" +
         element("MsgType", "event") + element("Event", "change_external_contact") +
         element("ChangeType", change) + element("UserID", userid) +
         element("ExternalUserID", external_userid) + more + "</xml>";
}

Json state_of(store::Store& store, store::TenantId tenant) {
  std::vector<Json> rows;
  for (const models::Customer& customer : customers_of(store, tenant)) {
    Json row = models::customer_json(customer, {"t", true, nullptr});
    for (const char* name : {"id", "version", "created_at", "updated_at"}) row.erase(name);
    std::sort(row["identities"].begin(), row["identities"].end());
    std::sort(row["relations"].begin(), row["relations"].end());
    Json entries = Json::array();
    auto page = must(store.timeline(tenant, customer.id, 500, {}), "timeline");
    for (const models::Interaction& entry : page.interactions) {
      Json shown = models::interaction_json(entry, true);
      for (const char* name : {"id", "event_seq"}) shown.erase(name);
      entries.push_back(std::move(shown));
    }
    std::sort(entries.begin(), entries.end());
    row["timeline"] = std::move(entries);
    rows.push_back(std::move(row));
  }
  std::ranges::sort(rows);
  return rows;
}

PipelineWorld::PipelineWorld(store::Store& the_store, const std::string& api_base,
                             std::size_t batch_rows)
    : store(the_store) {
  adapters::ChannelMap map;
  const auto bind = [&](const std::string& id, const std::string& tenant) {
    const auto record = must(store.register_channel(tenant, id, "wecom", now), "register");
    adapters::BoundChannel bound;
    bound.id = record.id;
    bound.tenant = record.tenant;
    bound.tenant_name = tenant;
    bound.adapter = must(registry().bind(settings(id, tenant, api_base)), "bind");
    map.emplace(id, std::move(bound));
  };
  bind("acme", "default");
  bind("beta", "default");
  bind("other", "elsewhere");
  channels.replace(std::move(map));
  pipeline::PipelineOptions options;
  options.holder = "test";
  options.batch_rows = batch_rows;
  pipeline = std::make_unique<pipeline::Pipeline>(
      store, channels, metrics, [this] { return now; },
      [this](std::uint8_t* bytes, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i)
          bytes[i] = i + 1 == size ? random_++ : std::uint8_t{7};
        if (random_ == 0) now += Milliseconds{1};
      },
      options);
}

PipelineWorld::~PipelineWorld() = default;

void PipelineWorld::deliver(const std::string& payload, const std::string& channel) {
  const auto snapshot = channels.snapshot();
  const adapters::BoundChannel& bound = snapshot->at(channel);
  adapters::Forgery forgery;
  forgery.now = now;
  forgery.nonce = std::to_string(++delivered_);
  forgery.filler = "0123456789abcdef";
  const auto callback = must(bound.adapter->make_callback(payload, forgery), "make_callback");
  auto opened = must(bound.adapter->open(callback, now), "open");
  std::vector<store::NewPayload> rows;
  for (adapters::Payload& part : opened.payloads) {
    rows.push_back({bound.tenant, bound.id, now, opened.recipe, part.format, part.dedupe,
                    part.order, part.bytes, part.moment});
  }
  for (int tries = 0; tries < 10; ++tries) {
    if (store.append(rows)) return;
  }
  throw std::runtime_error("append was refused ten times");
}

bool PipelineWorld::answer_if_due(const std::string& call, const Json& arguments, const Json& body,
                                  const std::string& page, const std::string& next_page) {
  const auto snapshot = channels.snapshot();
  const adapters::BoundChannel& bound = snapshot->at("acme");
  bool answered = false;
  for (const store::Task& task :
       must(store.claim_tasks(now, now + Milliseconds{60'000}, 1000), "claim_tasks")) {
    store::TaskOutcome outcome;
    outcome.state = store::TaskOutcome::State::again;
    outcome.due_at = now;
    if (!answered && task.channel == bound.id && task.call == call && task.page == page &&
        task.arguments == arguments) {
      answered = true;
      outcome.state = next_page.empty() ? store::TaskOutcome::State::done
                                        : store::TaskOutcome::State::next_page;
      outcome.next_page = next_page;
      outcome.answer = body.dump();
      outcome.requested_at = now;
    }
    const auto settled = store.settle(task, outcome);
    if (!settled) throw std::runtime_error("settle: " + settled.error().detail);
  }
  return answered;
}

void PipelineWorld::answer(const std::string& call, const Json& arguments, const Json& body,
                           const std::string& page, const std::string& next_page) {
  if (!answer_if_due(call, arguments, body, page, next_page)) {
    throw std::runtime_error("no task waits for " + call + ' ' + arguments.dump());
  }
}

void PipelineWorld::work() {
  for (int tries = 0; tries < 1000; ++tries) {
    const auto worked = pipeline->work_once();
    if (worked && *worked == 0) return;
  }
  throw std::runtime_error("the pipeline does not come to an end");
}

store::TenantId PipelineWorld::tenant(const std::string& channel) const {
  return channels.snapshot()->at(channel).tenant;
}

std::vector<models::Customer> PipelineWorld::customers(const std::string& channel) {
  return customers_of(store, tenant(channel));
}

models::Customer PipelineWorld::customer(const std::string& external_userid,
                                         const std::string& channel) {
  for (models::Customer& customer : customers(channel)) {
    for (const models::CustomerIdentity& held : customer.identities) {
      if (held.identity.value == external_userid) return std::move(customer);
    }
  }
  throw std::runtime_error("no customer holds " + external_userid);
}

std::vector<models::Interaction> PipelineWorld::timeline(const Uuid& id) {
  return must(store.timeline(tenant(), id, 200, {}), "timeline").interactions;
}

std::vector<store::ChangeRow> PipelineWorld::changes(const std::string& channel) {
  return must(store.changes(tenant(channel), 0, 10'000), "changes");
}

Json PipelineWorld::state(const std::string& channel) { return state_of(store, tenant(channel)); }

}  // namespace guanxi::tests
