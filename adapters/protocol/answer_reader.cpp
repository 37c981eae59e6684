// The part of PlanReader that reads what recipes answer.
#include <algorithm>
#include <array>
#include <utility>

#include "adapters/protocol/plan_reader.h"

namespace guanxi::adapters::protocol {
namespace {

constexpr RefKinds kWire = kind_bit(RefKind::header) | kind_bit(RefKind::query) |
                           kind_bit(RefKind::field) | kind_bit(RefKind::body_at);
constexpr RefKinds kConstant = kind_bit(RefKind::setting) | kind_bit(RefKind::text);
constexpr RefKinds kPlain = kind_bit(RefKind::plain) | kind_bit(RefKind::plain_at);
constexpr RefKinds kWhen =
    kWire | kPlain | kind_bit(RefKind::body) | kind_bit(RefKind::path) | kind_bit(RefKind::setting);
constexpr RefKinds kAnswer =
    kWire | kPlain | kConstant | kind_bit(RefKind::sealed) | kind_bit(RefKind::signature);
constexpr RefKinds kSigned = (kAnswer | kind_bit(RefKind::body)) & ~kind_bit(RefKind::signature);
constexpr std::size_t kMaxAnswers = 8;

}  // namespace

void PlanReader::read_answers(Section& recipe, RecipePlan& plan) {
  const Json* const json = plan.watch ? recipe.optional("answer") : recipe.required("answer");
  if (json == nullptr) return;
  Section section(*json, recipe.pointer_to("answer"), complaints_);
  if (section.object().empty() || section.object().size() > kMaxAnswers) {
    recipe.complain("answer", "must hold 1 to 8 answers");
  }
  for (const auto& [name, answer] : section.object().items()) {
    plan.answers.push_back(read_answer(name, answer, section.pointer_to(name)));
  }
  std::ranges::stable_partition(plan.answers,
                                [](const AnswerPlan& answer) { return !answer.when.empty(); });
}

AnswerPlan PlanReader::read_answer(const std::string& name, const Json& json,
                                   const std::string& pointer) {
  Section section(json, pointer, complaints_);
  AnswerPlan plan;
  plan.name = name;
  if (const Json* when = section.optional("when")) {
    Section conditions(*when, section.pointer_to("when"), complaints_);
    if (conditions.object().empty()) section.complain("when", "is empty");
    for (const auto& [ref, value] : conditions.object().items()) {
      plan.when.push_back(read_condition(ref, value, conditions.pointer_to(ref), kWhen));
    }
  }
  const Json* const text = section.optional("text");
  const std::array<const Json*, 3> kinds{text, section.optional("json"), section.optional("xml")};
  if (std::ranges::count(kinds, nullptr) != 2) complain(pointer, "needs one of text, json and xml");
  if (text != nullptr) plan.text = read_ref(*text, section.pointer_to("text"), kAnswer);
  if (kinds[1] != nullptr) read_members(section, "json", plan);
  if (kinds[2] != nullptr) read_members(section, "xml", plan);
  if (const Json* seal = section.optional("seal")) {
    read_seal(*seal, section.pointer_to("seal"), plan);
  }
  if (const Json* sign = section.optional("sign")) {
    plan.sign = read_signature(*sign, section.pointer_to("sign"), kSigned, false);
  }
  section.finish();
  return plan;
}

void PlanReader::read_seal(const Json& json, const std::string& pointer, AnswerPlan& plan) {
  Section seal(json, pointer, complaints_);
  if (seal.required("cipher") != nullptr) {
    plan.seal = cipher_named(seal.text("cipher"), seal.pointer_to("cipher"));
  }
  if (const Json* value = seal.required("value")) {
    plan.sealed = read_ref(*value, seal.pointer_to("value"), kWire | kPlain | kConstant);
  }
  seal.finish();
}

void PlanReader::read_members(Section& answer, std::string_view key, AnswerPlan& plan) {
  plan.kind = key == "json" ? AnswerPlan::Kind::json : AnswerPlan::Kind::xml;
  Section members(*answer.optional(key), answer.pointer_to(key), complaints_);
  for (const auto& [name, value] : members.object().items()) {
    const std::string at = members.pointer_to(name);
    Pointer pointer = read_pointer(Json(name), at);
    if (value.is_number() || value.is_boolean()) {
      plan.members.emplace_back(std::move(pointer), value);
    } else {
      plan.members.emplace_back(std::move(pointer), read_ref(value, at, kAnswer));
    }
  }
}

}  // namespace guanxi::adapters::protocol
