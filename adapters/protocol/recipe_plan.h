// A pack's `transport`, read into a flat plan: names are slots, pointers are split, words are
// enums. What each member means is said in docs/transport-recipes.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "adapters/protocol/document.h"
#include "adapters/protocol/ref.h"
#include "crypto/digest.h"
#include "models/time.h"

namespace guanxi::adapters::protocol {

// A ref compared with nothing (present, absent) or with literals.
struct Condition {
  enum class Kind : std::uint8_t { present, absent, one_of } kind{};
  Ref ref;
  std::vector<std::string> values;
};

// Judged when a channel is bound: `present` means not empty.
struct SettingCondition {
  std::string setting;
  Condition::Kind kind{};
  std::vector<std::string> values;
};

enum class KeyForm : std::uint8_t { utf8, base64, hex, sha256, centre32 };

// Sorted `k=v&k=v` of whole sources (`query`, `body`) and single refs.
struct Pairs {
  bool all_query = false;
  bool all_body = false;
  std::vector<Ref> refs;  // header, query: their name is the key
  std::vector<std::string> except;
  bool keep_empty = true;
};

struct SignaturePlan {
  crypto::HashAlgorithm hash{};
  bool keyed = false;  // HMAC
  bool sort = false;
  enum class Encoding : std::uint8_t { hex, base64, base64_hex } encode{};
  std::vector<std::variant<Ref, Pairs>> parts;
  Ref key;  // keyed only
  KeyForm key_as{};
  std::string key_prefix;  // taken off the setting before it is decoded

  // In `verify`: where the signature stands, split into at most 8, each after a prefix.
  std::optional<Ref> in;
  std::string prefix;
  char split = 0;
};

struct CipherPlan {
  std::string name;
  std::size_t bits = 0;
  Ref key;
  KeyForm key_as{};
  enum class Iv : std::uint8_t { key, key_tail, zero, head, before, ref } iv{};
  std::string delimiter;  // Iv::before
  Ref iv_ref;             // Iv::ref
  std::size_t pad = 0;
  bool framed = false;
  std::size_t filler = 0;
  std::vector<Ref> tails;
};

struct DecryptPlan {
  std::size_t cipher = 0;  // in TransportPlan::ciphers
  Ref from;
  std::optional<Pointer> into;
};

struct FreshPlan {
  Ref at;
  enum class Unit : std::uint8_t { s, ms, any } unit{};
};

struct AnswerPlan {
  std::string name;
  std::vector<Condition> when;
  enum class Kind : std::uint8_t { text, json, xml } kind{};
  Ref text;
  std::vector<std::pair<Pointer, std::variant<Ref, nlohmann::json>>> members;
  std::optional<std::size_t> seal;  // the cipher
  Ref sealed;                       // its plaintext
  std::optional<SignaturePlan> sign;
};

struct RecipePlan {
  std::string name;
  std::string inlet;
  std::vector<SettingCondition> settings;  // `for`
  std::string method;
  std::vector<Condition> when;
  Format body{};
  Format plain{};
  std::optional<SignaturePlan> verify;
  std::vector<DecryptPlan> decrypt;
  std::vector<std::pair<Ref, Ref>> expect;
  std::optional<FreshPlan> fresh;
  std::optional<Pointer> each;
  std::vector<Pointer> unfold;
  std::vector<Ref> dedupe;  // empty: the payload
  std::vector<Ref> order;
  std::vector<AnswerPlan> answers;  // the default is last
  bool keep = true;
  bool watch = false;
  std::string until;  // "2026-03-01", the last day; empty: for good
  std::vector<std::string> weaknesses;

  // Derived when the plan is read.
  bool reads_plain = false;  // some ref, `each` or `unfold` needs the payload as a tree
  bool extendable =
      false;  // a hash that ends in the body: only strict parsing refuses an extension
};

struct TransportPlan {
  std::vector<CipherPlan> ciphers;
  std::vector<RecipePlan> recipes;  // fewest weaknesses first
  std::vector<std::pair<std::string, SignaturePlan>> signs;
  std::optional<Milliseconds> freshness;
  // What the slots of refs mean.
  std::vector<std::string> headers;  // lower case
  std::vector<std::string> queries;
  std::vector<std::string> settings;
};

}  // namespace guanxi::adapters::protocol
