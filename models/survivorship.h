// Whose word counts when sources say different things of one field.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace guanxi::models {

// Sources in an order, best first. A word is the name of a platform or of a CRM ("crm.erp"), or a
// class of them: "manual" (the source of what people edit by hand), "crm" (the source "crm" and all
// whose name begins "crm."), "platform" (everybody else). A source counts by its own name if that
// is listed, else by its class; those that are not listed come last, together.
class SourceOrder {
 public:
  // Of a platform in the usual order.
  static constexpr std::uint8_t kPlatform = 2;
  static constexpr std::size_t kMostWords = 32;

  SourceOrder() = default;  // manual, crm, platform
  // No word twice, and no more than kMostWords.
  explicit SourceOrder(std::span<const std::string> words);

  // 0 is best. `platform` is what sources say of themselves.
  std::uint8_t rank(std::string_view platform) const;

  static std::span<const std::string_view> classes();
  // True for the name of one CRM.
  static bool is_crm_name(std::string_view word);

 private:
  std::array<std::uint8_t, 3> classes_{0, 1, kPlatform};
  std::vector<std::pair<std::string, std::uint8_t>> names_;
};

// An order for each field: the policy of an installation. Immutable.
class Survivorship {
 public:
  using Orders = std::map<std::string, SourceOrder, std::less<>>;

  Survivorship() = default;
  // `fields` has orders of its own for some; "attributes.*" is every attribute that has none.
  Survivorship(SourceOrder others, Orders fields)
      : others_(std::move(others)), fields_(std::move(fields)) {}

  const SourceOrder& of(std::string_view field) const;

  // What holds without a configuration.
  static const Survivorship& usual();

 private:
  SourceOrder others_;
  Orders fields_;
};

}  // namespace guanxi::models
