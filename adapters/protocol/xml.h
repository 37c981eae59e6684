// XML as callbacks use it, read strictly: no DOCTYPE, no processing instruction, one root, nothing
// after it, no text beside elements. Only the five predefined entities and character references.
#pragma once

#include <cstdint>
#include <forward_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace guanxi::adapters::protocol {

// One element; its children are chained. Views point into what was parsed.
struct XmlNode {
  static constexpr std::uint32_t kNone = 0;  // the root is no child

  std::string_view name;
  std::string_view text;  // of a leaf
  std::uint32_t first_child = kNone;
  std::uint32_t last_child = kNone;
  std::uint32_t next = kNone;
};

class XmlDocument {
 public:
  // `bytes` outlives the document.
  bool parse(std::string_view bytes);

  // `path` names elements below the root, an index where siblings repeat.
  bool has(std::span<const std::string> path) const;
  // The text of a leaf.
  std::optional<std::string_view> text(std::span<const std::string> path) const;
  // As parse_tree has it; nothing for what parse_tree refuses.
  std::optional<nlohmann::json> value(std::span<const std::string> path) const;

 private:
  // Null when nothing stands there, or repeated siblings do.
  const XmlNode* find(std::span<const std::string> path) const;
  const XmlNode* child(const XmlNode& parent, std::string_view name) const;
  const XmlNode* next_of_name(const XmlNode& node) const;
  bool add_member(nlohmann::json::object_t& members, const XmlNode& child, int depth) const;
  bool to_json(const XmlNode& node, int depth, nlohmann::json& out) const;

  std::vector<XmlNode> nodes_;  // the root first
  std::string buffer_;          // where the general parser unescapes in place
  std::forward_list<std::string> joined_;
};

// Reads documents that have nothing but elements with text or one CDATA section, as platforms send
// them. False for any other, valid or not: the general parser decides.
bool scan_plain_xml(std::string_view bytes, std::vector<XmlNode>& nodes);

// Reads any document with pugixml, unescaping in `buffer`, which holds it; text in several pieces
// goes to `joined`. False for what is refused.
bool parse_general_xml(std::string& buffer, std::vector<XmlNode>& nodes,
                       std::forward_list<std::string>& joined);

// Appends a child to the node at `parent`; its index.
std::uint32_t append_child(std::vector<XmlNode>& nodes, std::uint32_t parent,
                           std::string_view name);

// `<xml>…</xml>` with CDATA around text; nothing for trees that XML cannot say.
std::optional<std::string> write_xml(const nlohmann::json& tree);

}  // namespace guanxi::adapters::protocol
