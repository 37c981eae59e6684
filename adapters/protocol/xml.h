// XML as callbacks use it, read strictly: no DOCTYPE, no processing instruction, one root, nothing
// after it, no text beside elements. Only the five predefined entities and character references.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <pugixml.hpp>
#include <span>
#include <string>
#include <string_view>

namespace guanxi::adapters::protocol {

class XmlDocument {
 public:
  bool parse(std::string_view bytes);

  // `path` names elements below the root, an index where siblings repeat.
  bool has(std::span<const std::string> path) const;
  // The text of a leaf: a view into the document, or `joined` if it consists of several pieces.
  std::optional<std::string_view> text(std::span<const std::string> path,
                                       std::string& joined) const;
  // As parse_tree has it; nothing for what parse_tree refuses.
  std::optional<nlohmann::json> value(std::span<const std::string> path) const;

 private:
  // Empty when nothing stands there, or repeated siblings do.
  pugi::xml_node find(std::span<const std::string> path) const;

  std::string buffer_;  // parsed in place
  pugi::xml_document document_;
  pugi::xml_node root_;
};

// `<xml>…</xml>` with CDATA around text; nothing for trees that XML cannot say.
std::optional<std::string> write_xml(const nlohmann::json& tree);

}  // namespace guanxi::adapters::protocol
