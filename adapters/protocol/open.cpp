#include "adapters/protocol/open.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "adapters/protocol/answers.h"
#include "adapters/protocol/evaluation.h"
#include "adapters/protocol/payloads.h"
#include "adapters/protocol/signature.h"
#include "crypto/constant_time.h"

namespace guanxi::adapters::protocol {
namespace {

// One recipe on one callback. Every failure is the same `false`.
class Attempt {
 public:
  Attempt(const BoundRecipe& recipe, Evaluation& evaluation, Time now)
      : recipe_(recipe), plan_(*recipe.plan), evaluation_(evaluation), now_(now) {}

  // Whether the recipe is meant for this callback; looks at nothing secret.
  bool applies(const std::string& today) {
    const Callback& callback = evaluation_.callback();
    if (callback.method != plan_.method || (!plan_.until.empty() && today > plan_.until))
      return false;
    evaluation_.start(plan_);
    return evaluation_.holds(plan_.when);
  }

  bool succeeds() {
    if (recipe_.verify && !verify_signature(*recipe_.verify, evaluation_)) return false;
    const bool time_inside = plan_.fresh && plan_.fresh->at.kind == RefKind::plain_at;
    if (!time_inside && !is_fresh()) return false;
    if (!decrypt()) return false;
    if (plan_.extendable && evaluation_.body_document(plan_.body) == nullptr) return false;
    return (!time_inside || is_fresh()) && meets_expectations() &&
           !is_reflection(recipe_, evaluation_);
  }

 private:
  bool is_fresh() {
    const Milliseconds window = evaluation_.plan().window;
    if (!plan_.fresh || window == Milliseconds{0}) return true;
    const auto text = evaluation_.text(plan_.fresh->at);
    const auto sent = text ? read_time(*text, plan_.fresh->unit) : std::nullopt;
    return sent && std::chrono::abs(now_ - *sent) <= window;
  }

  bool decrypt() {
    return std::ranges::all_of(plan_.decrypt,
                               [&](const DecryptPlan& step) { return decrypt(step); });
  }

  bool decrypt(const DecryptPlan& step) {
    const BoundCipher& cipher = *evaluation_.plan().ciphers[step.cipher];
    const auto from = evaluation_.text(step.from);
    if (!from) return false;
    std::optional<std::string_view> iv;
    if (cipher.plan->iv == CipherPlan::Iv::ref) iv = evaluation_.text(cipher.plan->iv_ref);
    auto plain = open_cipher(cipher, *from, iv);
    if (!plain) return false;
    if (!step.into) {
      evaluation_.set_plain(*std::move(plain));
      return true;
    }
    const Document* const document = evaluation_.plain_document();
    auto tree = document != nullptr ? document->tree() : std::nullopt;
    if (!tree || !put(*tree, *step.into, *std::move(plain))) return false;
    // Later steps may point into what was just decrypted.
    for (const Pointer& pointer : plan_.unfold) {
      if (pointer == *step.into) unfold(*tree, {pointer});
    }
    evaluation_.set_plain(*std::move(tree));
    return true;
  }

  bool meets_expectations() {
    bool met = true;
    for (const auto& [left, right] : plan_.expect) {
      const auto found = evaluation_.text(left);
      const auto wanted = evaluation_.text(right);
      met = found && wanted && !wanted->empty() &&
            crypto::equal_in_constant_time(*found, *wanted) && met;
    }
    return met;
  }

  const BoundRecipe& recipe_;
  const RecipePlan& plan_;
  Evaluation& evaluation_;
  Time now_;
};

std::vector<std::string> watched(const BoundPlan& plan, Evaluation& evaluation, Time now,
                                 const std::string& today) {
  std::vector<std::string> names;
  for (const BoundRecipe& recipe : plan.recipes) {
    if (!recipe.plan->watch) continue;
    Attempt attempt(recipe, evaluation, now);
    if (attempt.applies(today) && attempt.succeeds()) names.push_back(recipe.plan->name);
  }
  return names;
}

bool uses_days(const BoundPlan& plan) {
  return std::ranges::any_of(plan.recipes,
                             [](const BoundRecipe& recipe) { return !recipe.plan->until.empty(); });
}

}  // namespace

std::optional<Time> read_time(std::string_view text, FreshPlan::Unit unit) {
  const bool seconds = text.size() == 10 && unit != FreshPlan::Unit::ms;
  const bool milliseconds = text.size() == 13 && unit != FreshPlan::Unit::s;
  if (!seconds && !milliseconds) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.front() == '-') {
    return std::nullopt;
  }
  return from_ms(seconds ? number * 1000 : number);
}

bool accepts(const BoundPlan& plan, const BoundRecipe& recipe, const Callback& callback, Time now) {
  Evaluation evaluation(plan, callback);
  Attempt attempt(recipe, evaluation, now);
  return attempt.applies(beijing_day(now)) && attempt.succeeds();
}

Result<Opened> open_callback(const BoundPlan& plan, const Callback& callback, Time now) {
  Evaluation evaluation(plan, callback);
  const std::string today = uses_days(plan) ? beijing_day(now) : std::string();
  bool tried = false;
  for (const BoundRecipe& recipe : plan.recipes) {
    Attempt attempt(recipe, evaluation, now);
    if (recipe.plan->watch || !attempt.applies(today)) continue;
    tried = true;
    if (!attempt.succeeds()) continue;
    Opened opened;
    opened.recipe = recipe.plan->name;
    opened.answer = make_answer(recipe, evaluation);
    if (recipe.plan->keep) opened.payloads = lay_open(evaluation, *recipe.plan);
    opened.watched = watched(plan, evaluation, now, today);
    return opened;
  }
  // Only who sends nothing readable may learn so: nothing secret was compared with it.
  if (!tried && evaluation.body_unreadable()) return fail(ErrorCode::malformed, "not readable");
  return fail(ErrorCode::unauthenticated, "not authenticated");
}

}  // namespace guanxi::adapters::protocol
