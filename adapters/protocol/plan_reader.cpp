#include "adapters/protocol/plan_reader.h"

#include <algorithm>
#include <utility>

#include "adapters/protocol/encoding.h"
#include "models/time.h"

namespace guanxi::adapters::protocol {
namespace {

constexpr std::size_t kMaxRecipes = 64;

std::size_t intern(std::vector<std::string>& names, const std::string& name) {
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  names.push_back(name);
  return names.size() - 1;
}

bool is_one_literal(const Json& json) { return json.is_string() || json.is_number_integer(); }

}  // namespace

bool read_condition_values(const Json& json, Condition::Kind& kind,
                           std::vector<std::string>& values) {
  if (json.is_boolean()) {
    kind = json.get<bool>() ? Condition::Kind::present : Condition::Kind::absent;
    return true;
  }
  kind = Condition::Kind::one_of;
  const Json list = json.is_array() ? json : Json::array({json});
  for (const Json& literal : list) {
    if (!is_one_literal(literal)) return false;
    values.push_back(*scalar_text(literal));
  }
  return !values.empty();
}

TransportPlan PlanReader::read(const Json& transport) {
  Section section(transport, "", complaints_);
  read_freshness(section);
  if (const Json* ciphers = section.optional("ciphers")) {
    Section named(*ciphers, "/ciphers", complaints_);
    for (const auto& [name, cipher] : named.object().items()) {
      plan_.ciphers.push_back(read_cipher(name, cipher, named.pointer_to(name)));
    }
  }
  if (const Json* recipes = section.required("recipes")) {
    Section named(*recipes, "/recipes", complaints_);
    if (named.object().empty() || named.object().size() > kMaxRecipes) {
      complain("/recipes", "must hold 1 to " + std::to_string(kMaxRecipes) + " recipes");
    }
    for (const auto& [name, recipe] : named.object().items()) {
      plan_.recipes.push_back(read_recipe(name, recipe, named.pointer_to(name)));
    }
  }
  if (const Json* signs = section.optional("sign")) {
    constexpr RefKinds kParts = kind_bit(RefKind::header) | kind_bit(RefKind::query) |
                                kind_bit(RefKind::body) | kind_bit(RefKind::body_at) |
                                kind_bit(RefKind::path) | kind_bit(RefKind::url) |
                                kind_bit(RefKind::setting) | kind_bit(RefKind::text);
    Section named(*signs, "/sign", complaints_);
    for (const auto& [name, sign] : named.object().items()) {
      plan_.signs.emplace_back(name, read_signature(sign, named.pointer_to(name), kParts, false));
    }
  }
  section.finish();
  return std::move(plan_);
}

void PlanReader::read_freshness(Section& transport) {
  if (transport.optional("freshness") == nullptr) return;
  plan_.freshness = parse_duration(transport.text("freshness"));
  if (!plan_.freshness) transport.complain("freshness", "must be a duration such as \"1h\"");
}

std::vector<Ref> PlanReader::read_refs(Section& section, std::string_view key, RefKinds allowed) {
  const Json* const json = section.optional(key);
  if (json == nullptr) return {};
  const std::string pointer = section.pointer_to(key);
  if (json->is_string()) return {read_ref(*json, pointer, allowed)};
  std::vector<Ref> refs;
  if (!json->is_array() || json->empty() || json->size() > 8) {
    section.complain(key, "must be a ref, or a list of 1 to 8");
    return refs;
  }
  for (std::size_t i = 0; i < json->size(); ++i) {
    refs.push_back(read_ref((*json)[i], append_token(pointer, std::to_string(i)), allowed));
  }
  return refs;
}

Ref PlanReader::read_ref(const Json& json, const std::string& pointer, RefKinds allowed) {
  if (json.is_string()) return ref_named(json.get_ref<const std::string&>(), pointer, allowed);
  complain(pointer, "must be a ref such as \"query:nonce\"");
  return {};
}

Ref PlanReader::ref_named(std::string_view text, const std::string& pointer, RefKinds allowed) {
  auto ref = parse_ref(text);
  if (!ref) {
    complain(pointer, "is not a ref: \"" + std::string(text) + "\"");
    return {};
  }
  // Only answers know a signature, and only answers convert.
  const bool converts = (allowed & kind_bit(RefKind::signature)) != 0;
  if ((allowed & kind_bit(ref->kind)) == 0 || (ref->as_integer && !converts)) {
    complain(pointer, "may not use \"" + std::string(text) + "\"");
  }
  for (const std::string& name : ref->names) {
    switch (ref->kind) {
      case RefKind::header:
      case RefKind::field:
        ref->slots.push_back(intern(plan_.headers, lower(name)));
        break;
      case RefKind::query:
        ref->slots.push_back(intern(plan_.queries, name));
        break;
      default:
        if (!known_settings_.contains(name))
          complain(pointer, "no setting is named \"" + name + "\"");
        ref->slots.push_back(intern(plan_.settings, name));
    }
  }
  if (ref->kind == RefKind::url) ref->slots.push_back(intern(plan_.settings, "public_url"));
  return *std::move(ref);
}

Pointer PlanReader::read_pointer(const Json& json, const std::string& pointer) {
  auto read = json.is_string() ? parse_pointer(json.get_ref<const std::string&>()) : std::nullopt;
  if (!read) complain(pointer, "must be a JSON pointer");
  return read.value_or(Pointer{});
}

Condition PlanReader::read_condition(const std::string& ref, const Json& json,
                                     const std::string& pointer, RefKinds allowed) {
  Condition condition;
  condition.ref = ref_named(ref, pointer, allowed);
  if (!read_condition_values(json, condition.kind, condition.values)) {
    complain(pointer, "must be true, false, a literal or a list of literals");
  }
  return condition;
}

std::optional<std::size_t> PlanReader::cipher_named(std::string_view name,
                                                    const std::string& pointer) {
  const auto found = std::ranges::find(plan_.ciphers, name, &CipherPlan::name);
  if (found != plan_.ciphers.end()) {
    return static_cast<std::size_t>(found - plan_.ciphers.begin());
  }
  complain(pointer, "no cipher is named \"" + std::string(name) + "\"");
  return std::nullopt;
}

}  // namespace guanxi::adapters::protocol
