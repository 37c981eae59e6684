#include "adapters/protocol/payloads.h"

#include <utility>

#include "adapters/protocol/moment.h"
#include "adapters/protocol/tree.h"
#include "crypto/digest.h"

namespace guanxi::adapters::protocol {
namespace {

void append_length(std::string& out, std::size_t length) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(length >> shift & 0xFF);
}

// Inlet and values, each behind its length; with any value missing, inlet and hash of the payload.
// Different payloads have different keys unless the platform gave them one id. The moment is looked
// for in what the key is made of.
void set_dedupe(Payload& payload, Evaluation& evaluation, const RecipePlan& recipe,
                std::string_view bytes) {
  std::string& key = payload.dedupe;
  key.reserve(recipe.inlet.size() + 34);
  key.append(recipe.inlet).append(1, '\0');
  const std::size_t inlet = key.size();
  key += 'i';
  bool complete = !recipe.dedupe.empty();
  for (const Ref& ref : recipe.dedupe) {
    const auto value = complete ? evaluation.text(ref) : std::nullopt;
    complete = value && !value->empty();
    if (!complete) break;
    append_length(key, value->size());
    key += *value;
    if (payload.moment == 0) payload.moment = moment_in(*value);
  }
  if (complete) return;
  key.resize(inlet);
  key += 'h';
  key += crypto::digest(crypto::HashAlgorithm::sha256, bytes);
  payload.moment = moment_in(bytes);
}

std::string order_key(Evaluation& evaluation, const RecipePlan& recipe) {
  for (const Ref& ref : recipe.order) {
    const auto value = evaluation.text(ref);
    if (value && !value->empty()) return std::string(*value);
  }
  return {};
}

Payload make_payload(Evaluation& evaluation, const RecipePlan& recipe, std::string bytes,
                     Format format) {
  Payload payload;
  set_dedupe(payload, evaluation, recipe, bytes);
  payload.order = order_key(evaluation, recipe);
  payload.format = format_text(format);
  payload.bytes = std::move(bytes);
  return payload;
}

std::string dump(const Json& tree) {
  return tree.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<Payload> lay_open_each(Evaluation& evaluation, const RecipePlan& recipe,
                                   const Json& found) {
  std::vector<Payload> payloads;
  const Json list = found.is_array() ? found : Json::array({found});
  for (Json element : list) {
    unfold(element, recipe.unfold);
    evaluation.set_element(&element);
    payloads.push_back(make_payload(evaluation, recipe, dump(element), Format::json));
  }
  evaluation.set_element(nullptr);
  return payloads;
}

}  // namespace

bool unfold(Json& tree, const std::vector<Pointer>& pointers) {
  bool changed = false;
  for (const Pointer& pointer : pointers) {
    const Json* const found = find(tree, pointer);
    if (found == nullptr || !found->is_string()) continue;
    auto inner = read_tree(Format::json, found->get_ref<const std::string&>());
    if (!inner || inner->is_primitive()) continue;
    changed = put(tree, pointer, *std::move(inner)) || changed;
  }
  return changed;
}

std::vector<Payload> lay_open(Evaluation& evaluation, const RecipePlan& recipe) {
  if (recipe.each || !recipe.unfold.empty()) {
    const Document* const document = evaluation.plain_document();
    if (auto tree = document != nullptr ? document->tree() : std::nullopt) {
      if (!recipe.each) {
        if (unfold(*tree, recipe.unfold)) evaluation.set_plain(*std::move(tree));
      } else if (const Json* list = find(*tree, *recipe.each)) {
        return lay_open_each(evaluation, recipe, *list);
      }
    }
  }
  const Format format = evaluation.plain_is_tree() ? Format::json : recipe.plain;
  Payload payload;
  // The keys are read before the bytes are taken away.
  set_dedupe(payload, evaluation, recipe, evaluation.plain());
  payload.order = order_key(evaluation, recipe);
  payload.format = format_text(format);
  payload.bytes = evaluation.take_plain();
  std::vector<Payload> payloads;
  payloads.push_back(std::move(payload));
  return payloads;
}

}  // namespace guanxi::adapters::protocol
