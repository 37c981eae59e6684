#include "adapters/protocol/ref.h"

#include <algorithm>
#include <array>
#include <utility>

namespace guanxi::adapters::protocol {
namespace {

constexpr std::size_t kMaxAlternatives = 8;

struct Word {
  std::string_view text;
  RefKind kind;
};
constexpr std::array<Word, 7> kBare{{{"body", RefKind::body},
                                     {"body.ascii", RefKind::body_ascii},
                                     {"plain", RefKind::plain},
                                     {"path", RefKind::path},
                                     {"url", RefKind::url},
                                     {"sealed", RefKind::sealed},
                                     {"signature", RefKind::signature}}};
constexpr std::array<Word, 8> kNamed{{{"header", RefKind::header},
                                      {"query", RefKind::query},
                                      {"field", RefKind::field},
                                      {"body", RefKind::body_at},
                                      {"plain", RefKind::plain_at},
                                      {"each", RefKind::each_at},
                                      {"setting", RefKind::setting},
                                      {"text", RefKind::text}}};

std::optional<std::string> unescape(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      out += token[i];
    } else if (++i < token.size() && (token[i] == '0' || token[i] == '1')) {
      out += token[i] == '0' ? '~' : '/';
    } else {
      return std::nullopt;
    }
  }
  return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool read_alternatives(Ref& ref, std::string_view text) {
  const auto alternatives = split(text, '|');
  if (alternatives.size() > kMaxAlternatives) return false;
  const bool points =
      ref.kind == RefKind::body_at || ref.kind == RefKind::plain_at || ref.kind == RefKind::each_at;
  for (const std::string_view alternative : alternatives) {
    if (alternative.empty()) return false;
    if (!points) {
      ref.names.emplace_back(alternative);
      continue;
    }
    auto pointer = parse_pointer(alternative);
    if (!pointer) return false;
    ref.pointers.push_back(*std::move(pointer));
  }
  return true;
}

bool read_name(Ref& ref, std::string_view name) {
  switch (ref.kind) {
    case RefKind::text:
      ref.literal = name;
      return true;
    case RefKind::setting:
      if (name.empty() || name.find('|') != std::string_view::npos) return false;
      ref.names.emplace_back(name);
      return true;
    case RefKind::field: {
      const std::size_t slash = name.find('/');
      if (slash == std::string_view::npos || slash == 0 || slash + 1 == name.size()) return false;
      ref.names.emplace_back(name.substr(0, slash));
      ref.literal = name.substr(slash + 1);
      return true;
    }
    default:
      return read_alternatives(ref, name);
  }
}

}  // namespace

std::optional<Pointer> parse_pointer(std::string_view text) {
  Pointer pointer{std::string(text), {}};
  if (text.empty()) return pointer;
  if (text.front() != '/') return std::nullopt;
  for (const std::string_view token : split(text.substr(1), '/')) {
    auto plain = unescape(token);
    if (!plain) return std::nullopt;
    pointer.tokens.push_back(*std::move(plain));
  }
  return pointer;
}

std::optional<Ref> parse_ref(std::string_view text) {
  Ref ref;
  if (text.starts_with("int:")) {
    ref.as_integer = true;
    text.remove_prefix(4);
  }
  ref.spelling = text;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    const auto* word = std::ranges::find(kBare, text, &Word::text);
    if (word == kBare.end()) return std::nullopt;
    ref.kind = word->kind;
    return ref;
  }
  const auto* word = std::ranges::find(kNamed, text.substr(0, colon), &Word::text);
  if (word == kNamed.end()) return std::nullopt;
  ref.kind = word->kind;
  if (!read_name(ref, text.substr(colon + 1))) return std::nullopt;
  return ref;
}

}  // namespace guanxi::adapters::protocol
