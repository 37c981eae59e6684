// Bytes to nodes: the quick way for what platforms send, and pugixml for everything else.
#include <algorithm>
#include <pugixml.hpp>

#include "adapters/protocol/tree.h"
#include "adapters/protocol/xml.h"

namespace guanxi::adapters::protocol {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kCdata = "<![CDATA[";
// Text beside the root is kept as a node, so that it can be refused; so are DOCTYPE and
// instructions.
constexpr unsigned kParse = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_doctype |
                            pugi::parse_pi | pugi::parse_fragment | pugi::parse_ws_pcdata_single;

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_letter(char c) { return is_name_char(c) && !(c >= '0' && c <= '9'); }

// One pass over a document of elements with text or a CDATA section; stops at anything else.
class Scanner {
 public:
  Scanner(std::string_view bytes, std::vector<XmlNode>& nodes) : rest_(bytes), nodes_(nodes) {}

  bool scan() {
    skip_blanks();
    if (!open_element()) return false;
    while (!open_.empty()) {
      if (!step()) return false;
    }
    skip_blanks();
    return rest_.empty();
  }

 private:
  bool step() {
    if (rest_.size() < 2) return false;
    if (rest_.front() != '<') return take_text();
    if (rest_[1] == '/') return close_element();
    if (rest_[1] == '!') return take_cdata();
    return !has_text_ && open_element();
  }

  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlank), rest_.size()));
  }

  std::string_view take_name() {
    std::size_t size = 0;
    while (size < rest_.size() && is_name_char(rest_[size])) ++size;
    const std::string_view name = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return name;
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool open_element() {
    if (!take('<')) return false;
    const std::string_view name = take_name();
    if (name.empty() || !is_letter(name.front()) || !take('>')) return false;
    if (open_.size() > kMaxDepth || nodes_.size() >= kMaxNodes) return false;
    if (open_.empty()) {
      nodes_.push_back({name, {}});
      open_.push_back(0);
    } else {
      open_.push_back(append_child(nodes_, open_.back(), name));
    }
    return true;
  }

  bool close_element() {
    rest_.remove_prefix(2);
    if (take_name() != nodes_[open_.back()].name || !take('>')) return false;
    open_.pop_back();
    has_text_ = false;
    return true;
  }

  bool take_cdata() {
    if (has_text_ || !is_leaf() || !rest_.starts_with(kCdata)) return false;
    rest_.remove_prefix(kCdata.size());
    const std::size_t end = rest_.find("]]>");
    if (end == std::string_view::npos) return false;
    set_text(rest_.substr(0, end));
    rest_.remove_prefix(end + 3);
    skip_blanks();
    return rest_.starts_with("</");
  }

  bool take_text() {
    const std::size_t end = rest_.find('<');
    if (end == std::string_view::npos) return false;
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end);
    const bool closes = rest_.starts_with("</");
    // Blanks between elements mean nothing; alone in an element they are its text.
    if (text.find_first_not_of(kBlank) == std::string_view::npos && !(closes && is_leaf()))
      return true;
    if (!closes || !is_leaf() || text.find('&') != std::string_view::npos) return false;
    set_text(text);
    return true;
  }

  bool is_leaf() const { return nodes_[open_.back()].first_child == XmlNode::kNone; }

  void set_text(std::string_view text) {
    nodes_[open_.back()].text = text;
    has_text_ = true;
  }

  std::string_view rest_;
  std::vector<XmlNode>& nodes_;
  std::vector<std::uint32_t> open_;
  bool has_text_ = false;  // the innermost open element has its text
};

bool is_text(const pugi::xml_node& node) {
  return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
}

// The tree of the general parser as nodes; as deep as trees may be, and no deeper.
class Converter {
 public:
  Converter(std::vector<XmlNode>& nodes, std::forward_list<std::string>& joined)
      : nodes_(nodes), joined_(joined) {}

  bool convert(const pugi::xml_node& element, std::uint32_t index, int depth) {
    if (depth > kMaxDepth) return false;
    const pugi::xml_node first = element.first_child();
    if (!first) return true;
    if (is_text(first)) return take_text(first, index);
    for (pugi::xml_node child = first; child; child = child.next_sibling()) {
      if (child.type() != pugi::node_element) return false;
      const std::uint32_t added = append_child(nodes_, index, child.name());
      if (!convert(child, added, depth + 1)) return false;
    }
    return true;
  }

 private:
  bool take_text(const pugi::xml_node& first, std::uint32_t index) {
    if (!first.next_sibling()) {
      nodes_[index].text = first.value();
      return true;
    }
    std::string& text = joined_.emplace_front();
    for (pugi::xml_node piece = first; piece; piece = piece.next_sibling()) {
      if (!is_text(piece)) return false;
      text += piece.value();
    }
    nodes_[index].text = text;
    return true;
  }

  std::vector<XmlNode>& nodes_;
  std::forward_list<std::string>& joined_;
};

}  // namespace

std::uint32_t append_child(std::vector<XmlNode>& nodes, std::uint32_t parent,
                           std::string_view name) {
  const auto index = static_cast<std::uint32_t>(nodes.size());
  nodes.push_back({name, {}});
  XmlNode& above = nodes[parent];
  if (above.first_child == XmlNode::kNone) {
    above.first_child = index;
  } else {
    nodes[above.last_child].next = index;
  }
  above.last_child = index;
  return index;
}

bool scan_plain_xml(std::string_view bytes, std::vector<XmlNode>& nodes) {
  nodes.clear();
  nodes.reserve(24);
  return Scanner(bytes, nodes).scan();
}

bool parse_general_xml(std::string& buffer, std::vector<XmlNode>& nodes,
                       std::forward_list<std::string>& joined) {
  nodes.clear();
  // Each '<' makes at most one element, and text after it at most one node.
  if (std::ranges::count(buffer, '<') > static_cast<std::ptrdiff_t>(kMaxNodes)) return false;
  pugi::xml_document document;
  if (!document.load_buffer_inplace(buffer.data(), buffer.size(), kParse, pugi::encoding_utf8)) {
    return false;
  }
  const pugi::xml_node root = document.first_child();
  if (root.type() != pugi::node_element || root.next_sibling()) return false;
  nodes.push_back({root.name(), {}});
  return Converter(nodes, joined).convert(root, 0, 0);
}

}  // namespace guanxi::adapters::protocol
