#include "adapters/protocol/transport.h"

#include <utility>

#include "adapters/protocol/bound_plan.h"
#include "adapters/protocol/evaluation.h"
#include "adapters/protocol/lint.h"
#include "adapters/protocol/make.h"
#include "adapters/protocol/open.h"
#include "adapters/protocol/signature.h"

namespace guanxi::adapters::protocol {

Result<std::shared_ptr<const Transport>> Transport::compile(
    const Json& transport, const std::set<std::string>& secret_settings,
    const std::set<std::string>& known_settings) {
  std::vector<Complaint> complaints;
  auto plan = plan_transport(transport, secret_settings, known_settings, complaints);
  if (plan) return std::make_shared<const Transport>(std::move(plan));
  const Complaint& first = complaints.front();
  return fail(ErrorCode::malformed, first.pointer + ": " + first.reason);
}

Transport::Transport(std::unique_ptr<const TransportPlan> plan) : plan_(std::move(plan)) {}
Transport::~Transport() = default;

Result<std::shared_ptr<const BoundTransport>> BoundTransport::bind(
    std::shared_ptr<const Transport> transport, const Settings& settings,
    std::optional<Milliseconds> freshness) {
  auto plan = bind_plan(std::move(transport), settings, freshness);
  if (!plan) return tl::unexpected<Error>(plan.error());
  return std::make_shared<const BoundTransport>(*std::move(plan));
}

BoundTransport::BoundTransport(std::unique_ptr<const BoundPlan> plan) : plan_(std::move(plan)) {}
BoundTransport::~BoundTransport() = default;

Result<Opened> BoundTransport::open(const Callback& callback, Time now) const {
  return open_callback(*plan_, callback, now);
}

Result<Callback> BoundTransport::make(std::string_view recipe, std::string_view payload,
                                      const Forgery& forgery) const {
  return make_callback(*plan_, recipe, payload, forgery);
}

Result<std::string> BoundTransport::sign(std::string_view name, const Callback& request) const {
  for (const auto& [known, signature] : plan_->signs) {
    if (known != name) continue;
    Evaluation evaluation(*plan_, request);
    auto text = compute_signature(signature, evaluation, Format::json);
    if (text) return *std::move(text);
    return fail(ErrorCode::unsupported, "the request lacks a part that is signed");
  }
  return fail(ErrorCode::not_found, "no signature of that name is configured");
}

bool BoundTransport::has(std::string_view recipe) const {
  return std::ranges::find(plan_->transport->plan().recipes, recipe, &RecipePlan::name) !=
         plan_->transport->plan().recipes.end();
}

std::vector<std::string> BoundTransport::recipes() const {
  std::vector<std::string> names;
  for (const BoundRecipe& recipe : plan_->recipes) names.push_back(recipe.plan->name);
  return names;
}

std::vector<std::string> BoundTransport::keeping_recipes() const {
  std::vector<std::string> names;
  for (const BoundRecipe& recipe : plan_->recipes) {
    if (recipe.plan->keep && !recipe.plan->watch) names.push_back(recipe.plan->name);
  }
  return names;
}

}  // namespace guanxi::adapters::protocol
