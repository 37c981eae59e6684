// Hands the API's questions on who is who to the pipeline, which knows the answers.
#pragma once

#include <functional>
#include <string>

#include "gateway/api/people.h"
#include "gateway/pipeline/arbiter.h"
#include "gateway/pipeline/eraser.h"

namespace guanxi::app {

class People final : public api::People {
 public:
  // `on_decided`: the feed has grown.
  People(store::Store& store, Clock clock, std::string holder, identity::Policy policy,
         models::Survivorship survivorship, std::function<void()> on_decided);

  Result<api::Decided> merge(const api::Judge& judge, const Uuid& from, const Uuid& into,
                             bool overrides) override;
  Result<api::Decided> split(const api::Judge& judge, const Uuid& customer,
                             const std::vector<models::Identity>& identities) override;
  Result<api::Decided> accept(const api::Judge& judge, const store::Key& suggestion) override;
  Result<api::Decided> reject(const api::Judge& judge, const store::Key& suggestion) override;
  Result<api::Decided> block(const api::Judge& judge, const models::Identity& value) override;
  Result<api::Decided> allow(const api::Judge& judge, const models::Identity& value) override;
  Result<api::Decided> undo(const api::Judge& judge, std::int64_t decision) override;
  Result<models::Json> erase(store::TenantId tenant, const Uuid& customer, bool dry_run) override;
  Result<api::WhyOne> why_one(store::TenantId tenant, const Uuid& customer) override;

 private:
  Result<api::Decided> told(Result<pipeline::RulingReport> report, bool dry_run);

  pipeline::Arbiter arbiter_;
  pipeline::Eraser eraser_;
  std::function<void()> on_decided_;
};

}  // namespace guanxi::app
