#include "adapters/protocol/signature.h"

#include <algorithm>
#include <array>
#include <span>

#include "adapters/protocol/encoding.h"
#include "crypto/base64.h"
#include "crypto/constant_time.h"
#include "crypto/digest.h"

namespace guanxi::adapters::protocol {
namespace {

constexpr std::size_t kMaxParts = 16;  // as the reader allows
constexpr std::size_t kMaxCandidates = 8;

std::string encode(std::string_view hash, SignaturePlan::Encoding encoding) {
  switch (encoding) {
    case SignaturePlan::Encoding::base64:
      return crypto::encode_base64(hash);
    case SignaturePlan::Encoding::base64_hex:
      return crypto::encode_base64(crypto::to_hex(hash));
    case SignaturePlan::Encoding::hex:
      break;
  }
  return crypto::to_hex(hash);
}

std::string hash_parts(const BoundSignature& signature, std::span<const std::string_view> parts) {
  if (!signature.hmac) return crypto::digest_of(signature.plan->hash, parts);
  if (parts.size() == 1) return signature.hmac->sign(parts.front());
  std::string joined;
  for (const std::string_view part : parts) joined += part;
  return signature.hmac->sign(joined);
}

bool matches(const SignaturePlan& plan, std::string_view candidate, std::string_view expected) {
  candidate = trim(candidate);
  if (!candidate.starts_with(plan.prefix)) return false;
  candidate.remove_prefix(plan.prefix.size());
  if (plan.encode != SignaturePlan::Encoding::hex || candidate.size() != expected.size()) {
    return crypto::equal_in_constant_time(candidate, expected);
  }
  return crypto::equal_in_constant_time(lower(candidate), expected);
}

}  // namespace

std::optional<std::string> compute_signature(const BoundSignature& signature,
                                             Evaluation& evaluation, Format body) {
  const SignaturePlan& plan = *signature.plan;
  std::array<std::string_view, kMaxParts> values;
  std::size_t count = 0;
  for (const auto& part : plan.parts) {
    if (const Pairs* pairs = std::get_if<Pairs>(&part)) {
      values[count++] = evaluation.arena().keep(evaluation.pairs_text(*pairs, body));
      continue;
    }
    const auto value = evaluation.text(std::get<Ref>(part));
    if (!value) return std::nullopt;
    values[count++] = *value;
  }
  const std::span<std::string_view> parts(values.data(), count);
  if (plan.sort) std::ranges::sort(parts);
  return encode(hash_parts(signature, parts), plan.encode);
}

bool verify_signature(const BoundSignature& signature, Evaluation& evaluation) {
  const SignaturePlan& plan = *signature.plan;
  const auto found = evaluation.text(*plan.in);
  if (!found) return false;
  const auto expected = compute_signature(signature, evaluation, evaluation.recipe()->body);
  if (!expected) return false;
  if (plan.split == 0) return matches(plan, *found, *expected);
  bool matched = false;
  std::string_view rest = *found;
  for (std::size_t i = 0; i < kMaxCandidates && !rest.empty(); ++i) {
    matched = matches(plan, cut(rest, plan.split), *expected) || matched;
  }
  return matched;
}

}  // namespace guanxi::adapters::protocol
