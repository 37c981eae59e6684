#include "adapters/rules/known.h"

#include <algorithm>
#include <array>

namespace guanxi::adapters::rules {
namespace {

// The nodes that describe the place we are at: of the inlet, of the entry, and of the elements of
// both, since one object may stand for a list of one.
class Nodes {
 public:
  void add(const Known* node) {
    if (node == nullptr || count_ == nodes_.size()) return;
    for (const Known* held : *this) {
      if (held == node) return;
    }
    nodes_[count_++] = node;
  }
  const Known* const* begin() const { return nodes_.data(); }
  const Known* const* end() const { return nodes_.data() + count_; }
  bool empty() const { return count_ == 0; }

 private:
  std::array<const Known*, 12> nodes_{};
  std::size_t count_ = 0;
};

// The way to a place, as a list that lives on the stack: text is made only for a report.
struct Trail {
  const Trail* up = nullptr;
  const std::string* key = nullptr;  // null: an element
};

// A key as the platform names it; what a person may have written stands for itself as its length.
std::string shown_key(const std::string& key) {
  constexpr std::size_t kLongestKey = 64;
  constexpr std::size_t kMostDigits = 6;  // in a row: more may be a number to call
  std::size_t digits = 0;
  bool plain = !key.empty() && key.size() <= kLongestKey;
  for (const char c : key) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    const bool beyond = static_cast<unsigned char>(c) >= 0x80;
    const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      std::string_view("._-$/~:[]").find(c) != std::string_view::npos;
    plain = plain && (word || beyond) && digits <= kMostDigits;
  }
  return plain ? key : "key(" + std::to_string(key.size()) + ")";
}

std::string pointer_text(const Trail* trail) {
  std::vector<const Trail*> steps;
  for (; trail != nullptr && trail->up != nullptr; trail = trail->up) steps.push_back(trail);
  std::string text;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    text += '/';
    text += (*step)->key == nullptr ? std::string("*") : escape_step(shown_key(*(*step)->key));
  }
  return text;
}

const Known* child(const Known& node, const std::string& key) {
  const auto found =
      std::ranges::lower_bound(node.members, key, {}, &std::pair<std::string, Known>::first);
  return found != node.members.end() && found->first == key ? &found->second : nullptr;
}

class Walk {
 public:
  Walk(const Json* body, const Known* entry, Findings& findings, Places* present)
      : body_(body), entry_(entry), findings_(findings), present_(present) {}

  void visit(const Json& value, Nodes nodes, const Trail& trail) {
    if (&value == body_) nodes.add(entry_);
    for (const Known* node : nodes) {
      if (node->anything) return;
    }
    if (value.is_object()) {
      visit_object(value, nodes, trail);
    } else if (value.is_array()) {
      visit_array(value, nodes, trail);
    } else if (!is_empty(value)) {
      visit_scalar(value, nodes, trail);
    }
  }

 private:
  void visit_object(const Json& object, const Nodes& nodes, const Trail& trail) {
    Nodes wide = nodes;
    bool described = false;
    for (const Known* node : nodes) {
      if (!node->element.empty()) wide.add(&node->element.front());
    }
    for (const Known* node : wide) {
      if (node->anything) return;
      described = described || !node->members.empty();
    }
    for (const Known* node : nodes) {
      if (node->map && !labelled(object, *node)) return;
    }
    if (!described) {
      if (!object.empty() && !only_present(wide)) retyped(object, trail);
      return;
    }
    const std::size_t here = place_.size();
    if (std::ranges::all_of(nodes, [](const Known* node) { return node->members.empty(); })) {
      enter("*");  // the one element of a list
    }
    const std::size_t inside = place_.size();
    for (const auto& [key, value] : object.get_ref<const Json::object_t&>()) {
      Nodes next;
      for (const Known* node : wide) next.add(child(*node, key));
      const Trail step{&trail, &key};
      if (next.empty() && &value != body_) {
        findings_.add(models::Drift::Kind::unknown_field, pointer_text(&step), shape(value));
      } else if (!value.is_null()) {
        enter(key);
        visit(value, next, step);
        leave_to(inside);
      }
    }
    leave_to(here);
  }

  void visit_array(const Json& array, const Nodes& nodes, const Trail& trail) {
    Nodes elements;
    bool numbered = false;
    for (const Known* node : nodes) {
      if (!node->element.empty()) elements.add(&node->element.front());
      for (const auto& [key, member] : node->members) {
        numbered = numbered || key.find_first_not_of("0123456789") == std::string::npos;
      }
    }
    if (!elements.empty()) {
      const Trail step{&trail, nullptr};
      const std::size_t here = place_.size();
      if (!array.empty()) enter("*");
      for (const Json& value : array) visit(value, elements, step);
      leave_to(here);
    } else if (!array.empty() && !numbered && !only_present(nodes)) {
      retyped(array, trail);
    }
  }

