// The part of PlanReader that reads ciphers and signatures.
#include <array>
#include <utility>

#include "adapters/protocol/plan_reader.h"

namespace guanxi::adapters::protocol {
namespace {

constexpr RefKinds kSetting = kind_bit(RefKind::setting);
constexpr RefKinds kConstant = kSetting | kind_bit(RefKind::text);
constexpr RefKinds kIv = kind_bit(RefKind::header) | kind_bit(RefKind::query) |
                         kind_bit(RefKind::body_at) | kind_bit(RefKind::plain_at);
constexpr RefKinds kCarrier = kind_bit(RefKind::header) | kind_bit(RefKind::query) |
                              kind_bit(RefKind::field) | kind_bit(RefKind::body_at);
constexpr std::size_t kMaxParts = 16;
constexpr std::size_t kMaxFiller = 32;

template <typename Value, std::size_t Size>
using Words = std::array<std::pair<std::string_view, Value>, Size>;

constexpr Words<KeyForm, 5> kKeyForms{{{"utf8", KeyForm::utf8},
                                       {"base64", KeyForm::base64},
                                       {"hex", KeyForm::hex},
                                       {"sha256", KeyForm::sha256},
                                       {"centre32", KeyForm::centre32}}};
constexpr Words<KeyForm, 3> kMacKeyForms{
    {{"utf8", KeyForm::utf8}, {"base64", KeyForm::base64}, {"hex", KeyForm::hex}}};
constexpr Words<CipherPlan::Iv, 4> kIvs{{{"key", CipherPlan::Iv::key},
                                         {"key-tail", CipherPlan::Iv::key_tail},
                                         {"zero", CipherPlan::Iv::zero},
                                         {"head", CipherPlan::Iv::head}}};
constexpr Words<SignaturePlan::Encoding, 3> kEncodings{
    {{"hex", SignaturePlan::Encoding::hex},
     {"base64", SignaturePlan::Encoding::base64},
     {"base64-hex", SignaturePlan::Encoding::base64_hex}}};
constexpr Words<std::pair<crypto::HashAlgorithm, bool>, 5> kAlgorithms{
    {{"md5", {crypto::HashAlgorithm::md5, false}},
     {"sha1", {crypto::HashAlgorithm::sha1, false}},
     {"sha256", {crypto::HashAlgorithm::sha256, false}},
     {"hmac-sha1", {crypto::HashAlgorithm::sha1, true}},
     {"hmac-sha256", {crypto::HashAlgorithm::sha256, true}}}};

template <typename Value, std::size_t Size>
bool choose(const Words<Value, Size>& words, std::string_view text, Value& out) {
  for (const auto& [word, value] : words) {
    if (word != text) continue;
    out = value;
    return true;
  }
  return false;
}

template <typename Value, std::size_t Size>
void choose(Section& section, std::string_view key, const std::string& text,
            const Words<Value, Size>& words, Value& out) {
  if (choose(words, text, out)) return;
  std::string reason = "must be one of";
  for (const auto& [word, value] : words) reason.append(" ").append(word);
  section.complain(key, std::move(reason));
}

}  // namespace

CipherPlan PlanReader::read_cipher(const std::string& name, const Json& json,
                                   const std::string& pointer) {
  Section section(json, pointer, complaints_);
  CipherPlan plan;
  plan.name = name;
  plan.bits = section.number("bits", 128, 256);
  if (plan.bits % 64 != 0) section.complain("bits", "must be 128, 192 or 256");
  if (const Json* key = section.required("key")) {
    plan.key = read_ref(*key, section.pointer_to("key"), kSetting);
  }
  choose(section, "key_as", section.text("key_as", "utf8"), kKeyForms, plan.key_as);
  read_iv(section, plan);
  plan.pad = section.number("pad", 16, 32);
  if (plan.pad != 16 && plan.pad != 32) section.complain("pad", "must be 16 or 32");
  read_frame(section, plan);
  section.finish();
  return plan;
}

void PlanReader::read_iv(Section& cipher, CipherPlan& plan) {
  const std::string iv = cipher.required_text("iv");
  if (iv.empty() || choose(kIvs, iv, plan.iv)) return;
  constexpr std::string_view kBefore = "before ";
  if (iv.starts_with(kBefore) && iv.size() > kBefore.size()) {
    plan.iv = CipherPlan::Iv::before;
    plan.delimiter = iv.substr(kBefore.size());
    return;
  }
  plan.iv = CipherPlan::Iv::ref;
  plan.iv_ref = ref_named(iv, cipher.pointer_to("iv"), kIv);
}

void PlanReader::read_frame(Section& cipher, CipherPlan& plan) {
  const Json* const json = cipher.optional("frame");
  if (json == nullptr) return;
  plan.framed = true;
  Section frame(*json, cipher.pointer_to("frame"), complaints_);
  plan.filler = frame.number("filler", 0, kMaxFiller);
  if (frame.required("tail") != nullptr) plan.tails = read_refs(frame, "tail", kConstant);
  frame.finish();
}

SignaturePlan PlanReader::read_signature(const Json& json, const std::string& pointer,
                                         RefKinds parts, bool verifies) {
  Section section(json, pointer, complaints_);
  SignaturePlan plan;
  read_algorithm(section, plan);
  plan.sort = section.flag("sort", false);
  choose(section, "encode", section.text("encode", "hex"), kEncodings, plan.encode);
  read_parts(section, plan, parts);
  if (verifies) read_where(section, plan);
  section.finish();
  return plan;
}

void PlanReader::read_algorithm(Section& signature, SignaturePlan& plan) {
  std::pair<crypto::HashAlgorithm, bool> algorithm{};
  choose(signature, "alg", signature.required_text("alg"), kAlgorithms, algorithm);
  std::tie(plan.hash, plan.keyed) = algorithm;
  if (!plan.keyed) return;
  if (const Json* key = signature.required("key")) {
    plan.key = read_ref(*key, signature.pointer_to("key"), kSetting);
  }
  choose(signature, "key_as", signature.text("key_as", "utf8"), kMacKeyForms, plan.key_as);
  plan.key_prefix = signature.text("key_prefix");
}

void PlanReader::read_parts(Section& signature, SignaturePlan& plan, RefKinds allowed) {
  const Json* const parts = signature.required("parts");
  if (parts == nullptr) return;
  if (!parts->is_array() || parts->empty() || parts->size() > kMaxParts) {
    signature.complain("parts", "must be a list of 1 to " + std::to_string(kMaxParts));
    return;
  }
  for (std::size_t i = 0; i < parts->size(); ++i) {
    const std::string at = append_token(signature.pointer_to("parts"), std::to_string(i));
    if ((*parts)[i].is_object()) {
      plan.parts.emplace_back(read_pairs((*parts)[i], at, allowed));
    } else {
      plan.parts.emplace_back(read_ref((*parts)[i], at, allowed));
    }
  }
}

Pairs PlanReader::read_pairs(const Json& json, const std::string& pointer, RefKinds allowed) {
  Section section(json, pointer, complaints_);
  Pairs pairs;
  const Json* const sources = section.required("pairs");
  if (sources != nullptr && (!sources->is_array() || sources->empty())) {
    section.complain("pairs", "must be a list of \"query\", \"body\", header:N or query:N");
  }
  for (std::size_t i = 0; sources != nullptr && sources->is_array() && i < sources->size(); ++i) {
    const Json& source = (*sources)[i];
    if (source == "query" || source == "body") {
      (source == "query" ? pairs.all_query : pairs.all_body) = true;
      continue;
    }
    constexpr RefKinds kNamed = kind_bit(RefKind::header) | kind_bit(RefKind::query);
    const std::string at = append_token(section.pointer_to("pairs"), std::to_string(i));
    pairs.refs.push_back(read_ref(source, at, allowed & kNamed));
    if (pairs.refs.back().names.size() > 1) complain(at, "a pair has one name");
  }
  if (const Json* except = section.optional("except")) {
    const bool texts = except->is_array() && std::ranges::all_of(*except, [](const Json& name) {
                         return name.is_string();
                       });
    if (texts) {
      pairs.except = except->get<std::vector<std::string>>();
    } else {
      section.complain("except", "must be a list of names");
    }
  }
  pairs.keep_empty = section.flag("empty", true);
  section.finish();
  return pairs;
}

void PlanReader::read_where(Section& signature, SignaturePlan& plan) {
  if (const Json* in = signature.required("in")) {
    plan.in = read_ref(*in, signature.pointer_to("in"), kCarrier);
  }
  plan.prefix = signature.text("prefix");
  if (signature.optional("split") == nullptr) return;
  const std::string split = signature.text("split");
  if (split.size() == 1) {
    plan.split = split.front();
  } else {
    signature.complain("split", "must be one character");
  }
}

}  // namespace guanxi::adapters::protocol
