// The one Adapter: a channel's settings bound to its platform's packs.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "adapters/adapter.h"
#include "adapters/protocol/transport.h"
#include "adapters/rules/library.h"
#include "adapters/rules/scope.h"

namespace guanxi::adapters {

class ChannelAdapter final : public Adapter {
 public:
  // Errors (malformed) name the setting and the cure. The platform is shared, and kept.
  static Result<std::shared_ptr<const Adapter>> bind(
      std::shared_ptr<const rules::Platform> platform, const ChannelSettings& channel);

  Result<Opened> open(const Callback& callback, Time now) const override;
  Result<Opened> open_late(const Callback& callback, Time received_at) const override;
  const Pack& pack_at(Time received_at) const override;
  Result<Reading> read_payload(std::string_view recipe, std::string_view format,
                               std::string_view bytes, Time received_at) const override;
  Result<Reading> read_answer(const CallContext& context, std::string_view bytes) const override;
  std::vector<std::string> token_names(Time now) const override;
  Result<std::string> token_name(std::string_view call, Time now) const override;
  Result<ApiRequest> token_request(std::string_view token_name, Time now) const override;
  Result<Token> read_token(std::string_view token_name, const ApiResponse& response,
                           Time now) const override;
  Result<ApiRequest> call_request(const CallContext& context, std::string_view page,
                                  std::string_view token) const override;
  ApiVerdict judge(std::string_view call, const ApiResponse& response, Time now) const override;
  std::vector<std::string> recipes(Time now) const override;
  Result<Callback> make_callback(std::string_view payload, const Forgery& forgery) const override;
  const ChannelSettings& channel() const override { return channel_; }
  std::vector<std::string> pack_hashes() const override;
  std::vector<PackOrigin> packs() const override;
  Result<models::Identity> identify(std::string_view kind, std::string_view value,
                                    std::string_view org, std::string_view app) const override;

 private:
  struct Version {
    std::shared_ptr<const rules::RulePack> pack;
    std::shared_ptr<const protocol::BoundTransport> transport;
    mutable std::once_flag scoped{};
    mutable rules::Scopes scopes_made{};
  };

  // The request with its signature, if its plan wants one.
  static Result<ApiRequest> signed_request(const Version& version, const rules::RequestPlan& plan,
                                           Result<ApiRequest> request);

  ChannelAdapter() = default;
  using Versions = std::map<std::string, Version, std::less<>>;  // by version

  Versions::const_iterator place_at(Time time) const;
  const Version& version_at(Time time) const { return place_at(time)->second; }
  Reading read_by(const Version& version, std::string_view recipe, models::Json tree,
                  Time received_at) const;
  // Made when first wanted, since they need the compiled pack.
  const rules::Scopes& scopes_of(const Version& version) const;
  const Version& newest() const { return versions_.rbegin()->second; }

  std::shared_ptr<const rules::Platform> platform_;
  ChannelSettings channel_;  // with defaults filled in
  Versions versions_;        // a pin leaves one
};

}  // namespace guanxi::adapters
