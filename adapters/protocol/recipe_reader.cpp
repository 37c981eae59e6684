// The part of PlanReader that reads recipes.
#include <algorithm>
#include <utility>

#include "adapters/protocol/plan_reader.h"

namespace guanxi::adapters::protocol {
namespace {

constexpr RefKinds kWire = kind_bit(RefKind::header) | kind_bit(RefKind::query) |
                           kind_bit(RefKind::field) | kind_bit(RefKind::body_at);
constexpr RefKinds kConstant = kind_bit(RefKind::setting) | kind_bit(RefKind::text);
constexpr RefKinds kPlain = kind_bit(RefKind::plain) | kind_bit(RefKind::plain_at);
constexpr RefKinds kWhen = kWire | kind_bit(RefKind::body) | kind_bit(RefKind::path);
constexpr RefKinds kSigned = kWire | kConstant | kind_bit(RefKind::body) |
                             kind_bit(RefKind::body_ascii) | kind_bit(RefKind::path) |
                             kind_bit(RefKind::url);
constexpr RefKinds kCipherText = kind_bit(RefKind::header) | kind_bit(RefKind::query) |
                                 kind_bit(RefKind::body) | kind_bit(RefKind::body_at) | kPlain;
constexpr RefKinds kExpected = kWire | kPlain | kind_bit(RefKind::path);
constexpr RefKinds kTime = kWire | kind_bit(RefKind::plain_at);
constexpr RefKinds kKey = kTime | kind_bit(RefKind::each_at);
bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// "2026-03-01"; calendars are no matter, days are compared as text.
bool is_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i != 4 && i != 7 && (text[i] < '0' || text[i] > '9')) return false;
  }
  return text.substr(5, 2) >= "01" && text.substr(5, 2) <= "12" && text.substr(8) >= "01" &&
         text.substr(8) <= "31";
}

bool reads_tree(const Ref& ref) {
  return ref.kind == RefKind::plain_at || ref.kind == RefKind::each_at;
}

bool reads_tree(const std::vector<Ref>& refs) {
  return std::ranges::any_of(refs, [](const Ref& ref) { return reads_tree(ref); });
}

bool answers_read_tree(const RecipePlan& plan) {
  for (const AnswerPlan& answer : plan.answers) {
    for (const Condition& condition : answer.when) {
      if (reads_tree(condition.ref)) return true;
    }
    for (const auto& [pointer, value] : answer.members) {
      const Ref* const ref = std::get_if<Ref>(&value);
      if (ref != nullptr && reads_tree(*ref)) return true;
    }
    if (reads_tree(answer.text) || reads_tree(answer.sealed)) return true;
  }
  return false;
}

bool needs_tree(const RecipePlan& plan) {
  if (plan.each || !plan.unfold.empty() || reads_tree(plan.dedupe) || reads_tree(plan.order)) {
    return true;
  }
  if (plan.fresh && reads_tree(plan.fresh->at)) return true;
  for (const auto& [left, right] : plan.expect) {
    if (reads_tree(left) || reads_tree(right)) return true;
  }
  return answers_read_tree(plan);
}

bool is_body(const std::variant<Ref, Pairs>& part) {
  const Ref* const ref = std::get_if<Ref>(&part);
  return ref != nullptr && (ref->kind == RefKind::body || ref->kind == RefKind::body_ascii);
}

bool may_end_in_body(const SignaturePlan& plan) {
  return plan.sort ? std::ranges::any_of(plan.parts, is_body) : is_body(plan.parts.back());
}

// The same value is trimmed wherever the recipe uses it.
void mark_cipher_text(RecipePlan& plan) {
  for (DecryptPlan& step : plan.decrypt) {
    step.from.cipher_text = true;
    if (!plan.verify) continue;
    for (auto& part : plan.verify->parts) {
      Ref* const ref = std::get_if<Ref>(&part);
      if (ref != nullptr && ref->spelling == step.from.spelling) ref->cipher_text = true;
    }
  }
}

}  // namespace

