// A callback while it is made: values are put where refs point, and rendered at the end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/adapter.h"
#include "adapters/protocol/recipe_plan.h"

namespace guanxi::adapters::protocol {

class Draft {
 public:
  explicit Draft(const RecipePlan& recipe);

  void set_plain(std::string bytes);
  void set_plain_tree(nlohmann::json tree);
  // The plaintext, for sealing: from now on the draft has none.
  std::string take_plain();
  // The text at a member of the plaintext, which is taken out; nothing if there is none.
  std::optional<std::string> take_member(const Pointer& pointer);

  bool has(const Ref& ref);
  std::optional<std::string> text(const Ref& ref);
  void set(const Ref& ref, std::string_view value);
  // As a number where the format has numbers and no text stands there.
  void set_number(const Ref& ref, std::int64_t value);

  // Everything so far, percent-encoded and rendered.
  adapters::Callback callback(const std::string& path);

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  // Null when the text is no tree.
  nlohmann::json* plain_tree();
  nlohmann::json* tree_of(const Ref& ref);
  void put_value(const Ref& ref, nlohmann::json value);
  void set_field(const Ref& ref, std::string_view value);
  std::string* find_pair(const Ref& ref);
  std::string render_plain() const;
  static std::string render(Format format, const nlohmann::json& tree);

  const RecipePlan& recipe_;
  const bool body_is_plain_;  // nothing is encrypted, or only members
  Pairs query_;
  Pairs headers_;
  std::optional<std::string> raw_body_;
  nlohmann::json body_tree_;
  std::string plain_;
  std::optional<nlohmann::json> plain_tree_;
  bool edited_ = false;  // the tree is newer than the text
};

}  // namespace guanxi::adapters::protocol
