#include "adapters/protocol/make.h"

#include <algorithm>
#include <utility>

#include "adapters/protocol/draft.h"
#include "adapters/protocol/open.h"
#include "adapters/protocol/signature.h"
#include "adapters/protocol/tree.h"

namespace guanxi::adapters::protocol {
namespace {

class Maker {
 public:
  Maker(const BoundPlan& plan, const BoundRecipe& recipe, const Forgery& forgery)
      : plan_(plan), bound_(recipe), recipe_(*recipe.plan), forgery_(forgery), draft_(recipe_) {}

  Result<Callback> make(std::string_view payload) {
    if (!wrap(payload)) return refuse("this recipe carries JSON only");
    for (const Condition& condition : recipe_.when) meet(condition);
    meet_time();
    for (const auto& [left, right] : recipe_.expect) meet(left, right);
    for (std::size_t i = recipe_.decrypt.size(); i > 0; --i) {
      if (!encrypt(recipe_.decrypt[i - 1])) return refuse("the payload lacks the encrypted member");
    }
    fill_signed();
    for (const Ref& ref : recipe_.dedupe) fill(ref);
    if (!sign()) return refuse("a signed part is missing");
    Callback callback = draft_.callback(forgery_.path);
    if (accepts(plan_, bound_, callback, forgery_.now)) return callback;
    return refuse("the payload cannot be sent by this recipe");
  }

 private:
  static tl::unexpected<Error> refuse(std::string reason) {
    return fail(ErrorCode::unsupported, std::move(reason));
  }

  // The payload as the plaintext that carries it.
  bool wrap(std::string_view payload) {
    const Ref* const echo = echoed();
    if (echo != nullptr) {
      draft_.set(*echo, payload);
      return true;
    }
    draft_.set_plain(std::string(payload));
    if (!recipe_.each && recipe_.unfold.empty()) return true;
    auto tree = read_tree(recipe_.each ? Format::json : recipe_.plain, payload);
    if (!tree) return !recipe_.each;
    bool folded = false;
    for (const Pointer& pointer : recipe_.unfold) {
      const Json* const member = find(*tree, pointer);
      if (member == nullptr || !member->is_structured() || encrypted_into(pointer)) continue;
      folded = put(*tree, pointer, member->dump()) || folded;
    }
    if (recipe_.each) {
      Json outer;
      if (!put(outer, *recipe_.each, Json::array({*std::move(tree)}))) return false;
      draft_.set_plain_tree(std::move(outer));
    } else if (folded) {
      draft_.set_plain_tree(*std::move(tree));
    }
    return true;
  }

  bool encrypted_into(const Pointer& pointer) const {
    return std::ranges::any_of(recipe_.decrypt,
                               [&](const DecryptPlan& step) { return step.into == pointer; });
  }

  // Where a URL check expects its challenge, when it is not encrypted.
  const Ref* echoed() const {
    if (recipe_.keep || !recipe_.decrypt.empty() || bound_.answers.empty()) return nullptr;
    const AnswerPlan& answer = *bound_.answers.back().plan;
    const bool on_wire =
        answer.kind == AnswerPlan::Kind::text &&
        (answer.text.kind == RefKind::query || answer.text.kind == RefKind::header);
    return on_wire ? &answer.text : nullptr;
  }

  void meet(const Condition& condition) {
    if (will_be_sealed(condition.ref) || will_be_signature(condition.ref)) return;
    if (condition.kind == Condition::Kind::present) fill(condition.ref);
    if (condition.kind != Condition::Kind::one_of) return;
    const auto found = draft_.text(condition.ref);
    if (found && std::ranges::find(condition.values, *found) != condition.values.end()) return;
    draft_.set(condition.ref, condition.values.front());
  }

  bool will_be_sealed(const Ref& ref) const {
    return std::ranges::any_of(recipe_.decrypt, [&](const DecryptPlan& step) {
      return step.from.spelling == ref.spelling;
    });
  }

  bool will_be_signature(const Ref& ref) const {
    return recipe_.verify && recipe_.verify->in->spelling == ref.spelling;
  }