RecipePlan PlanReader::read_recipe(const std::string& name, const Json& json,
                                   const std::string& pointer) {
  Section section(json, pointer, complaints_);
  RecipePlan plan;
  plan.name = name;
  read_name(plan, pointer);
  read_use(section, plan);
  read_for(section, plan);
  read_when(section, plan);
  read_formats(section, plan);
  if (const Json* verify = section.optional("verify")) {
    plan.verify = read_signature(*verify, section.pointer_to("verify"), kSigned, true);
  }
  read_decrypt(section, plan);
  read_expect(section, plan);
  read_fresh(section, plan);
  read_payloads(section, plan);
  read_answers(section, plan);
  read_accepts(section, plan);
  section.finish();
  plan.reads_plain = needs_tree(plan);
  plan.extendable = plan.verify && !plan.verify->keyed && !plan.verify->parts.empty() &&
                    may_end_in_body(*plan.verify);
  mark_cipher_text(plan);
  return plan;
}

void PlanReader::read_name(RecipePlan& plan, const std::string& pointer) {
  const std::string_view name = plan.name;
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || !is_word(name.substr(0, dot)) ||
      !is_word(name.substr(dot + 1))) {
    complain(pointer, "a recipe is named inlet.variant, in lower-case letters, digits and _");
    return;
  }
  plan.inlet = name.substr(0, dot);
}

void PlanReader::read_use(Section& recipe, RecipePlan& plan) {
  plan.keep = recipe.flag("keep", true);
  const std::string use = recipe.text("use");
  plan.watch = use == "watch";
  if (!use.empty() && !plan.watch) recipe.complain("use", "may only be \"watch\"");
  plan.until = recipe.text("until");
  if (recipe.optional("until") != nullptr && !is_day(plan.until)) {
    recipe.complain("until", "must be a day such as \"2026-03-01\"");
  }
}

void PlanReader::read_for(Section& recipe, RecipePlan& plan) {
  const Json* const json = recipe.optional("for");
  if (json == nullptr) return;
  Section section(*json, recipe.pointer_to("for"), complaints_);
  for (const auto& [setting, value] : section.object().items()) {
    SettingCondition condition{setting, {}, {}};
    if (!known_settings_.contains(setting))
      complain(section.pointer_to(setting), "no such setting");
    if (!read_condition_values(value, condition.kind, condition.values)) {
      complain(section.pointer_to(setting), "must be true, false, a literal or a list of literals");
    }
    plan.settings.push_back(std::move(condition));
  }
}

void PlanReader::read_when(Section& recipe, RecipePlan& plan) {
  const Json* const json = recipe.required("when");
  if (json == nullptr) return;
  Section section(*json, recipe.pointer_to("when"), complaints_);
  plan.method = section.required_text("method");
  if (plan.method != "GET" && plan.method != "POST" && plan.method != "STREAM") {
    section.complain("method", "must be GET, POST or STREAM");
  }
  for (const auto& [ref, value] : section.object().items()) {
    if (ref == "method") continue;
    plan.when.push_back(read_condition(ref, value, section.pointer_to(ref), kWhen));
  }
}

void PlanReader::read_formats(Section& recipe, RecipePlan& plan) {
  const auto read = [&](std::string_view key, Format fallback) {
    if (recipe.optional(key) == nullptr) return fallback;
    const auto format = format_from(recipe.text(key));
    if (!format) recipe.complain(key, "must be json, xml, form or bytes");
    return format.value_or(fallback);
  };
  recipe.required("body");
  plan.body = read("body", Format::bytes);
  plan.plain = read("plain", plan.body);
}

void PlanReader::read_decrypt(Section& recipe, RecipePlan& plan) {
  const Json* const json = recipe.optional("decrypt");
  const std::string pointer = recipe.pointer_to("decrypt");
  if (json == nullptr) {
    if (plan.plain != plan.body)
      recipe.complain("plain", "differs from body, and nothing is decrypted");
    return;
  }
  if (!json->is_array() || json->empty() || json->size() > 4) {
    complain(pointer, "must be a list of 1 to 4 steps");
    return;
  }
  for (std::size_t i = 0; i < json->size(); ++i) {
    Section step((*json)[i], append_token(pointer, std::to_string(i)), complaints_);
    DecryptPlan read;
    if (step.required("cipher") != nullptr) {
      read.cipher = cipher_named(step.text("cipher"), step.pointer_to("cipher")).value_or(0);
    }
    if (const Json* from = step.required("from")) {
      read.from = read_ref(*from, step.pointer_to("from"), kCipherText);
    }
    if (const Json* into = step.optional("into")) {
      read.into = read_pointer(*into, step.pointer_to("into"));
      if (read.into->tokens.empty()) step.complain("into", "must name a member");
    }
    step.finish();
    plan.decrypt.push_back(std::move(read));
  }
}

