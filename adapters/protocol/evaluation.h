// One callback while recipes are tried on it: takes values out of it on demand, each parsed once.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/protocol/bound_plan.h"
#include "adapters/protocol/document.h"

namespace guanxi::adapters::protocol {

class Evaluation {
 public:
  // Plan and callback outlive it. Views it hands out live as long as it does.
  Evaluation(const BoundPlan& plan, const Callback& callback);

  // Forgets what an earlier recipe decrypted.
  void start(const RecipePlan& recipe);

  bool present(const Ref& ref);
  // Nothing when it is absent, sent repeatedly, or no scalar.
  std::optional<std::string_view> text(const Ref& ref);
  // With its type.
  std::optional<Json> value(const Ref& ref);
  bool holds(const Condition& condition);
  bool holds(std::span<const Condition> conditions);

  void set_plain(std::string bytes);
  void set_plain(Json tree);
  // The payload as a tree; null if it cannot be read.
  Document* plain_document();
  bool decrypted() const { return decrypted_; }
  bool plain_is_tree() const { return plain_is_tree_; }
  std::string_view plain() const { return decrypted_ ? std::string_view(plain_) : callback_.body; }
  std::string take_plain();
  void set_element(const Json* element) { element_ = element; }
  void set_sealed(std::string text) { sealed_ = std::move(text); }
  void set_signature(std::string text) { signature_ = std::move(text); }

  // Null if the body cannot be read in this format.
  Document* body_document(Format format);
  // Every format in which the body was looked at failed, and at least one was.
  bool body_unreadable() const { return attempts_ > 0 && failures_ == attempts_; }

  // Named parameters in `k=v&…`, sorted.
  std::string pairs_text(const Pairs& pairs, Format body);

  const Callback& callback() const { return callback_; }
  const BoundPlan& plan() const { return plan_; }
  Arena& arena() { return arena_; }
  const RecipePlan* recipe() const { return recipe_; }

 private:
  struct Input {
    enum class State : std::uint8_t { absent, once, unusable } state = State::absent;
    std::string_view text;
  };
  struct BodyDocument {
    bool attempted = false;
    Document document;
  };

  void read_query();
  void read_headers();
  void take(Input& input, std::string_view text);
  std::optional<std::string_view> decode(std::string_view text);
  const Input* first_present(const Ref& ref) const;
  std::optional<std::string_view> raw_text(const Ref& ref);
  std::optional<std::string_view> field_text(const Ref& ref);
  std::optional<std::string_view> pointed_text(const Ref& ref);
  const Pointer* first_pointer(const Ref& ref);
  Document* document_of(const Ref& ref);

  const BoundPlan& plan_;
  const Callback& callback_;
  std::vector<Input> inputs_;  // queries, then headers, by slot
  std::size_t queries_;
  std::array<BodyDocument, 3> bodies_;
  int attempts_ = 0;
  int failures_ = 0;
  Arena arena_;

  const RecipePlan* recipe_ = nullptr;
  bool decrypted_ = false;
  bool plain_is_tree_ = false;
  std::string plain_;
  bool plain_parsed_ = false;
  Document plain_document_;
  const Json* element_ = nullptr;
  std::string sealed_;
  std::string signature_;
};

}  // namespace guanxi::adapters::protocol
