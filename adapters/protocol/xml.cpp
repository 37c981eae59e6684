#include "adapters/protocol/xml.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "adapters/protocol/encoding.h"
#include "adapters/protocol/tree.h"

namespace guanxi::adapters::protocol {
namespace {

using Json = nlohmann::json;

// Text beside the root is kept as a node, so that it can be refused; so are DOCTYPE and
// instructions.
constexpr unsigned kParse = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_doctype |
                            pugi::parse_pi | pugi::parse_fragment | pugi::parse_ws_pcdata_single;
// Each '<' makes at most one element, and text after it at most one node.
constexpr auto kMaxMarkup = static_cast<std::ptrdiff_t>(kMaxNodes);

bool is_text(const pugi::xml_node& node) {
  return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
}

std::optional<std::size_t> index_of(std::string_view token) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc{} || end != token.data() + token.size()) return std::nullopt;
  return index;
}

// The text of an element without child elements; nothing if it has some.
std::optional<std::string_view> leaf_text(const pugi::xml_node& node, std::string& joined) {
  const pugi::xml_node first = node.first_child();
  if (!first) return std::string_view{};
  if (!is_text(first)) return std::nullopt;
  if (!first.next_sibling()) return std::string_view(first.value());
  for (pugi::xml_node piece = first; piece; piece = piece.next_sibling()) {
    if (!is_text(piece)) return std::nullopt;
    joined += piece.value();
  }
  return joined;
}

bool to_json(const pugi::xml_node& node, int depth, Json& out);

bool add_member(Json::object_t& members, const pugi::xml_node& child, int depth) {
  const std::string_view name = child.name();
  if (child.type() != pugi::node_element || !is_utf8(name)) return false;
  Json value;
  if (!to_json(child, depth, value)) return false;
  const auto [member, fresh] = members.try_emplace(std::string(name), std::move(value));
  if (fresh) return true;
  if (!member->second.is_array()) {
    Json list = Json::array();
    list.push_back(std::move(member->second));
    member->second = std::move(list);
  }
  member->second.push_back(std::move(value));
  return true;
}

bool to_json(const pugi::xml_node& node, int depth, Json& out) {
  if (depth > kMaxDepth) return false;
  std::string joined;
  if (const auto text = leaf_text(node, joined)) {
    if (!is_utf8(*text)) return false;
    out = std::string(*text);
    return true;
  }
  out = Json::object();
  auto& members = out.get_ref<Json::object_t&>();
  for (pugi::xml_node child = node.first_child(); child; child = child.next_sibling()) {
    if (!add_member(members, child, depth + 1)) return false;
  }
  return true;
}

}  // namespace

bool XmlDocument::parse(std::string_view bytes) {
  // The parser would take a NUL for the end, and read nothing behind it.
  if (bytes.find('\0') != std::string_view::npos) return false;
  const std::size_t begin = bytes.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || (bytes[begin] != '<' && bytes[begin] != '\xEF'))
    return false;
  if (std::ranges::count(bytes, '<') > kMaxMarkup) return false;
  buffer_.assign(bytes);
  if (!document_.load_buffer_inplace(buffer_.data(), buffer_.size(), kParse, pugi::encoding_utf8)) {
    return false;
  }
  root_ = document_.first_child();
  return root_.type() == pugi::node_element && !root_.next_sibling();
}

pugi::xml_node XmlDocument::find(std::span<const std::string> path) const {
  pugi::xml_node at = root_;
  for (std::size_t i = 0; i < path.size(); ++i) {
    pugi::xml_node first = at.child(path[i].c_str());
    pugi::xml_node next = first.next_sibling(path[i].c_str());
    if (!next) {
      at = first;
      continue;
    }
    if (i + 1 == path.size()) return {};
    auto index = index_of(path[++i]);
    if (!index) return {};
    for (; first && *index > 0; --*index) first = first.next_sibling(path[i - 1].c_str());
    at = first;
  }
  return at;
}

bool XmlDocument::has(std::span<const std::string> path) const {
  if (path.empty()) return true;
  const pugi::xml_node parent = find(path.first(path.size() - 1));
  return parent.child(path.back().c_str()) || find(path);
}

std::optional<std::string_view> XmlDocument::text(std::span<const std::string> path,
                                                  std::string& joined) const {
  const pugi::xml_node node = find(path);
  return node ? leaf_text(node, joined) : std::nullopt;
}

std::optional<Json> XmlDocument::value(std::span<const std::string> path) const {
  Json out;
  if (path.empty()) {
    if (!root_.first_child()) return Json::object();
    return to_json(root_, 0, out) ? std::optional(std::move(out)) : std::nullopt;
  }
  const pugi::xml_node parent = find(path.first(path.size() - 1));
  Json::object_t members;
  for (pugi::xml_node child = parent.child(path.back().c_str()); child;
       child = child.next_sibling(path.back().c_str())) {
    if (!add_member(members, child, static_cast<int>(path.size()))) return std::nullopt;
  }
  if (!members.empty()) return std::move(members.begin()->second);
  const pugi::xml_node node = find(path);
  if (!node || !to_json(node, static_cast<int>(path.size()), out)) return std::nullopt;
  return out;
}

namespace {

bool is_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
  };
  const auto other = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !name.empty() && letter(name.front()) && std::ranges::all_of(name, other);
}

bool write_text(std::string_view text, std::string& out) {
  if (text.find('\0') != std::string_view::npos || !is_utf8(text)) return false;
  out += "<![CDATA[";
  for (std::size_t end = text.find("]]>"); end != std::string_view::npos; end = text.find("]]>")) {
    out.append(text.substr(0, end + 2)).append("]]><![CDATA[");
    text.remove_prefix(end + 2);
  }
  out.append(text).append("]]>");
  return true;
}

bool write_content(const Json& value, int depth, std::string& out);

bool write_element(std::string_view name, const Json& value, int depth, std::string& out) {
  if (!is_name(name)) return false;
  out.append("<").append(name).append(">");
  if (!write_content(value, depth, out)) return false;
  out.append("</").append(name).append(">");
  return true;
}

bool write_content(const Json& value, int depth, std::string& out) {
  if (depth > kMaxDepth || value.is_array()) return false;
  if (value.is_string()) return write_text(value.get_ref<const std::string&>(), out);
  if (!value.is_object()) {
    if (!value.is_null()) out += value.dump();
    return true;
  }
  for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
    if (!member.is_array()) {
      if (!write_element(name, member, depth + 1, out)) return false;
      continue;
    }
    for (const Json& element : member) {
      if (!write_element(name, element, depth + 1, out)) return false;
    }
  }
  return true;
}

}  // namespace

std::optional<std::string> write_xml(const Json& tree) {
  std::string out;
  if (!tree.is_object() || !write_element("xml", tree, 0, out)) return std::nullopt;
  return out;
}

}  // namespace guanxi::adapters::protocol
