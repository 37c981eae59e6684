#include "adapters/protocol/evaluation.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "adapters/protocol/encoding.h"

namespace guanxi::adapters::protocol {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::optional<Json> read_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return Json(number);
}

}  // namespace

Evaluation::Evaluation(const BoundPlan& plan, const Callback& callback)
    : plan_(plan), callback_(callback), queries_(plan.transport->plan().queries.size()) {
  inputs_.resize(queries_ + plan.transport->plan().headers.size());
  read_query();
  read_headers();
}

void Evaluation::take(Input& input, std::string_view text) {
  input.state = input.state == Input::State::absent ? Input::State::once : Input::State::unusable;
  input.text = text;
}

std::optional<std::string_view> Evaluation::decode(std::string_view text) {
  if (text.find('%') == std::string_view::npos) return text;
  auto decoded = percent_decode(text);
  if (!decoded) return std::nullopt;
  return arena_.keep(*std::move(decoded));
}

void Evaluation::read_query() {
  const auto& names = plan_.transport->plan().queries;
  std::string_view rest = callback_.query;
  while (!rest.empty()) {
    const std::string_view pair = cut(rest, '&');
    std::string_view value_text = pair;
    const auto name = decode(cut(value_text, '='));
    if (!name) continue;
    const auto found = std::ranges::find(names, *name);
    if (found == names.end()) continue;
    Input& input = inputs_[static_cast<std::size_t>(found - names.begin())];
    const auto value = decode(value_text);
    take(input, value.value_or(std::string_view{}));
    if (!value) input.state = Input::State::unusable;
  }
}

void Evaluation::read_headers() {
  const auto& names = plan_.transport->plan().headers;
  if (names.empty()) return;
  for (const auto& [name, value] : callback_.headers) {
    for (std::size_t slot = 0; slot < names.size(); ++slot) {
      if (equal_ignoring_case(names[slot], name)) take(inputs_[queries_ + slot], value);
    }
  }
}

void Evaluation::start(const RecipePlan& recipe) {
  recipe_ = &recipe;
  decrypted_ = false;
  plain_is_tree_ = false;
  plain_parsed_ = false;
  element_ = nullptr;
}

void Evaluation::set_plain(std::string bytes) {
  plain_ = std::move(bytes);
  decrypted_ = true;
  plain_is_tree_ = false;
  plain_parsed_ = false;
}

void Evaluation::set_plain(Json tree) {
  set_plain(tree.dump(-1, ' ', false, Json::error_handler_t::replace));
  plain_document_.adopt(std::move(tree));
  plain_is_tree_ = true;
  plain_parsed_ = true;
}

std::string Evaluation::take_plain() { return decrypted_ ? std::move(plain_) : callback_.body; }

Document* Evaluation::body_document(Format format) {
  if (format == Format::bytes) return nullptr;
  BodyDocument& body = bodies_[static_cast<std::size_t>(format)];
  if (!body.attempted) {
    body.attempted = true;
    ++attempts_;
    if (!body.document.parse(format, callback_.body)) ++failures_;
  }
  return body.document.ready() ? &body.document : nullptr;
}

Document* Evaluation::plain_document() {
  if (!decrypted_) return body_document(recipe_->body);
  if (!plain_parsed_) {
    plain_parsed_ = true;
    plain_document_ = Document();
    if (recipe_->plain != Format::bytes) plain_document_.parse(recipe_->plain, plain_);
  }
  return plain_document_.ready() ? &plain_document_ : nullptr;
}

const Evaluation::Input* Evaluation::first_present(const Ref& ref) const {
  const std::size_t base = ref.kind == RefKind::query ? 0 : queries_;
  for (const std::size_t slot : ref.slots) {
    const Input& input = inputs_[base + slot];
    if (input.state != Input::State::absent) return &input;
  }
  return nullptr;
}

Document* Evaluation::document_of(const Ref& ref) {
  if (ref.kind != RefKind::body_at) return plain_document();
  return body_document(recipe_ == nullptr ? Format::json : recipe_->body);
}

const Pointer* Evaluation::first_pointer(const Ref& ref) {
  if (ref.kind == RefKind::each_at) {
    for (const Pointer& pointer : ref.pointers) {
      const Json* const found = element_ == nullptr ? nullptr : find(*element_, pointer);
      if (found != nullptr && !found->is_null()) return &pointer;
    }
    return nullptr;
  }
  const Document* const document = document_of(ref);
  if (document == nullptr) return nullptr;
  for (const Pointer& pointer : ref.pointers) {
    if (document->has(pointer)) return &pointer;
  }
  return nullptr;
}