void PlanReader::read_expect(Section& recipe, RecipePlan& plan) {
  const Json* const json = recipe.optional("expect");
  if (json == nullptr) return;
  Section section(*json, recipe.pointer_to("expect"), complaints_);
  if (section.object().empty()) recipe.complain("expect", "is empty");
  for (const auto& [left, right] : section.object().items()) {
    const std::string at = section.pointer_to(left);
    plan.expect.emplace_back(ref_named(left, at, kExpected),
                             read_ref(right, at, kExpected | kConstant));
  }
}

void PlanReader::read_fresh(Section& recipe, RecipePlan& plan) {
  const Json* const json = recipe.required("fresh");
  if (json == nullptr || *json == false) return;
  Section section(*json, recipe.pointer_to("fresh"), complaints_);
  FreshPlan fresh;
  if (const Json* at = section.required("at")) {
    fresh.at = read_ref(*at, section.pointer_to("at"), kTime);
  }
  const std::string unit = section.required_text("unit");
  if (unit == "s" || unit == "ms" || unit == "any") {
    fresh.unit = unit == "s"    ? FreshPlan::Unit::s
                 : unit == "ms" ? FreshPlan::Unit::ms
                                : FreshPlan::Unit::any;
  } else {
    section.complain("unit", "must be s, ms or any");
  }
  section.finish();
  plan.fresh = std::move(fresh);
}

void PlanReader::read_payloads(Section& recipe, RecipePlan& plan) {
  if (const Json* each = recipe.optional("each")) {
    plan.each = read_pointer(*each, recipe.pointer_to("each"));
  }
  if (const Json* unfold = recipe.optional("unfold")) {
    const std::string pointer = recipe.pointer_to("unfold");
    if (!unfold->is_array() || unfold->empty()) complain(pointer, "must be a list of pointers");
    for (std::size_t i = 0; unfold->is_array() && i < unfold->size(); ++i) {
      plan.unfold.push_back(read_pointer((*unfold)[i], append_token(pointer, std::to_string(i))));
    }
  }
  const RefKinds keys = plan.each ? kKey : kKey & ~kind_bit(RefKind::each_at);
  plan.order = read_refs(recipe, "order", keys);
  if (!plan.keep) {
    for (const std::string_view key : {"dedupe", "order", "each", "unfold"}) {
      if (recipe.optional(key) != nullptr)
        recipe.complain(key, "is for recipes that keep payloads");
    }
    return;
  }
  const Json* const dedupe = plan.watch ? recipe.optional("dedupe") : recipe.required("dedupe");
  if (dedupe == nullptr || *dedupe == "payload") return;
  plan.dedupe = read_refs(recipe, "dedupe", keys);
  const bool of_element =
      std::ranges::any_of(plan.dedupe, [](const Ref& ref) { return ref.kind == RefKind::each_at; });
  if (plan.each && !of_element) recipe.complain("dedupe", "must tell the elements of `each` apart");
}

void PlanReader::read_accepts(Section& recipe, RecipePlan& plan) {
  const Json* const json = recipe.required("accepts");
  if (json == nullptr) return;
  const bool texts = json->is_array() &&
                     std::ranges::all_of(*json, [](const Json& word) { return word.is_string(); });
  if (!texts) {
    recipe.complain("accepts", "must be a list of weaknesses");
    return;
  }
  plan.weaknesses = json->get<std::vector<std::string>>();
  std::ranges::sort(plan.weaknesses);
}

}  // namespace guanxi::adapters::protocol
