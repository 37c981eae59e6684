// The part of Evaluation that joins named parameters for signing.
#include <algorithm>
#include <map>
#include <utility>

#include "adapters/protocol/encoding.h"
#include "adapters/protocol/evaluation.h"

namespace guanxi::adapters::protocol {
namespace {

// What a plan of pairs collects, sorted by name, repeated names in their order.
class Collected {
 public:
  explicit Collected(const Pairs& plan) : plan_(plan) {}

  void add(std::string_view name, std::string_view value) {
    const bool left_out = std::ranges::find(plan_.except, name) != plan_.except.end() ||
                          (value.empty() && !plan_.keep_empty);
    if (!left_out) sorted_.emplace(name, value);
  }

  std::string text() const {
    std::string out;
    for (const auto& [name, value] : sorted_) {
      out.append(out.empty() ? "" : "&").append(name).append("=").append(value);
    }
    return out;
  }

 private:
  const Pairs& plan_;
  std::multimap<std::string, std::string> sorted_;
};

}  // namespace

std::string Evaluation::pairs_text(const Pairs& pairs, Format body) {
  Collected collected(pairs);
  std::string_view rest = pairs.all_query ? std::string_view(callback_.query) : std::string_view();
  while (!rest.empty()) {
    std::string_view pair = cut(rest, '&');
    if (pair.empty()) continue;
    const auto name = decode(cut(pair, '='));
    const auto value = decode(pair);
    if (name && value) collected.add(*name, *value);
  }
  for (const Ref& ref : pairs.refs) {
    if (const auto value = text(ref)) collected.add(ref.names.front(), *value);
  }
  const Document* const document = pairs.all_body ? body_document(body) : nullptr;
  const auto tree = document != nullptr ? document->tree() : std::nullopt;
  if (tree && tree->is_object()) {
    for (const auto& [name, member] : tree->get_ref<const Json::object_t&>()) {
      if (const auto value = scalar_text(member)) collected.add(name, *value);
    }
  }
  return collected.text();
}

}  // namespace guanxi::adapters::protocol
