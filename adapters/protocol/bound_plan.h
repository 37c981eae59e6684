// A plan with a channel's settings: keys decoded, HMAC schedules computed, enabled recipes chosen.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/protocol/cipher.h"
#include "adapters/protocol/recipe_plan.h"
#include "adapters/protocol/transport.h"
#include "crypto/hmac.h"

namespace guanxi::adapters::protocol {

struct BoundSignature {
  const SignaturePlan* plan = nullptr;
  std::optional<crypto::Hmac> hmac;  // keyed only
};

struct BoundAnswer {
  const AnswerPlan* plan = nullptr;
  std::optional<BoundSignature> sign;
};

struct BoundRecipe {
  const RecipePlan* plan = nullptr;
  std::optional<BoundSignature> verify;
  std::vector<BoundAnswer> answers;  // the default is last
};

struct BoundPlan {
  std::shared_ptr<const Transport> transport;  // owns the plans pointed to
  std::vector<std::string> settings;           // by slot; empty: not set
  std::vector<std::optional<BoundCipher>> ciphers;
  std::vector<BoundRecipe> recipes;
  std::vector<std::pair<std::string, BoundSignature>> signs;
  Milliseconds window{0};  // 0: times are not checked
};

Result<std::unique_ptr<const BoundPlan>> bind_plan(std::shared_ptr<const Transport> transport,
                                                   const Settings& settings,
                                                   std::optional<Milliseconds> freshness);

}  // namespace guanxi::adapters::protocol
