// A parsed body, from which single values are taken by pointer without building a whole JSON tree.
#pragma once

#include <cstdint>
#include <forward_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/protocol/ref.h"

namespace guanxi::adapters::protocol {

enum class Format : std::uint8_t { json, xml, form, bytes };
std::optional<Format> format_from(std::string_view text);
std::string_view format_text(Format format);

// Keeps texts that views point into, for as long as one callback is worked on.
class Arena {
 public:
  std::string_view keep(std::string text) { return texts_.emplace_front(std::move(text)); }

 private:
  std::forward_list<std::string> texts_;
};

class Document {
 public:
  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  // Strict, as parse_tree. False leaves the document empty. `bytes` outlives the document.
  bool parse(Format format, std::string_view bytes);
  void adopt(nlohmann::json tree);

  bool ready() const { return xml_ || tree_; }
  // Whether something stands there that is not JSON's null.
  bool has(const Pointer& pointer) const;
  // A scalar as text: numbers as JSON writes them. The view lives as long as document and arena.
  std::optional<std::string_view> text(const Pointer& pointer, Arena& arena) const;
  // With its type; absent, null and unreadable give nothing.
  std::optional<nlohmann::json> value(const Pointer& pointer) const;
  // The whole; nothing when it is empty, too deep or not UTF-8.
  std::optional<nlohmann::json> tree() const;

 private:
  struct Xml;
  std::unique_ptr<Xml> xml_;
  std::optional<nlohmann::json> tree_;
};

// A scalar as text; nothing for null, objects and arrays.
std::optional<std::string> scalar_text(const nlohmann::json& value);
// The value at a pointer, or null when there is none. Array elements are named by plain numbers.
const nlohmann::json* find(const nlohmann::json& tree, const Pointer& pointer);
// Makes objects on the way. False if a scalar or array stands in the way.
bool put(nlohmann::json& tree, const Pointer& pointer, nlohmann::json value);

}  // namespace guanxi::adapters::protocol
