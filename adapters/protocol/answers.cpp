#include "adapters/protocol/answers.h"

#include <string>
#include <utility>

#include "adapters/protocol/encoding.h"
#include "adapters/protocol/signature.h"
#include "adapters/protocol/transport.h"
#include "crypto/constant_time.h"

namespace guanxi::adapters::protocol {
namespace {

const BoundAnswer* choose(const BoundRecipe& recipe, Evaluation& evaluation) {
  for (const BoundAnswer& answer : recipe.answers) {
    if (evaluation.holds(answer.plan->when)) return &answer;
  }
  return nullptr;
}

void seal(const AnswerPlan& plan, Evaluation& evaluation) {
  const BoundCipher& cipher = *evaluation.plan().ciphers[*plan.seal];
  const Callback& callback = evaluation.callback();
  const std::string filler = derive_filler(cipher, callback.query, callback.body);
  const auto value = evaluation.text(plan.sealed);
  evaluation.set_sealed(seal_cipher(cipher, value.value_or(std::string_view{}), filler).text);
}

Json tree_of(const AnswerPlan& plan, Evaluation& evaluation) {
  Json tree = Json::object();
  for (const auto& [pointer, member] : plan.members) {
    if (const Json* constant = std::get_if<Json>(&member)) {
      put(tree, pointer, *constant);
    } else if (auto value = evaluation.value(std::get<Ref>(member))) {
      put(tree, pointer, *std::move(value));
    }
  }
  return tree;
}

}  // namespace

Answer make_answer(const BoundRecipe& recipe, Evaluation& evaluation) {
  Answer answer;
  const BoundAnswer* const chosen = choose(recipe, evaluation);
  if (chosen == nullptr) return answer;
  const AnswerPlan& plan = *chosen->plan;
  if (plan.seal) seal(plan, evaluation);
  if (chosen->sign) {
    auto signature = compute_signature(*chosen->sign, evaluation, recipe.plan->body);
    evaluation.set_signature(std::move(signature).value_or(std::string()));
  }
  if (plan.kind == AnswerPlan::Kind::text) {
    answer.body = evaluation.text(plan.text).value_or(std::string_view{});
    if (!answer.body.empty()) answer.content_type = "text/plain; charset=utf-8";
    return answer;
  }
  const bool json = plan.kind == AnswerPlan::Kind::json;
  auto body = render_tree(json ? "json" : "xml", tree_of(plan, evaluation));
  if (!body) return answer;
  answer.body = *std::move(body);
  answer.content_type = json ? "application/json" : "application/xml";
  return answer;
}

bool is_reflection(const BoundRecipe& recipe, Evaluation& evaluation) {
  for (const BoundAnswer& answer : recipe.answers) {
    if (!answer.plan->seal || answer.plan->sealed.kind == RefKind::plain) continue;
    const auto value = evaluation.text(answer.plan->sealed);
    if (value && crypto::equal_in_constant_time(trim(evaluation.plain()), *value)) return true;
  }
  return false;
}

}  // namespace guanxi::adapters::protocol
