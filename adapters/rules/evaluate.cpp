#include "adapters/rules/evaluate.h"

#include <algorithm>

#include "adapters/rules/convert.h"
#include "adapters/rules/phone.h"

namespace guanxi::adapters::rules {
namespace {

constexpr std::string_view kNothing = "none!";

const Json* variable(const Source& source, const Variables& variables) {
  switch (source.variable) {
    case Variable::id:
      return &variables.id;
    case Variable::time:
      return &variables.time;
    case Variable::org:
      return &variables.org;
    case Variable::app:
      return &variables.app;
    case Variable::key:
      return &variables.key;
    case Variable::name:
      return &variables.name;
    case Variable::argument:
      break;
  }
  if (variables.arguments == nullptr || !variables.arguments->is_object()) return nullptr;
  const auto found = variables.arguments->find(source.argument);
  return found == variables.arguments->end() ? nullptr : &*found;
}

class Reading {
 public:
  Reading(const Value& value, Type type, Words closed, const Frame& frame, Findings& findings)
      : value_(value), type_(type), closed_(closed), frame_(frame), findings_(findings) {}

  // One scalar, converted, translated and typed.
  std::optional<Json> scalar(const Json& raw) {
    switch (value_.converter) {
      case Converter::none:
      case Converter::split:
        return typed(raw);
      case Converter::time: {
        const auto time = to_time(raw);
        return time ? std::optional<Json>(to_ms(*time)) : std::nullopt;
      }
      case Converter::fen: {
        const auto fen = fen_from_yuan(raw);
        return fen ? std::optional<Json>(*fen) : std::nullopt;
      }
      case Converter::phone:
        return phone(raw);
      case Converter::join:
        return joined(raw);
      case Converter::strip: {
        const auto text = to_text(raw);
        if (!text) return std::nullopt;
        return typed(strip_prefix(*text, value_.prefix));
      }
    }
    return std::nullopt;
  }

  std::optional<Json> list(const Json& raw) {
    std::vector<Json> storage;
    std::vector<const Json*> elements =
        elements_of(raw, value_.converter == Converter::split, storage);
    drop_unflagged(elements);
    if (!value_.item.empty() || type_ == Type::tags) return tags(elements);
    Json result = Json::array();
    for (const Json* element : elements) {
      const Json* picked = value_.pick.empty() ? element : pick(*element);
      if (picked == nullptr || is_empty(*picked)) continue;
      if (auto one = scalar(*picked)) {
        if (!one->is_null() && !is_empty(*one)) result.push_back(std::move(*one));
      }
    }
    // Flags that are all unset say that there is none.
    if (result.empty() && !unflagged_) return std::nullopt;
    return result;
  }

 private:
  const Json* pick(const Json& element) const {
    for (const Path& path : value_.pick) {
      const Json* found = resolve(path, element);
      if (found != nullptr && !is_empty(*found)) return found;
    }
    return nullptr;
  }

  // The elements as one text; nothing if there are none.
  std::optional<Json> joined(const Json& raw) {
    std::vector<Json> storage;
    std::string text;
    for (const Json* element : elements_of(raw, false, storage)) {
      const Json* picked = value_.pick.empty() ? element : pick(*element);
      const auto one = picked == nullptr ? std::nullopt : typed(*picked);
      if (!one || !one->is_string()) continue;
      text += (text.empty() ? "" : value_.prefix) + one->get<std::string>();
    }
    return text.empty() ? std::nullopt : std::optional<Json>(std::move(text));
  }

  void drop_unflagged(std::vector<const Json*>& elements) {
    if (!value_.flags) return;
    const Json* list = look(*value_.flags, frame_);
    std::vector<Json> storage;
    std::vector<const Json*> flags;
    if (list != nullptr) flags = elements_of(*list, list->is_string(), storage);
    std::vector<const Json*> kept;
    for (std::size_t i = 0; i < elements.size() && i < flags.size(); ++i) {
      if (to_boolean(*flags[i]).value_or(false)) kept.push_back(elements[i]);
    }
    unflagged_ = kept.empty() && !elements.empty() && !flags.empty();
    elements = std::move(kept);
  }

  std::optional<Json> tags(const std::vector<const Json*>& elements) {
    Json result = Json::array();
    for (const Json* element : elements) {
      Json tag = Json::object();
      if (value_.item.empty()) {
        const Json* picked = value_.pick.empty() ? element : pick(*element);
        const auto id = picked == nullptr ? std::nullopt : to_text(*picked);
        if (id && !id->empty()) tag["id"] = *id;
      } else {
        const Frame inner{frame_.body, element, frame_.item, frame_.variables};
        for (const ItemMember& member : value_.item) {
          const Outcome one = evaluate(member.value, Type::text, {}, inner, findings_);
          if (one.known()) tag[member.name] = one.value;
        }
      }
      if (!tag.empty()) result.push_back(std::move(tag));
    }
    if (result.empty()) return std::nullopt;
    return result;
  }

  std::optional<Json> phone(const Json& raw) const {
    const auto text = to_text(raw);
    if (!text || text->empty()) return std::nullopt;
    std::string region;
    if (value_.region) {
      const Json* found = look(*value_.region, frame_);
      if (found != nullptr) region = to_text(*found).value_or("");
    }
    return read_phone(*text, region);
  }