  void meet_time() {
    if (!recipe_.fresh) return;
    const FreshPlan& fresh = *recipe_.fresh;
    const auto found = draft_.text(fresh.at);
    const auto sent = found ? read_time(*found, fresh.unit) : std::nullopt;
    if (sent && std::chrono::abs(forgery_.now - *sent) <= plan_.window) return;
    const std::int64_t ms = to_ms(forgery_.now);
    draft_.set_number(fresh.at, fresh.unit == FreshPlan::Unit::ms ? ms : ms / 1000);
  }

  void meet(const Ref& left, const Ref& right) {
    const auto wanted = constant(right);
    if (!wanted || draft_.text(left) == wanted) return;
    draft_.set(left, *wanted);
  }

  std::optional<std::string> constant(const Ref& ref) {
    if (ref.kind == RefKind::setting) return plan_.settings[ref.slots.front()];
    if (ref.kind == RefKind::text) return ref.literal;
    if (ref.kind == RefKind::path) return forgery_.path;
    return draft_.text(ref);
  }

  bool encrypt(const DecryptPlan& step) {
    const BoundCipher& cipher = *plan_.ciphers[step.cipher];
    const auto plain = step.into ? draft_.take_member(*step.into) : draft_.take_plain();
    if (!plain) return false;
    std::string filler = forgery_.filler;
    // Platforms of this kind send a zero IV unless told otherwise.
    if (cipher.plan->iv == CipherPlan::Iv::before && filler.empty()) filler.assign(16, '\0');
    Sealed sealed = seal_cipher(cipher, *plain, filler);
    if (cipher.plan->iv == CipherPlan::Iv::ref) draft_.set(cipher.plan->iv_ref, sealed.iv_text);
    draft_.set(step.from, sealed.text);
    return true;
  }

  void fill_signed() {
    if (!recipe_.verify) return;
    for (const auto& part : recipe_.verify->parts) {
      if (const Ref* ref = std::get_if<Ref>(&part)) {
        fill(*ref);
        continue;
      }
      for (const Ref& ref : std::get<Pairs>(part).refs) fill(ref);
    }
  }

  // A value nobody cares about, where one must stand on the wire.
  void fill(const Ref& ref) {
    const bool on_wire = ref.kind == RefKind::header || ref.kind == RefKind::query ||
                         ref.kind == RefKind::field || ref.kind == RefKind::body_at;
    if (on_wire && !draft_.text(ref) && !draft_.has(ref)) draft_.set(ref, forgery_.nonce);
  }

  bool sign() {
    if (!bound_.verify) return true;
    const Callback unsigned_callback = draft_.callback(forgery_.path);
    Evaluation evaluation(plan_, unsigned_callback);
    evaluation.start(recipe_);
    const auto signature = compute_signature(*bound_.verify, evaluation, recipe_.body);
    if (signature) draft_.set(*recipe_.verify->in, recipe_.verify->prefix + *signature);
    return signature.has_value();
  }

  const BoundPlan& plan_;
  const BoundRecipe& bound_;
  const RecipePlan& recipe_;
  const Forgery& forgery_;
  Draft draft_;
};

bool stores(const BoundRecipe& recipe) { return recipe.plan->keep && !recipe.plan->watch; }

const BoundRecipe* choose(const BoundPlan& plan, std::string_view name, std::string_view payload) {
  const BoundRecipe* fallback = nullptr;
  for (const BoundRecipe& recipe : plan.recipes) {
    if (recipe.plan->name == name) return &recipe;
    if (!name.empty() || !stores(recipe)) continue;
    if (fallback == nullptr) fallback = &recipe;
    Document document;
    if (document.parse(recipe.plan->plain, payload)) return &recipe;
  }
  return fallback;
}

}  // namespace

Result<Callback> make_callback(const BoundPlan& plan, std::string_view recipe,
                               std::string_view payload, const Forgery& forgery) {
  const std::string_view name = recipe.empty() ? std::string_view(forgery.recipe) : recipe;
  const BoundRecipe* const chosen = choose(plan, name, payload);
  if (chosen == nullptr) {
    return fail(ErrorCode::not_found, "no enabled recipe is named \"" + std::string(name) + "\"");
  }
  return Maker(plan, *chosen, forgery).make(payload);
}

}  // namespace guanxi::adapters::protocol