  void visit_scalar(const Json& value, const Nodes& nodes, const Trail& trail) {
    bool structured = false;
    for (const Known* node : nodes) {
      if (node->scalar) return;
      if (!node->element.empty()) {
        const Known& element = node->element.front();
        if (element.scalar || element.anything || element.typeless()) return;
        structured = true;
      }
      structured = structured || !node->members.empty();
    }
    if (structured) retyped(value, trail);
  }

  // Whether an object is one pair of label and value rather than a map of them.
  static bool labelled(const Json& object, const Known& node) {
    if (node.element.empty()) return false;
    return std::ranges::any_of(node.element.front().members,
                               [&](const auto& member) { return object.contains(member.first); });
  }

  static bool only_present(const Nodes& nodes) {
    return std::ranges::all_of(nodes, [](const Known* node) { return node->typeless(); });
  }

  void retyped(const Json& value, const Trail& trail) {
    findings_.add(models::Drift::Kind::retyped, pointer_text(&trail), shape(value));
  }

  void enter(const std::string& key) {
    if (present_ == nullptr) return;
    place_ += '/';
    place_ += escape_step(key);
    present_->add(place_);
  }

  void leave_to(std::size_t length) { place_.resize(length); }

  const Json* body_;
  const Known* entry_;
  Findings& findings_;
  Places* present_;
  std::string place_;  // where we are, if somebody asks
};

}  // namespace

Known& Known::member(const std::string& key) {
  auto found = std::ranges::lower_bound(members, key, {}, &std::pair<std::string, Known>::first);
  if (found == members.end() || found->first != key) {
    found = members.emplace(found, key, Known{});
  }
  return found->second;
}

Known& Known::each() {
  if (element.empty()) element.emplace_back();
  return element.front();
}

Known& Known::at(const Path& path) {
  Known* node = this;
  for (const Step& step : path.steps) {
    node = step.kind == Step::Kind::any ? &node->each() : &node->member(step.key);
  }
  return *node;
}

bool Known::describes(const Path& path) const {
  const Known* node = this;
  for (const Step& step : path.steps) {
    if (step.kind == Step::Kind::any) {
      node = node->element.empty() ? nullptr : &node->element.front();
    } else {
      node = child(*node, step.key);
    }
    if (node == nullptr) return false;
  }
  return !node->typeless();
}

bool Known::has(const Path& path) const {
  const Known* node = this;
  for (const Step& step : path.steps) {
    if (node->anything) return true;
    if (step.kind == Step::Kind::any) {
      node = node->element.empty() ? nullptr : &node->element.front();
    } else {
      node = child(*node, step.key);
    }
    if (node == nullptr) return false;
  }
  return true;
}

void Places::add(const std::string& place) {
  // The elements of a list mostly have the same, in the same order.
  if (next_ >= places_.size() || places_[next_] != place) {
    next_ = static_cast<std::size_t>(std::ranges::find(places_, place) - places_.begin());
  }
  if (next_ == places_.size() && !too_many_) {
    too_many_ = places_.size() >= kMost;
    if (!too_many_) places_.push_back(place);
  }
  ++next_;
}

std::vector<std::string> Places::take() {
  if (too_many_) places_.clear();
  return std::move(places_);
}

void Findings::add(models::Drift::Kind kind, std::string pointer, std::string sample) {
  if (drift_.size() >= kMost) return;
  for (const models::Drift& held : drift_) {
    if (held.kind == kind && held.pointer == pointer &&
        (kind != models::Drift::Kind::unknown_value || held.sample == sample)) {
      return;
    }
  }
  drift_.push_back({kind, event_, std::move(pointer), std::move(sample)});
}

void find_drift(const Json& message, const Known& inlet, const Json* body, const Known* entry,
                Findings& findings, Places* present) {
  Nodes nodes;
  nodes.add(&inlet);
  const Trail root;
  Walk(body, entry, findings, present).visit(message, nodes, root);
}

std::string shape(const Json& value) {
  switch (value.type()) {
    case Json::value_t::string:
      return "text(" + std::to_string(value.get_ref<const std::string&>().size()) + ")";
    case Json::value_t::array:
      return "list(" + std::to_string(value.size()) + ")";
    case Json::value_t::object:
      return "object(" + std::to_string(value.size()) + ")";
    case Json::value_t::boolean:
      return "boolean";
    case Json::value_t::null:
    case Json::value_t::discarded:
      return "null";
    default:
      return "number";
  }
}

}  // namespace guanxi::adapters::rules
