#include "adapters/protocol/tree.h"

#include <string>
#include <utility>
#include <vector>

#include "adapters/protocol/encoding.h"
#include "adapters/protocol/transport.h"
#include "adapters/protocol/xml.h"

namespace guanxi::adapters::protocol {
namespace {

constexpr std::size_t kMaxFormFields = 1'000;

// Receives the parser's events. Unlike the library's own builder it refuses repeated keys, depth
// and great numbers of nodes, and keeps integers beyond 64 bits as text, so that no two ids become
// one.
class TreeBuilder {
 public:
  Json take() { return std::move(root_); }

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(Json::number_integer_t value) { return add(value); }
  bool number_unsigned(Json::number_unsigned_t value) { return add(value); }
  bool number_float(Json::number_float_t value, const std::string& text) {
    const bool integer = text.find_first_of(".eE") == std::string::npos;
    return integer ? add(text) : add(value);
  }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    auto& members = open_.back()->get_ref<Json::object_t&>();
    const auto [member, fresh] = members.try_emplace(std::move(name));
    member_ = &member->second;
    return fresh;
  }
  template <typename Exception>
  bool parse_error(std::size_t, const std::string&, const Exception&) {
    return false;
  }

 private:
  template <typename Value>
  bool add(Value&& value) {
    return place(std::forward<Value>(value)) != nullptr;
  }

  template <typename Value>
  Json* place(Value&& value) {
    if (++nodes_ > kMaxNodes) return nullptr;
    if (open_.empty()) {
      root_ = std::forward<Value>(value);
      return &root_;
    }
    if (open_.back()->is_object()) {
      *member_ = std::forward<Value>(value);
      return member_;
    }
    auto& elements = open_.back()->get_ref<Json::array_t&>();
    return &elements.emplace_back(std::forward<Value>(value));
  }

  bool open(Json empty) {
    if (open_.size() >= kMaxDepth) return false;
    Json* const placed = place(std::move(empty));
    if (placed != nullptr) open_.push_back(placed);
    return placed != nullptr;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  Json root_;
  std::vector<Json*> open_;
  Json* member_ = nullptr;
  std::size_t nodes_ = 0;
};

std::optional<Json> read_json(std::string_view bytes) {
  // Cheap for the XML and base64 bodies that are tried as JSON first.
  const std::size_t begin = bytes.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || bytes[begin] == '<') return std::nullopt;
  TreeBuilder builder;
  if (!Json::sax_parse(bytes.begin(), bytes.end(), &builder)) return std::nullopt;
  return builder.take();
}

std::optional<std::string> decode_field(std::string_view text) {
  std::string spaced(text);
  for (char& c : spaced) c = c == '+' ? ' ' : c;
  auto decoded = percent_decode(spaced);
  return decoded && is_utf8(*decoded) ? decoded : std::nullopt;
}

std::optional<Json> read_form(std::string_view bytes) {
  Json tree = Json::object();
  while (!bytes.empty()) {
    const std::string_view pair = cut(bytes, '&');
    if (pair.empty()) continue;
    std::string_view value_text = pair;
    auto name = decode_field(cut(value_text, '='));
    auto value = decode_field(value_text);
    if (!name || !value || tree.size() >= kMaxFormFields) return std::nullopt;
    if (!tree.emplace(*std::move(name), *std::move(value)).second) return std::nullopt;
  }
  return tree;
}

}  // namespace

std::optional<Json> read_tree(Format format, std::string_view bytes) {
  switch (format) {
    case Format::json:
      return read_json(bytes);
    case Format::xml: {
      XmlDocument document;
      return document.parse(bytes) ? document.value({}) : std::nullopt;
    }
    case Format::form:
      return read_form(bytes);
    case Format::bytes:
      break;
  }
  return is_utf8(bytes) ? std::optional<Json>(std::string(bytes)) : std::nullopt;
}

Result<Json> parse_tree(std::string_view format, std::string_view bytes) {
  const auto known = format_from(format);
  if (!known) return fail(ErrorCode::unsupported, "no such format");
  auto tree = read_tree(*known, bytes);
  if (!tree) return fail(ErrorCode::malformed, "not readable as " + std::string(format));
  return *std::move(tree);
}

Result<std::string> render_tree(std::string_view format, const Json& tree) {
  if (format == "json") {
    return tree.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  if (format != "xml") return fail(ErrorCode::unsupported, "trees are not written in this format");
  auto text = write_xml(tree);
  if (!text) return fail(ErrorCode::unsupported, "XML cannot say this tree");
  return *std::move(text);
}

}  // namespace guanxi::adapters::protocol
