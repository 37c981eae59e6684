#include "gateway/app/people.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "crypto/random.h"

namespace guanxi::app {
namespace {

// Of customers with more identities only the paths from the first are told.
constexpr std::size_t kAllPaths = 50;

pipeline::Judge judge_of(const api::Judge& judge) {
  return {judge.tenant, judge.name, judge.dry_run};
}

std::string_view nature_text(identity::Nature nature) {
  switch (nature) {
    case identity::Nature::named:
      return "named";
    case identity::Nature::renamed:
      return "renamed";
    case identity::Nature::typed:
      return "typed";
    case identity::Nature::staffs:
      return "staffs";
  }
  return "";
}

// A customer's part of what was surveyed, as the API words it.
class Explaining {
 public:
  explicit Explaining(pipeline::Explanation explanation)
      : customer_(std::move(explanation.customer)), found_(std::move(explanation.neighbourhood)) {
    for (std::size_t i = 0; i < found_.members.size(); ++i) {
      for (const models::CustomerIdentity& held : customer_.identities) {
        if (held.identity == found_.members[i]) hers_.push_back(static_cast<identity::Node>(i));
      }
    }
  }

  api::WhyOne run() {
    for (std::size_t i = 0; i < hers_.size(); ++i) {
      if (i > 0 && hers_.size() > kAllPaths) break;
      for (std::size_t j = i + 1; j < hers_.size(); ++j) add_path(hers_[i], hers_[j]);
    }
    for (const identity::Refusal& refusal : found_.partition.refused) {
      const identity::Statement& statement = found_.world.statements[refusal.statement];
      if (!is_hers(statement.a) && !is_hers(statement.b)) continue;
      why_.refused.push_back(tie_of(refusal.statement));
      why_.refused.back().reason = identity::reason_text(refusal.reason);
    }
    for (const std::uint32_t place : found_.partition.superseded) {
      const identity::Statement& statement = found_.world.statements[place];
      if (!is_hers(statement.a) && !is_hers(statement.b)) continue;
      why_.refused.push_back(tie_of(place));
      why_.refused.back().reason = "superseded";
    }
    why_.customer = std::move(customer_);
    return std::move(why_);
  }

 private:
  using Place = std::tuple<unsigned, std::uint32_t, identity::Node, identity::Node>;

  bool is_hers(identity::Node node) const { return std::ranges::find(hers_, node) != hers_.end(); }

  api::Tie tie_of(std::uint32_t place) const {
    const identity::Statement& statement = found_.world.statements[place];
    const store::EvidenceSum& evidence = found_.evidence[place];
    api::Tie tie;
    tie.a = found_.members[statement.a];
    tie.b = found_.members[statement.b];
    tie.trust = models::trust_text(statement.trust);
    tie.nature = nature_text(statement.nature);
    tie.at = evidence.first_at;
    tie.seq = evidence.seq;
    tie.rule = evidence.rule;
    return tie;
  }

  std::size_t place_of(const identity::Step& step) {
    // A statement ties one pair; a decision may tie several.
    const auto key = step.statement ? Place{0, *step.statement, 0, 0}
                                    : Place{1, *step.verdict, std::min(step.from, step.to),
                                            std::max(step.from, step.to)};
    const auto [entry, fresh] = places_.try_emplace(key, why_.joined.size());
    if (fresh && step.statement) why_.joined.push_back(tie_of(*step.statement));
    if (fresh && !step.statement) {
      api::Tie tie;
      tie.a = found_.members[step.from];
      tie.b = found_.members[step.to];
      tie.decision = found_.decisions[*step.verdict].id;
      why_.joined.push_back(std::move(tie));
    }
    return entry->second;
  }

  void add_path(identity::Node from, identity::Node to) {
    api::WhyOne::Path path{found_.members[from], found_.members[to], {}};
    for (const identity::Step& step : identity::path(found_.world, found_.partition, from, to)) {
      path.ties.push_back(place_of(step));
    }
    why_.paths.push_back(std::move(path));
  }

  models::Customer customer_;
  pipeline::Neighbourhood found_;
  std::vector<identity::Node> hers_;
  std::map<Place, std::size_t> places_;  // in why_.joined
  api::WhyOne why_;
};

}  // namespace

People::People(store::Store& store, Clock clock, std::string holder, identity::Policy policy,
               models::Survivorship survivorship, std::function<void()> on_decided)
    : arbiter_(store, clock, crypto::fill_random, holder, policy, survivorship),
      eraser_(store, std::move(clock), crypto::fill_random, holder + " eraser", std::move(policy),
              std::move(survivorship)),
      on_decided_(std::move(on_decided)) {}

Result<api::Decided> People::told(Result<pipeline::RulingReport> report, bool dry_run) {
  if (!report) return tl::unexpected(std::move(report.error()));
  if (!dry_run) on_decided_();
  api::Decided decided;
  decided.decision = report->decision;
  for (pipeline::CustomerChange& change : report->customers) {
    decided.customers.push_back(
        {change.id, std::move(change.before), std::move(change.after), change.merged_into});
  }
  return decided;
}

Result<api::Decided> People::merge(const api::Judge& judge, const Uuid& from, const Uuid& into,
                                   bool overrides) {
  return told(arbiter_.merge(judge_of(judge), from, into, overrides), judge.dry_run);
}

Result<api::Decided> People::split(const api::Judge& judge, const Uuid& customer,
                                   const std::vector<models::Identity>& identities) {
  return told(arbiter_.split(judge_of(judge), customer, identities), judge.dry_run);
}

Result<api::Decided> People::accept(const api::Judge& judge, const store::Key& suggestion) {
  return told(arbiter_.accept(judge_of(judge), suggestion), judge.dry_run);
}

Result<api::Decided> People::reject(const api::Judge& judge, const store::Key& suggestion) {
  return told(arbiter_.reject(judge_of(judge), suggestion), judge.dry_run);
}

Result<api::Decided> People::block(const api::Judge& judge, const models::Identity& value) {
  return told(arbiter_.block(judge_of(judge), value), judge.dry_run);
}

Result<api::Decided> People::allow(const api::Judge& judge, const models::Identity& value) {
  return told(arbiter_.allow(judge_of(judge), value), judge.dry_run);
}

Result<api::Decided> People::undo(const api::Judge& judge, std::int64_t decision) {
  return told(arbiter_.undo(judge_of(judge), decision), judge.dry_run);
}

Result<models::Json> People::erase(store::TenantId tenant, const Uuid& customer, bool dry_run) {
  auto receipt = eraser_.erase(tenant, customer, dry_run);
  if (receipt && !dry_run) on_decided_();
  return receipt;
}

Result<api::WhyOne> People::why_one(store::TenantId tenant, const Uuid& customer) {
  auto explanation = arbiter_.explain(tenant, customer);
  if (!explanation) return tl::unexpected(std::move(explanation.error()));
  return Explaining(*std::move(explanation)).run();
}

}  // namespace guanxi::app
