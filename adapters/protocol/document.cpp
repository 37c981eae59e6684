#include "adapters/protocol/document.h"

#include <array>
#include <charconv>
#include <utility>

#include "adapters/protocol/tree.h"
#include "adapters/protocol/xml.h"

namespace guanxi::adapters::protocol {
namespace {

using Json = nlohmann::json;

struct Word {
  std::string_view text;
  Format format;
};
constexpr std::array<Word, 4> kFormats{{{"json", Format::json},
                                        {"xml", Format::xml},
                                        {"form", Format::form},
                                        {"bytes", Format::bytes}}};

std::optional<std::size_t> index_of(std::string_view token) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  const bool whole = error == std::errc{} && end == token.data() + token.size();
  if (!whole || (token.size() > 1 && token.front() == '0')) return std::nullopt;
  return index;
}

}  // namespace

struct Document::Xml {
  XmlDocument document;
};

std::optional<Format> format_from(std::string_view text) {
  for (const Word& word : kFormats) {
    if (word.text == text) return word.format;
  }
  return std::nullopt;
}

std::string_view format_text(Format format) {
  for (const Word& word : kFormats) {
    if (word.format == format) return word.text;
  }
  return {};
}

Document::Document() = default;
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

bool Document::parse(Format format, std::string_view bytes) {
  xml_.reset();
  tree_.reset();
  if (format != Format::xml) {
    tree_ = read_tree(format, bytes);
  } else if (auto xml = std::make_unique<Xml>(); xml->document.parse(bytes)) {
    xml_ = std::move(xml);
  }
  return ready();
}

void Document::adopt(Json tree) {
  xml_.reset();
  tree_ = std::move(tree);
}

bool Document::has(const Pointer& pointer) const {
  if (xml_) return xml_->document.has(pointer.tokens);
  const Json* found = tree_ ? find(*tree_, pointer) : nullptr;
  return found != nullptr && !found->is_null();
}

std::optional<std::string_view> Document::text(const Pointer& pointer, Arena& arena) const {
  if (xml_) return xml_->document.text(pointer.tokens);
  const Json* found = tree_ ? find(*tree_, pointer) : nullptr;
  if (found == nullptr) return std::nullopt;
  if (found->is_string()) return found->get_ref<const std::string&>();
  auto text = scalar_text(*found);
  if (!text) return std::nullopt;
  return arena.keep(*std::move(text));
}

std::optional<Json> Document::value(const Pointer& pointer) const {
  if (xml_) return xml_->document.value(pointer.tokens);
  const Json* found = tree_ ? find(*tree_, pointer) : nullptr;
  if (found == nullptr || found->is_null()) return std::nullopt;
  return *found;
}

std::optional<Json> Document::tree() const {
  if (xml_) return xml_->document.value({});
  return tree_;
}

std::optional<std::string> scalar_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  return std::nullopt;
}

const Json* find(const Json& tree, const Pointer& pointer) {
  const Json* at = &tree;
  for (const std::string& token : pointer.tokens) {
    if (at->is_object()) {
      const auto found = at->find(token);
      if (found == at->end()) return nullptr;
      at = &*found;
    } else if (at->is_array()) {
      const auto index = index_of(token);
      if (!index || *index >= at->size()) return nullptr;
      at = &(*at)[*index];
    } else {
      return nullptr;
    }
  }
  return at;
}

bool put(Json& tree, const Pointer& pointer, Json value) {
  Json* at = &tree;
  for (const std::string& token : pointer.tokens) {
    if (at->is_null()) *at = Json::object();
    if (at->is_object()) {
      at = &(*at)[token];
      continue;
    }
    const auto index = at->is_array() ? index_of(token) : std::nullopt;
    if (!index || *index >= at->size()) return false;
    at = &(*at)[*index];
  }
  *at = std::move(value);
  return true;
}

}  // namespace guanxi::adapters::protocol