  std::optional<Json> typed(const Json& raw) {
    if (value_.table != nullptr) return translated(raw);
    switch (type_) {
      case Type::integer: {
        const auto number = to_integer(raw);
        return number ? std::optional<Json>(*number) : std::nullopt;
      }
      case Type::boolean: {
        const auto flag = to_boolean(raw);
        return flag ? std::optional<Json>(*flag) : std::nullopt;
      }
      case Type::time: {
        const auto time = to_time(raw);
        return time ? std::optional<Json>(to_ms(*time)) : std::nullopt;
      }
      case Type::phone:
      case Type::phones:
        return phone(raw);
      default: {
        auto text = to_text(raw);
        return text && !text->empty() ? std::optional<Json>(std::move(*text)) : std::nullopt;
      }
    }
  }

  std::optional<Json> translated(const Json& raw) {
    auto text = to_text(raw);
    if (!text) return std::nullopt;
    if (const std::string* target = translation(*value_.table, *text)) {
      if (*target == kNothing) {
        findings_.quiet = true;
        return std::nullopt;
      }
      if (type_ == Type::boolean) return *target == "true";
      return *target;
    }
    findings_.add(models::Drift::Kind::unknown_value, value_.table->name, code_sample(*text));
    if (!closed_.empty() || type_ == Type::boolean || type_ == Type::integer) return std::nullopt;
    return "raw:" + *text;
  }

  const Value& value_;
  Type type_;
  Words closed_;
  const Frame& frame_;
  Findings& findings_;
  bool unflagged_ = false;
};

bool is_list_type(Type type) {
  return type == Type::list || type == Type::phones || type == Type::tags;
}

// Present but empty at one source, and filled at none.
bool present_but_empty(const Value& value, const Frame& frame) {
  return std::ranges::any_of(value.sources, [&](const Source& source) {
    const Json* found = look(source, frame);
    return found != nullptr && !found->is_null();
  });
}

Outcome missing(const Value& value, const Frame& frame) {
  if (value.was) {
    const Json* before = look(*value.was, frame);
    if (before != nullptr && !is_empty(*before)) return {Outcome::State::cleared, nullptr};
  }
  if (value.clear_if_empty && present_but_empty(value, frame)) {
    return {Outcome::State::cleared, nullptr};
  }
  return {};
}

}  // namespace

std::string code_sample(const std::string& text) {
  constexpr std::size_t kLongestCode = 32;
  // One digit more, and it may be a phone.
  constexpr std::ptrdiff_t kMostDigits = 10;
  const auto digits = std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; });
  const bool code =
      text.size() <= kLongestCode && digits <= kMostDigits && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '_' || c == '-' || c == '.';
      });
  return code ? text : "text(" + std::to_string(text.size()) + ")";
}

const std::string* translation(const EnumTable& table, const std::string& text) {
  if (const auto found = table.exact.find(text); found != table.exact.end()) {
    return &found->second;
  }
  for (const auto& [prefix, target] : table.prefixes) {
    if (text.starts_with(prefix)) return &target;
  }
  return table.otherwise ? &*table.otherwise : nullptr;
}

const Json* look(const Source& source, const Frame& frame) {
  const Json* root = nullptr;
  switch (source.base) {
    case Source::Base::body:
      root = frame.body;
      break;
    case Source::Base::item:
      root = frame.item;
      break;
    case Source::Base::outer:
      root = frame.outer;
      break;
    case Source::Base::constant:
      return &source.constant;
    case Source::Base::variable:
      return frame.variables == nullptr ? nullptr : variable(source, *frame.variables);
  }
  return root == nullptr ? nullptr : resolve(source.path, *root);
}

const Json* first_filled(const std::vector<Source>& sources, const Frame& frame) {
  for (const Source& source : sources) {
    const Json* found = look(source, frame);
    if (found != nullptr && !is_empty(*found)) return found;
  }
  return nullptr;
}

Outcome evaluate(const Value& value, Type type, Words closed, const Frame& frame,
                 Findings& findings) {
  const Json* raw = first_filled(value.sources, frame);
  if (raw == nullptr) return missing(value, frame);
  Reading reading(value, type, closed, frame, findings);
  auto result = is_list_type(type) ? reading.list(*raw) : reading.scalar(*raw);
  if (!result) return {};
  return {Outcome::State::known, std::move(*result)};
}

std::optional<std::string> evaluate_text(const Value& value, const Frame& frame,
                                         Findings& findings) {
  Outcome outcome = evaluate(value, Type::text, {}, frame, findings);
  if (!outcome.known() || !outcome.value.is_string()) return std::nullopt;
  return std::move(outcome.value.get_ref<std::string&>());
}

std::vector<const Json*> elements_of(const Json& list, bool split, std::vector<Json>& storage) {
  std::vector<const Json*> elements;
  if (is_empty(list)) return elements;
  if (list.is_array()) {
    elements.reserve(list.size());
    for (const Json& element : list) elements.push_back(&element);
    return elements;
  }
  if (!split || list.is_object()) return {&list};
  const auto text = to_text(list);
  for (std::string& piece : split_list(text.value_or(""))) storage.emplace_back(std::move(piece));
  for (const Json& piece : storage) elements.push_back(&piece);
  return elements;
}

}  // namespace guanxi::adapters::rules
