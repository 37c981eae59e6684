// What a recipe proves, derived from its plan: a pack can name its weaknesses, never choose them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "adapters/protocol/recipe_plan.h"

namespace guanxi::adapters::protocol {

class Evidence {
 public:
  // All outlive the evidence.
  Evidence(const TransportPlan& transport, const RecipePlan& recipe,
           const std::set<std::string>& secrets);

  // Whether nobody without a secret can change the value behind `ref` unnoticed.
  bool covers(const Ref& ref) const { return covers(ref, recipe_.decrypt.size()); }
  // Sorted: bearer, decryption-only, free-id, no-time, old-hash, unproven, unsigned-body.
  std::vector<std::string> weaknesses() const;

 private:
  // How a request is known to come from the platform.
  enum class Proof { none, bearer, decryption, signature, link };

  Proof find_proof() const;
  bool pins_id() const;
  bool is_secret(const Ref& ref) const;
  bool signs(const Ref& ref) const;
  bool signs_whole_body() const;
  // The same when only the first `steps` decryptions have been made.
  bool covers(const Ref& ref, std::size_t steps) const;
  bool covers_plain(const Ref& ref, std::size_t steps) const;
  bool covers_step(std::size_t step) const;

  const TransportPlan& transport_;
  const RecipePlan& recipe_;
  const std::set<std::string>& secrets_;
  Proof proof_;
};

// Whether a signature rests on a secret setting.
bool rests_on_secret(const SignaturePlan& plan, const std::set<std::string>& secrets);
// Whether a signature is computed over the place where it stands.
bool signs_itself(const SignaturePlan& plan);

}  // namespace guanxi::adapters::protocol
