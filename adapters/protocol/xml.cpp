#include "adapters/protocol/xml.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "adapters/protocol/encoding.h"
#include "adapters/protocol/tree.h"

namespace guanxi::adapters::protocol {
namespace {

using Json = nlohmann::json;

std::optional<std::size_t> index_of(std::string_view token) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc{} || end != token.data() + token.size()) return std::nullopt;
  return index;
}

}  // namespace

bool XmlDocument::parse(std::string_view bytes) {
  // The general parser would take a NUL for the end, and read nothing behind it.
  if (bytes.find('\0') != std::string_view::npos) return false;
  const std::size_t begin = bytes.find_first_not_of(" \t\r\n");
  const bool marked =
      begin != std::string_view::npos && (bytes[begin] == '<' || bytes[begin] == '\xEF');
  if (!marked) return false;
  if (scan_plain_xml(bytes, nodes_)) return true;
  // The general parser overlooks the last byte when it stands behind the document.
  buffer_.assign(bytes).push_back('\n');
  if (parse_general_xml(buffer_, nodes_, joined_)) return true;
  nodes_.clear();
  return false;
}

const XmlNode* XmlDocument::child(const XmlNode& parent, std::string_view name) const {
  for (std::uint32_t at = parent.first_child; at != XmlNode::kNone; at = nodes_[at].next) {
    if (nodes_[at].name == name) return &nodes_[at];
  }
  return nullptr;
}

const XmlNode* XmlDocument::next_of_name(const XmlNode& node) const {
  for (std::uint32_t at = node.next; at != XmlNode::kNone; at = nodes_[at].next) {
    if (nodes_[at].name == node.name) return &nodes_[at];
  }
  return nullptr;
}

const XmlNode* XmlDocument::find(std::span<const std::string> path) const {
  const XmlNode* at = &nodes_.front();
  for (std::size_t i = 0; i < path.size(); ++i) {
    at = child(*at, path[i]);
    if (at == nullptr) return nullptr;
    if (next_of_name(*at) == nullptr) continue;
    auto index = i + 1 < path.size() ? index_of(path[++i]) : std::nullopt;
    if (!index) return nullptr;
    for (; at != nullptr && *index > 0; --*index) at = next_of_name(*at);
    if (at == nullptr) return nullptr;
  }
  return at;
}

bool XmlDocument::has(std::span<const std::string> path) const {
  if (path.empty()) return true;
  const XmlNode* const parent = find(path.first(path.size() - 1));
  return (parent != nullptr && child(*parent, path.back()) != nullptr) || find(path) != nullptr;
}

std::optional<std::string_view> XmlDocument::text(std::span<const std::string> path) const {
  const XmlNode* const node = find(path);
  if (node == nullptr || node->first_child != XmlNode::kNone) return std::nullopt;
  return node->text;
}

bool XmlDocument::add_member(Json::object_t& members, const XmlNode& child, int depth) const {
  if (!is_utf8(child.name)) return false;
  const auto [member, fresh] = members.try_emplace(std::string(child.name));
  if (fresh) return to_json(child, depth, member->second);
  if (!member->second.is_array()) {
    Json list = Json::array();
    list.push_back(std::move(member->second));
    member->second = std::move(list);
  }
  return to_json(child, depth, member->second.emplace_back());
}

bool XmlDocument::to_json(const XmlNode& node, int depth, Json& out) const {
  if (depth > kMaxDepth) return false;
  if (node.first_child == XmlNode::kNone) {
    if (!is_utf8(node.text)) return false;
    out = std::string(node.text);
    return true;
  }
  out = Json::object();
  auto& members = out.get_ref<Json::object_t&>();
  for (std::uint32_t at = node.first_child; at != XmlNode::kNone; at = nodes_[at].next) {
    if (!add_member(members, nodes_[at], depth + 1)) return false;
  }
  return true;
}

std::optional<Json> XmlDocument::value(std::span<const std::string> path) const {
  Json out;
  if (path.empty()) {
    const XmlNode& root = nodes_.front();
    if (root.first_child == XmlNode::kNone && root.text.empty()) return Json::object();
    return to_json(root, 0, out) ? std::optional(std::move(out)) : std::nullopt;
  }
  const int depth = static_cast<int>(path.size());
  const XmlNode* const parent = find(path.first(path.size() - 1));
  Json::object_t members;
  const XmlNode* at = parent == nullptr ? nullptr : child(*parent, path.back());
  for (; at != nullptr; at = next_of_name(*at)) {
    if (!add_member(members, *at, depth)) return std::nullopt;
  }
  if (!members.empty()) return std::move(members.begin()->second);
  const XmlNode* const node = find(path);
  if (node == nullptr || !to_json(*node, depth, out)) return std::nullopt;
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