bool Evaluation::present(const Ref& ref) {
  switch (ref.kind) {
    case RefKind::header:
    case RefKind::query:
      return first_present(ref) != nullptr;
    case RefKind::body_at:
    case RefKind::plain_at:
    case RefKind::each_at:
      return first_pointer(ref) != nullptr;
    case RefKind::field:
      return field_text(ref).has_value();
    default: {
      const auto found = text(ref);
      return found && !found->empty();
    }
  }
}

std::optional<std::string_view> Evaluation::field_text(const Ref& ref) {
  const Input* const input = first_present(ref);
  if (input == nullptr || input->state != Input::State::once) return std::nullopt;
  std::optional<std::string_view> found;
  std::string_view rest = input->text;
  while (!rest.empty()) {
    const std::string_view field = trim(cut(rest, ','));
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos || field.substr(0, equals) != ref.literal) continue;
    if (found) return std::nullopt;
    found = field.substr(equals + 1);
  }
  return found;
}

std::optional<std::string_view> Evaluation::pointed_text(const Ref& ref) {
  const Pointer* const pointer = first_pointer(ref);
  if (pointer == nullptr) return std::nullopt;
  if (ref.kind != RefKind::each_at) return document_of(ref)->text(*pointer, arena_);
  auto text = scalar_text(*find(*element_, *pointer));
  if (!text) return std::nullopt;
  return arena_.keep(*std::move(text));
}

std::optional<std::string_view> Evaluation::raw_text(const Ref& ref) {
  switch (ref.kind) {
    case RefKind::header:
    case RefKind::query: {
      const Input* const input = first_present(ref);
      if (input == nullptr || input->state != Input::State::once) return std::nullopt;
      return input->text;
    }
    case RefKind::field:
      return field_text(ref);
    case RefKind::body:
      return callback_.body;
    case RefKind::body_ascii: {
      auto escaped = escape_non_ascii(callback_.body);
      if (!escaped) return std::nullopt;
      return arena_.keep(*std::move(escaped));
    }
    case RefKind::body_at:
    case RefKind::plain_at:
    case RefKind::each_at:
      return pointed_text(ref);
    case RefKind::plain:
      return plain();
    case RefKind::path:
      return callback_.path;
    case RefKind::url: {
      std::string_view base = plan_.settings[ref.slots.front()];
      while (base.ends_with('/')) base.remove_suffix(1);
      return arena_.keep(std::string(base) + callback_.path);
    }
    case RefKind::setting: {
      const std::string& setting = plan_.settings[ref.slots.front()];
      if (setting.empty()) return std::nullopt;
      return setting;
    }
    case RefKind::text:
      return ref.literal;
    case RefKind::sealed:
      return sealed_;
    case RefKind::signature:
      return signature_;
  }
  return std::nullopt;
}

std::optional<std::string_view> Evaluation::text(const Ref& ref) {
  const auto raw = raw_text(ref);
  if (!raw || !ref.cipher_text) return raw;
  if (ref.kind != RefKind::query) return trim(*raw);
  if (std::ranges::none_of(*raw, is_blank)) return raw;
  return arena_.keep(repair_base64(*raw));
}

std::optional<Json> Evaluation::value(const Ref& ref) {
  if (ref.as_integer) {
    const auto digits = text(ref);
    return digits ? read_integer(*digits) : std::nullopt;
  }
  if (ref.kind == RefKind::body_at || ref.kind == RefKind::plain_at) {
    const Pointer* const pointer = first_pointer(ref);
    return pointer == nullptr ? std::nullopt : document_of(ref)->value(*pointer);
  }
  const auto found = text(ref);
  if (!found || !is_utf8(*found)) return std::nullopt;
  return Json(std::string(*found));
}

bool Evaluation::holds(const Condition& condition) {
  switch (condition.kind) {
    case Condition::Kind::present:
      return present(condition.ref);
    case Condition::Kind::absent:
      return !present(condition.ref);
    case Condition::Kind::one_of:
      break;
  }
  const auto found = text(condition.ref);
  return found && std::ranges::find(condition.values, *found) != condition.values.end();
}

bool Evaluation::holds(std::span<const Condition> conditions) {
  return std::ranges::all_of(conditions,
                             [&](const Condition& condition) { return holds(condition); });
}

}  // namespace guanxi::adapters::protocol
