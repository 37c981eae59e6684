#include <algorithm>
#include <utility>

#include "adapters/protocol/bound_plan.h"

namespace guanxi::adapters::protocol {
namespace {

bool applies(const SettingCondition& condition, const Settings& settings) {
  const auto found = settings.find(condition.setting);
  const std::string value = found == settings.end() ? std::string() : found->second;
  switch (condition.kind) {
    case Condition::Kind::present:
      return !value.empty();
    case Condition::Kind::absent:
      return value.empty();
    case Condition::Kind::one_of:
      break;
  }
  return std::ranges::find(condition.values, value) != condition.values.end();
}

// Binds one plan; stops at the first setting that is wrong.
class Binder {
 public:
  Binder(const TransportPlan& plan, const Settings& settings, BoundPlan& bound)
      : plan_(plan), settings_(settings), bound_(bound) {}

  // Empty if all went well.
  std::string bind() {
    bound_.ciphers.resize(plan_.ciphers.size());
    for (const std::string& name : plan_.settings) {
      const auto found = settings_.find(name);
      bound_.settings.push_back(found == settings_.end() ? std::string() : found->second);
    }
    for (const RecipePlan& recipe : plan_.recipes) {
      const bool enabled = std::ranges::all_of(
          recipe.settings, [&](const SettingCondition& one) { return applies(one, settings_); });
      if (enabled) bind_recipe(recipe);
    }
    for (const auto& [name, sign] : plan_.signs) {
      // A call that is never made needs no key: its settings are judged when it is signed.
      if (configured(sign)) bound_.signs.emplace_back(name, bind_signature(sign));
    }
    const bool any = std::ranges::any_of(
        bound_.recipes, [](const BoundRecipe& recipe) { return !recipe.plan->watch; });
    if (fault_.empty() && !any) fault_ = "these settings enable no way to receive callbacks";
    return fault_;
  }

 private:
  void bind_recipe(const RecipePlan& recipe) {
    BoundRecipe bound;
    bound.plan = &recipe;
    if (recipe.verify) bound.verify = bind_signature(*recipe.verify);
    for (const DecryptPlan& step : recipe.decrypt) bind_cipher(step.cipher);
    for (const auto& [left, right] : recipe.expect) {
      need(left);
      need(right);
    }
    for (const AnswerPlan& answer : recipe.answers) {
      BoundAnswer bound_answer{&answer, std::nullopt};
      if (answer.seal) bind_cipher(*answer.seal);
      if (answer.sign) bound_answer.sign = bind_signature(*answer.sign);
      bound.answers.push_back(std::move(bound_answer));
    }
    bound_.recipes.push_back(std::move(bound));
  }

  bool set(const Ref& ref) const {
    const bool reads = ref.kind == RefKind::setting || ref.kind == RefKind::url;
    return !reads || !bound_.settings[ref.slots.front()].empty();
  }

  bool configured(const SignaturePlan& plan) const {
    if (plan.keyed && !set(plan.key)) return false;
    return std::ranges::all_of(plan.parts, [&](const auto& part) {
      const Ref* const ref = std::get_if<Ref>(&part);
      return ref == nullptr || set(*ref);
    });
  }

  void need(const Ref& ref) {
    if (set(ref)) return;
    fault(ref.kind == RefKind::url ? "public_url" : ref.names.front(), "is needed and empty");
  }

  BoundSignature bind_signature(const SignaturePlan& plan) {
    for (const auto& part : plan.parts) {
      if (const Ref* ref = std::get_if<Ref>(&part)) need(*ref);
    }
    BoundSignature bound{&plan, std::nullopt};
    if (!plan.keyed) return bound;
    need(plan.key);
    std::string_view secret = bound_.settings[plan.key.slots.front()];
    if (secret.starts_with(plan.key_prefix)) secret.remove_prefix(plan.key_prefix.size());
    const auto key = decode_key(secret, plan.key_as);
    if (key && !key->empty()) {
      bound.hmac.emplace(plan.hash, *key);
    } else {
      fault(plan.key.names.front(), "is not spelled as this platform spells keys");
    }
    return bound;
  }

  void bind_cipher(std::size_t index) {
    if (bound_.ciphers[index]) return;
    const CipherPlan& plan = plan_.ciphers[index];
    need(plan.key);
    const std::string& name = plan.key.names.front();
    auto key = decode_key(bound_.settings[plan.key.slots.front()], plan.key_as);
    if (!key || key->size() * 8 != plan.bits) {
      fault(name, "does not hold a key of " + std::to_string(plan.bits) + " bits");
      return;
    }
    auto aes = crypto::AesCbc::make(*key);
    if (!aes) return fault(name, "is no key");
    BoundCipher cipher{&plan, *std::move(aes), *std::move(key), {}, {}};
    cipher.iv = fixed_iv(plan, cipher.key);
    for (const Ref& tail : plan.tails) bind_tail(tail, cipher);
    bound_.ciphers[index] = std::move(cipher);
  }

  static std::string fixed_iv(const CipherPlan& plan, const std::string& key) {
    constexpr std::size_t kBlock = crypto::AesCbc::kBlock;
    if (plan.iv == CipherPlan::Iv::key) return key.substr(0, kBlock);
    if (plan.iv == CipherPlan::Iv::key_tail) return key.substr(key.size() - kBlock);
    return plan.iv == CipherPlan::Iv::zero ? std::string(kBlock, '\0') : std::string();
  }

  // A receiver may be empty on purpose, but not by omission.
  void bind_tail(const Ref& tail, BoundCipher& cipher) {
    if (tail.kind == RefKind::text) {
      cipher.tails.push_back(tail.literal);
    } else if (settings_.contains(tail.names.front())) {
      cipher.tails.push_back(bound_.settings[tail.slots.front()]);
    } else {
      fault(tail.names.front(), "is missing");
    }
  }

  void fault(const std::string& setting, std::string_view reason) {
    if (fault_.empty()) fault_.append(setting).append(": ").append(reason);
  }

  const TransportPlan& plan_;
  const Settings& settings_;
  BoundPlan& bound_;
  std::string fault_;
};

}  // namespace

Result<std::unique_ptr<const BoundPlan>> bind_plan(std::shared_ptr<const Transport> transport,
                                                   const Settings& settings,
                                                   std::optional<Milliseconds> freshness) {
  auto bound = std::make_unique<BoundPlan>();
  const TransportPlan& plan = transport->plan();
  bound->transport = std::move(transport);
  bound->window = freshness.value_or(plan.freshness.value_or(Milliseconds{0}));
  std::string fault = Binder(plan, settings, *bound).bind();
  if (!fault.empty()) return fail(ErrorCode::malformed, std::move(fault));
  return std::unique_ptr<const BoundPlan>(std::move(bound));
}

}  // namespace guanxi::adapters::protocol
