#include "models/survivorship.h"

#include <algorithm>

namespace guanxi::models {
namespace {

constexpr std::array<std::string_view, 3> kClasses{"manual", "crm", "platform"};
constexpr std::string_view kCrmPrefix = "crm.";

// The one place that tells edits and CRMs from platforms.
std::size_t class_of(std::string_view platform) {
  if (platform == kClasses[0]) return 0;
  return platform == kClasses[1] || SourceOrder::is_crm_name(platform) ? 1 : 2;
}

}  // namespace

SourceOrder::SourceOrder(std::span<const std::string> words) {
  const auto last = static_cast<std::uint8_t>(words.size());
  classes_.fill(last);
  std::uint8_t rank = 0;
  for (const std::string& word : words) {
    const auto found = std::ranges::find(kClasses, word);
    if (found != kClasses.end()) {
      classes_[static_cast<std::size_t>(found - kClasses.begin())] = rank;
    } else {
      names_.emplace_back(word, rank);
    }
    ++rank;
  }
}

std::uint8_t SourceOrder::rank(std::string_view platform) const {
  for (const auto& [name, rank] : names_) {
    if (name == platform) return rank;
  }
  return classes_[class_of(platform)];
}

std::span<const std::string_view> SourceOrder::classes() { return kClasses; }

bool SourceOrder::is_crm_name(std::string_view word) {
  return word.size() > kCrmPrefix.size() && word.starts_with(kCrmPrefix);
}

const SourceOrder& Survivorship::of(std::string_view field) const {
  if (fields_.empty()) return others_;
  if (const auto own = fields_.find(field); own != fields_.end()) return own->second;
  if (!field.starts_with("attributes.")) return others_;
  const auto all = fields_.find("attributes.*");
  return all == fields_.end() ? others_ : all->second;
}

const Survivorship& Survivorship::usual() {
  static const Survivorship kUsual;
  return kUsual;
}

}  // namespace guanxi::models
