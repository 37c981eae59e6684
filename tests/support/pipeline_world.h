// A gateway without sockets: store, packs and pipeline over WeCom channels, with time in the test's
// hand.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/bound_channel.h"
#include "adapters/registry.h"
#include "gateway/observe/metrics.h"
#include "gateway/pipeline/pipeline.h"
#include "gateway/store/store.h"

namespace guanxi::tests {

using models::Json;

// "<xml>…</xml>" of a customer-contact event, as WeCom sends it decrypted. `more` are further
// elements.
std::string contact_event(const std::string& change, const std::string& external_userid,
                          const std::string& userid, std::int64_t create_time,
                          const std::string& more = {});

// Everything outsiders can see of a tenant's customers, less ids, versions and bookkeeping times.
Json state_of(store::Store& store, store::TenantId tenant);

class PipelineWorld {
 public:
  // Over a store that outlives it. Channels "acme" and "beta" belong to one corp and one tenant,
  // "other" to another tenant with the same corp id.
  // Its platform calls go to `api_base`.
  explicit PipelineWorld(store::Store& store, const std::string& api_base = {},
                         std::size_t batch_rows = 256);
  ~PipelineWorld();

  // Delivers a decrypted payload: signs and encrypts it, opens it as a callback, appends what came
  // out.
  void deliver(const std::string& payload, const std::string& channel = "acme");
  // Puts the answer to a call into the inbox, as the enricher does; false if no such call is due.
  bool answer_if_due(const std::string& call, const Json& arguments, const Json& body,
                     const std::string& page = {}, const std::string& next_page = {});
  // The same; the call must be due.
  void answer(const std::string& call, const Json& arguments, const Json& body,
              const std::string& page = {}, const std::string& next_page = {});
  // Works until nothing waits; conflicts and refusals of the store are tried again.
  void work();

  store::TenantId tenant(const std::string& channel = "acme") const;
  std::vector<models::Customer> customers(const std::string& channel = "acme");
  // The one customer who holds an external_userid; fails the test if there is none.
  models::Customer customer(const std::string& external_userid,
                            const std::string& channel = "acme");
  std::vector<models::Interaction> timeline(const Uuid& id);
  std::vector<store::ChangeRow> changes(const std::string& channel = "acme");
  Json state(const std::string& channel = "acme");

  store::Store& store;
  Time now = from_ms(1'767'225'600'000);
  observe::Metrics metrics;
  adapters::Channels channels;
  std::unique_ptr<pipeline::Pipeline> pipeline;

 private:
  int delivered_ = 0;
  std::uint8_t random_ = 0;
};

}  // namespace guanxi::tests
