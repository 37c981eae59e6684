#include "adapters/rules/convert.h"
#include "adapters/rules/evaluate.h"

namespace guanxi::adapters::rules {
namespace {

constexpr std::string_view kNothing = "none!";
constexpr std::size_t kLongestLabel = 128;
constexpr std::size_t kMostLabels = 256;

std::optional<std::string> first_text(const Value& value, const Json& entry) {
  for (std::size_t i = 1; i < value.pairs.size(); ++i) {
    const Json* found = resolve(value.pairs[i], entry);
    if (found == nullptr || is_empty(*found)) continue;
    if (auto text = to_text(*found)) return text;
  }
  return std::nullopt;
}

// A label that names a field of the model is typed as that field.
void put_field(const std::string& name, const Json& raw, Json& set) {
  const FieldRule* field = set_field(name);
  if (field == nullptr || set.contains(name)) return;
  Value plain;
  plain.sources.emplace_back();
  plain.sources.front().base = Source::Base::constant;
  plain.sources.front().constant = raw;
  Findings ignored{{}};
  Outcome outcome = evaluate(plain, field->type, field->closed, Frame{}, ignored);
  if (!outcome.known()) return;
  const bool outside = !field->closed.empty() &&
                       !(outcome.value.is_string() &&
                         contains(field->closed, outcome.value.get_ref<const std::string&>()));
  if (!outside) set[name] = std::move(outcome.value);
}

}  // namespace

void evaluate_pairs(const Value& value, const Frame& frame, Findings& findings, Json& set,
                    Json& answers) {
  const Json* raw = first_filled(value.sources, frame);
  if (raw == nullptr) return;
  const auto put = [&](std::string label, const Json& answer) {
    if (label.empty() || label.size() > kLongestLabel || answers.size() >= kMostLabels) return;
    const std::string* target = value.table ? translation(*value.table, label) : nullptr;
    if (target != nullptr && *target == kNothing) {
      findings.quiet = true;
    } else if (target != nullptr) {
      put_field(*target, answer, set);
    } else if (auto text = to_text(answer); text && !text->empty() && !answers.contains(label)) {
      answers[std::move(label)] = std::move(*text);
    }
  };
  const bool map = raw->is_object() && resolve(value.pairs.front(), *raw) == nullptr;
  if (map) {
    for (const auto& [label, answer] : raw->get_ref<const Json::object_t&>()) {
      put(to_text(Json(label)).value_or(""), answer);
    }
    return;
  }
  std::vector<Json> storage;
  for (const Json* entry : elements_of(*raw, false, storage)) {
    const Json* label = resolve(value.pairs.front(), *entry);
    if (label == nullptr) continue;
    auto answer = first_text(value, *entry);
    if (answer) put(to_text(*label).value_or(""), Json(std::move(*answer)));
  }
}

}  // namespace guanxi::adapters::rules
