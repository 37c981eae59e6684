#include "adapters/protocol/draft.h"

#include <algorithm>

#include "adapters/protocol/encoding.h"
#include "adapters/protocol/transport.h"
#include "adapters/protocol/tree.h"
#include "adapters/protocol/xml.h"

namespace guanxi::adapters::protocol {
namespace {

std::string_view content_type(Format format) {
  switch (format) {
    case Format::json:
      return "application/json";
    case Format::xml:
      return "text/xml";
    case Format::form:
      return "application/x-www-form-urlencoded";
    case Format::bytes:
      break;
  }
  return "text/plain";
}

std::string render_pairs(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string out;
  for (const auto& [name, value] : pairs) {
    out.append(out.empty() ? "" : "&").append(percent_encode(name)).append("=");
    out += percent_encode(value);
  }
  return out;
}

void erase(Json& tree, const Pointer& pointer) {
  Pointer parent = pointer;
  parent.tokens.pop_back();
  if (find(tree, parent) == nullptr) return;
  Json* at = &tree;
  for (const std::string& token : parent.tokens) {
    at = at->is_array() ? &(*at)[std::stoul(token)] : &(*at)[token];
  }
  if (at->is_object()) at->erase(pointer.tokens.back());
}

}  // namespace

Draft::Draft(const RecipePlan& recipe)
    : recipe_(recipe),
      body_is_plain_(std::ranges::all_of(
          recipe.decrypt, [](const DecryptPlan& step) { return step.into.has_value(); })) {}

void Draft::set_plain(std::string bytes) {
  plain_ = std::move(bytes);
  plain_tree_.reset();
  edited_ = false;
}

void Draft::set_plain_tree(Json tree) {
  plain_tree_ = std::move(tree);
  edited_ = true;
}

Json* Draft::plain_tree() {
  if (!plain_tree_) plain_tree_ = read_tree(recipe_.plain, plain_);
  if (!plain_tree_ && plain_.empty()) plain_tree_ = Json::object();
  return plain_tree_ ? &*plain_tree_ : nullptr;
}

std::string Draft::take_plain() {
  std::string plain = render_plain();
  set_plain({});
  return plain;
}

std::optional<std::string> Draft::take_member(const Pointer& pointer) {
  Json* const tree = plain_tree();
  const Json* const found = tree == nullptr ? nullptr : find(*tree, pointer);
  if (found == nullptr || found->is_null()) return std::nullopt;
  std::string text = found->is_string() ? found->get<std::string>() : found->dump();
  erase(*tree, pointer);
  edited_ = true;
  return text;
}

std::string* Draft::find_pair(const Ref& ref) {
  Pairs& pairs = ref.kind == RefKind::query ? query_ : headers_;
  for (auto& [name, value] : pairs) {
    for (const std::string& wanted : ref.names) {
      if (ref.kind == RefKind::query ? name == wanted : equal_ignoring_case(name, wanted)) {
        return &value;
      }
    }
  }
  return nullptr;
}

Json* Draft::tree_of(const Ref& ref) {
  if (ref.kind == RefKind::plain_at || body_is_plain_) return plain_tree();
  return &body_tree_;
}

bool Draft::has(const Ref& ref) {
  if (ref.kind == RefKind::query || ref.kind == RefKind::header) return find_pair(ref) != nullptr;
  const Json* const tree = tree_of(ref);
  return tree != nullptr && std::ranges::any_of(ref.pointers, [&](const Pointer& pointer) {
           const Json* const found = find(*tree, pointer);
           return found != nullptr && !found->is_null();
         });
}

std::optional<std::string> Draft::text(const Ref& ref) {
  switch (ref.kind) {
    case RefKind::query:
    case RefKind::header: {
      const std::string* const found = find_pair(ref);
      return found == nullptr ? std::nullopt : std::optional(*found);
    }
    case RefKind::field: {
      const std::string* const header = find_pair(ref);
      const std::size_t at =
          header == nullptr ? std::string::npos : ("," + *header).find("," + ref.literal + "=");
      if (at == std::string::npos) return std::nullopt;
      const std::string_view rest = std::string_view(*header).substr(at + ref.literal.size() + 1);
      return std::string(rest.substr(0, rest.find(',')));
    }
    case RefKind::body_at:
    case RefKind::plain_at: {
      const Json* const tree = tree_of(ref);
      for (const Pointer& pointer : ref.pointers) {
        const Json* const found = tree == nullptr ? nullptr : find(*tree, pointer);
        if (found != nullptr && !found->is_null()) return scalar_text(*found);
      }
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

void Draft::put_value(const Ref& ref, Json value) {
  Json* const tree = tree_of(ref);
  if (tree == nullptr) return;
  const Pointer* target = &ref.pointers.front();
  for (const Pointer& pointer : ref.pointers) {
    if (find(*tree, pointer) != nullptr) {
      target = &pointer;
      break;
    }
  }
  const bool done = put(*tree, *target, std::move(value));
  if (tree != &body_tree_) edited_ = edited_ || done;
}

void Draft::set_field(const Ref& ref, std::string_view value) {
  const std::string field = ref.literal + "=" + std::string(value);
  if (std::string* header = find_pair(ref)) {
    header->append(",").append(field);
  } else {
    headers_.emplace_back(ref.names.front(), field);
  }
}

void Draft::set(const Ref& ref, std::string_view value) {
  switch (ref.kind) {
    case RefKind::query:
    case RefKind::header:
      if (std::string* found = find_pair(ref)) {
        *found = value;
      } else {
        (ref.kind == RefKind::query ? query_ : headers_).emplace_back(ref.names.front(), value);
      }
      return;
    case RefKind::field:
      return set_field(ref, value);
    case RefKind::body:
      raw_body_ = std::string(value);
      return;
    case RefKind::plain:
      return set_plain(std::string(value));
    case RefKind::body_at:
    case RefKind::plain_at:
      return put_value(ref, std::string(value));
    default:
      return;  // fixed by configuration: nothing to put
  }
}

void Draft::set_number(const Ref& ref, std::int64_t value) {
  const bool points = ref.kind == RefKind::body_at || ref.kind == RefKind::plain_at;
  const Format format = ref.kind == RefKind::plain_at ? recipe_.plain : recipe_.body;
  const Json* const tree = points && format == Format::json ? tree_of(ref) : nullptr;
  const Json* const found = tree == nullptr ? nullptr : find(*tree, ref.pointers.front());
  if (tree == nullptr || (found != nullptr && found->is_string())) {
    set(ref, std::to_string(value));
  } else {
    put_value(ref, value);
  }
}

std::string Draft::render_plain() const {
  return edited_ && plain_tree_ ? render(recipe_.plain, *plain_tree_) : plain_;
}

std::string Draft::render(Format format, const Json& tree) {
  if (format == Format::json) return tree.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (format == Format::xml) return write_xml(tree).value_or(std::string());
  std::vector<std::pair<std::string, std::string>> pairs;
  if (format == Format::form && tree.is_object()) {
    for (const auto& [name, value] : tree.get_ref<const Json::object_t&>()) {
      pairs.emplace_back(name, scalar_text(value).value_or(std::string()));
    }
  }
  return render_pairs(pairs);
}

Callback Draft::callback(const std::string& path) {
  Callback callback;
  callback.method = recipe_.method;
  callback.path = path;
  callback.query = render_pairs(query_);
  callback.headers = headers_;
  if (raw_body_) {
    callback.body = *raw_body_;
  } else if (body_is_plain_) {
    callback.body = render_plain();
  } else if (!body_tree_.is_null()) {
    callback.body = render(recipe_.body, body_tree_);
  }
  if (!callback.body.empty()) {
    callback.headers.emplace_back("Content-Type", content_type(recipe_.body));
  }
  return callback;
}

}  // namespace guanxi::adapters::protocol
