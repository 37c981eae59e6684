// What each route answers: functions of the store and one authorized call. They block on the store
// and know nothing of sockets, threads or routing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "adapters/bound_channel.h"
#include "gateway/api/api.h"
#include "gateway/api/keys.h"
#include "gateway/api/parameters.h"
#include "gateway/api/people.h"
#include "gateway/api/problem.h"
#include "gateway/api/pulse.h"
#include "gateway/net/http_server.h"
#include "gateway/observe/metrics.h"
#include "gateway/store/store.h"
#include "models/json.h"
#include "models/time.h"

namespace guanxi::api {

struct Context {
  store::Store& store;
  adapters::Channels& channels;
  observe::Metrics& metrics;
  Clock clock;
  Pulse* pulse = nullptr;  // null: the store is asked in the caller's thread
  ReplayEvent replay = {};
  People* people = nullptr;  // null only where nothing asks for it
};

struct Call {
  const net::Request& request;
  std::string item;  // what stands for {id} or {seq} in the route
  Parameters parameters;
  Caller caller;  // of nobody on routes that need no key
};

using Outcome = Checked<net::Response>;

// As this caller may see them, in order, tags by their present names: an array.
Checked<models::Json> customers_json(const Context& context, const Caller& caller,
                                     std::span<const models::Customer> customers);

// Why the customer's identities are one person's.
Checked<models::Json> why_one_json(const Context& context, const Caller& caller,
                                   const Uuid& customer);
// Identities by their keys, as this caller may see them.
Checked<models::Json> moved_json(const Context& context, const Caller& caller,
                                 const std::vector<store::Key>& keys);
// There is no such customer: or she is one person with another, to whom a reader is sent.
Outcome no_such_customer(const Context& context, const Call& call);

Outcome list_customers(const Context& context, const Call& call);
Outcome get_customer(const Context& context, const Call& call);
Outcome look_up_customers(const Context& context, const Call& call);
Outcome get_timeline(const Context& context, const Call& call);
Outcome get_explanation(const Context& context, const Call& call);
Outcome get_lineage(const Context& context, const Call& call);
Outcome export_person(const Context& context, const Call& call);
Outcome erase_customer(const Context& context, const Call& call);
Outcome get_erasure(const Context& context, const Call& call);
Outcome merge_customers(const Context& context, const Call& call);
Outcome split_customer(const Context& context, const Call& call);
Outcome list_suggestions(const Context& context, const Call& call);
Outcome accept_suggestion(const Context& context, const Call& call);
Outcome reject_suggestion(const Context& context, const Call& call);
Outcome accept_suggestions(const Context& context, const Call& call);
Outcome reject_suggestions(const Context& context, const Call& call);
Outcome block_value(const Context& context, const Call& call);
Outcome allow_value(const Context& context, const Call& call);
Outcome list_decisions(const Context& context, const Call& call);
Outcome undo_decision(const Context& context, const Call& call);
Outcome list_events(const Context& context, const Call& call);
Outcome get_event(const Context& context, const Call& call);
Outcome list_channels(const Context& context, const Call& call);
Outcome replay_event(const Context& context, const Call& call);
Outcome list_rules(const Context& context, const Call& call);
Outcome list_drift(const Context& context, const Call& call);
Outcome get_health(const Context& context, const Call& call);
Outcome get_readiness(const Context& context, const Call& call);
Outcome get_metrics(const Context& context, const Call& call);
Outcome get_problems_page(const Context& context, const Call& call);

// The change feed, in two steps, since an answer may have to wait for a change.
struct ChangesQuery {
  std::int64_t after = 0;
  std::size_t limit = 0;
  Milliseconds wait{0};
};
Checked<ChangesQuery> read_changes_query(const Context& context, const Call& call);
// Nothing when there is no change after the query's position.
Checked<std::optional<net::Response>> find_changes(const Context& context, const Caller& caller,
                                                   const ChangesQuery& query);
net::Response no_changes(const Context& context, const Caller& caller, const ChangesQuery& query);

}  // namespace guanxi::api
