#include "adapters/protocol/weaknesses.h"

#include <algorithm>

#include "adapters/protocol/encoding.h"

namespace guanxi::adapters::protocol {
namespace {

bool same_value(const Ref& a, const Ref& b) {
  return a.kind == b.kind && a.literal == b.literal && a.slots == b.slots &&
         a.pointers == b.pointers;
}

bool is_header(const Ref& ref, std::size_t slot) {
  return ref.kind == RefKind::header && ref.slots.size() == 1 && ref.slots.front() == slot;
}

bool in_pairs(const Pairs& pairs, const Ref& ref) {
  const auto named = [&](const std::string& name) {
    return std::ranges::find(pairs.except, name) == pairs.except.end();
  };
  if (std::ranges::any_of(pairs.refs, [&](const Ref& pair) { return same_value(pair, ref); })) {
    return true;
  }
  if (ref.kind == RefKind::query) return pairs.all_query && std::ranges::all_of(ref.names, named);
  if (ref.kind != RefKind::body_at || !pairs.all_body) return false;
  return std::ranges::all_of(ref.pointers, [&](const Pointer& pointer) {
    return pointer.tokens.size() == 1 && named(pointer.tokens.front());
  });
}

bool is_below(const Pointer& pointer, const Pointer& root) {
  return pointer.tokens.size() >= root.tokens.size() &&
         std::equal(root.tokens.begin(), root.tokens.end(), pointer.tokens.begin());
}

bool part_signs(const std::variant<Ref, Pairs>& part, const Ref& ref) {
  if (const Pairs* pairs = std::get_if<Pairs>(&part)) return in_pairs(*pairs, ref);
  const Ref& signed_ref = std::get<Ref>(part);
  if (same_value(signed_ref, ref)) return true;
  if (ref.kind == RefKind::field) return is_header(signed_ref, ref.slots.front());
  return ref.kind == RefKind::path && signed_ref.kind == RefKind::url;
}

bool is_whole_body(const std::variant<Ref, Pairs>& part) {
  const Ref* const ref = std::get_if<Ref>(&part);
  return ref != nullptr && (ref->kind == RefKind::body || ref->kind == RefKind::body_ascii);
}

}  // namespace

bool rests_on_secret(const SignaturePlan& plan, const std::set<std::string>& secrets) {
  const auto secret = [&](const Ref& ref) {
    return ref.kind == RefKind::setting && secrets.contains(ref.names.front());
  };
  if (plan.keyed) return secret(plan.key);
  return std::ranges::any_of(plan.parts, [&](const auto& part) {
    const Ref* const ref = std::get_if<Ref>(&part);
    return ref != nullptr && secret(*ref);
  });
}

bool signs_itself(const SignaturePlan& plan) {
  const Ref& in = *plan.in;
  return std::ranges::any_of(plan.parts, [&](const auto& part) {
    if (in.kind == RefKind::body_at && is_whole_body(part)) return true;
    if (part_signs(part, in)) return true;
    // One of several places is enough.
    const Pairs* const pairs = std::get_if<Pairs>(&part);
    if (pairs == nullptr || in.kind != RefKind::query || !pairs->all_query) return false;
    return std::ranges::any_of(in.names, [&](const std::string& name) {
      return std::ranges::find(pairs->except, name) == pairs->except.end();
    });
  });
}

Evidence::Evidence(const TransportPlan& transport, const RecipePlan& recipe,
                   const std::set<std::string>& secrets)
    : transport_(transport), recipe_(recipe), secrets_(secrets), proof_(find_proof()) {}

bool Evidence::is_secret(const Ref& ref) const {
  return ref.kind == RefKind::setting && secrets_.contains(ref.names.front());
}

bool Evidence::pins_id() const {
  for (const DecryptPlan& step : recipe_.decrypt) {
    if (transport_.ciphers[step.cipher].framed) return true;
  }
  return std::ranges::any_of(recipe_.expect, [](const auto& pair) {
    const auto& [left, right] = pair;
    return (left.kind == RefKind::plain_at || left.kind == RefKind::plain) &&
           right.kind == RefKind::setting;
  });
}

Evidence::Proof Evidence::find_proof() const {
  if (recipe_.method == "STREAM") return Proof::link;
  if (recipe_.verify && rests_on_secret(*recipe_.verify, secrets_)) return Proof::signature;
  if (!recipe_.decrypt.empty() && pins_id()) return Proof::decryption;
  const bool bearer =
      std::ranges::any_of(recipe_.expect, [&](const auto& pair) { return is_secret(pair.second); });
  return bearer ? Proof::bearer : Proof::none;
}

bool Evidence::signs(const Ref& ref) const {
  return std::ranges::any_of(recipe_.verify->parts,
                             [&](const auto& part) { return part_signs(part, ref); });
}

bool Evidence::signs_whole_body() const {
  return std::ranges::any_of(recipe_.verify->parts, is_whole_body);
}

bool Evidence::covers(const Ref& ref, std::size_t steps) const {
  if (ref.kind == RefKind::setting || ref.kind == RefKind::text) return true;
  if (proof_ == Proof::link) return true;
  const bool of_payload =
      ref.kind == RefKind::plain || ref.kind == RefKind::plain_at || ref.kind == RefKind::each_at;
  if (proof_ != Proof::signature) {
    return proof_ == Proof::decryption && of_payload && covers_plain(ref, steps);
  }
  if (signs(ref)) return true;
  if (of_payload) return covers_plain(ref, steps);
  const bool of_body = ref.kind == RefKind::body || ref.kind == RefKind::body_at;
  return of_body && signs_whole_body();
}

bool Evidence::covers_step(std::size_t step) const {
  if (proof_ == Proof::decryption) return true;
  const DecryptPlan& plan = recipe_.decrypt[step];
  const CipherPlan& cipher = transport_.ciphers[plan.cipher];
  // Who chooses the IV chooses the first block.
  return covers(plan.from, step) &&
         (cipher.iv != CipherPlan::Iv::ref || covers(cipher.iv_ref, step));
}

// A value of the payload is covered by the cipher text it was decrypted from, else by the body.
bool Evidence::covers_plain(const Ref& ref, std::size_t steps) const {
  for (std::size_t step = steps; step > 0; --step) {
    const auto& into = recipe_.decrypt[step - 1].into;
    if (!into) return covers_step(step - 1);
    const bool below =
        !ref.pointers.empty() && std::ranges::all_of(ref.pointers, [&](const Pointer& pointer) {
          return is_below(pointer, *into);
        });
    if (below) return covers_step(step - 1);
  }
  if (proof_ != Proof::signature) return false;
  if (signs_whole_body()) return true;
  Ref in_body = ref;
  in_body.kind = RefKind::body_at;
  return ref.kind == RefKind::plain_at && signs(in_body);
}

std::vector<std::string> Evidence::weaknesses() const {
  std::vector<std::string> found;
  if (proof_ == Proof::bearer) found.emplace_back("bearer");
  if (proof_ == Proof::decryption) found.emplace_back("decryption-only");
  if (recipe_.keep && proof_ != Proof::link) {
    Ref payload;
    payload.kind = RefKind::plain;
    const bool whole = covers(payload);
    const bool fixed =
        recipe_.dedupe.empty()
            ? whole
            : std::ranges::all_of(recipe_.dedupe, [&](const Ref& ref) { return covers(ref); });
    const bool empty = std::ranges::any_of(recipe_.when, [](const Condition& condition) {
      return condition.ref.kind == RefKind::body && condition.kind == Condition::Kind::absent;
    });
    if (!fixed && !empty) found.emplace_back("free-id");
    if (!recipe_.fresh) found.emplace_back("no-time");
    if (!whole && !empty) found.emplace_back("unsigned-body");
  }
  const bool old = proof_ == Proof::signature && !recipe_.verify->keyed &&
                   recipe_.verify->hash != crypto::HashAlgorithm::sha256;
  if (old) found.emplace_back("old-hash");
  if (proof_ == Proof::none) found.emplace_back("unproven");
  std::ranges::sort(found);
  return found;
}

}  // namespace guanxi::adapters::protocol
