// Reads a pack's `transport` object into a plan.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "adapters/protocol/recipe_plan.h"
#include "adapters/protocol/section.h"

namespace guanxi::adapters::protocol {

// Which kinds of ref may stand in a place.
using RefKinds = unsigned;
constexpr RefKinds kind_bit(RefKind kind) { return 1U << static_cast<unsigned>(kind); }

// Complains about every fault of form; the plan is of use only if there was none.
class PlanReader {
 public:
  PlanReader(const std::set<std::string>& known_settings, std::vector<Complaint>& complaints)
      : known_settings_(known_settings), complaints_(complaints) {}

  TransportPlan read(const Json& transport);

 private:
  void read_freshness(Section& transport);
  CipherPlan read_cipher(const std::string& name, const Json& json, const std::string& pointer);
  void read_iv(Section& cipher, CipherPlan& plan);
  void read_frame(Section& cipher, CipherPlan& plan);
  SignaturePlan read_signature(const Json& json, const std::string& pointer, RefKinds parts,
                               bool verifies);
  void read_algorithm(Section& signature, SignaturePlan& plan);
  void read_parts(Section& signature, SignaturePlan& plan, RefKinds allowed);
  Pairs read_pairs(const Json& json, const std::string& pointer, RefKinds allowed);
  void read_where(Section& signature, SignaturePlan& plan);

  RecipePlan read_recipe(const std::string& name, const Json& json, const std::string& pointer);
  void read_name(RecipePlan& plan, const std::string& pointer);
  void read_for(Section& recipe, RecipePlan& plan);
  void read_when(Section& recipe, RecipePlan& plan);
  void read_formats(Section& recipe, RecipePlan& plan);
  void read_decrypt(Section& recipe, RecipePlan& plan);
  void read_expect(Section& recipe, RecipePlan& plan);
  void read_fresh(Section& recipe, RecipePlan& plan);
  void read_payloads(Section& recipe, RecipePlan& plan);
  void read_use(Section& recipe, RecipePlan& plan);
  void read_accepts(Section& recipe, RecipePlan& plan);
  void read_answers(Section& recipe, RecipePlan& plan);
  AnswerPlan read_answer(const std::string& name, const Json& json, const std::string& pointer);
  void read_seal(const Json& json, const std::string& pointer, AnswerPlan& plan);
  void read_members(Section& answer, std::string_view key, AnswerPlan& plan);

  Condition read_condition(const std::string& ref, const Json& json, const std::string& pointer,
                           RefKinds allowed);
  // Several refs, or one.
  std::vector<Ref> read_refs(Section& section, std::string_view key, RefKinds allowed);
  Ref read_ref(const Json& json, const std::string& pointer, RefKinds allowed);
  Ref ref_named(std::string_view text, const std::string& pointer, RefKinds allowed);
  std::optional<std::size_t> cipher_named(std::string_view name, const std::string& pointer);
  Pointer read_pointer(const Json& json, const std::string& pointer);
  void complain(const std::string& pointer, std::string reason) {
    complaints_.push_back({pointer, std::move(reason)});
  }

  const std::set<std::string>& known_settings_;
  std::vector<Complaint>& complaints_;
  TransportPlan plan_;
};

// What a condition asks of a value: true, false, a literal or a list of literals.
bool read_condition_values(const Json& json, Condition::Kind& kind,
                           std::vector<std::string>& values);

}  // namespace guanxi::adapters::protocol
