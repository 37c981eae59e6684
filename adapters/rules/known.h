// The fields of a message that a pack knows, as a tree; what stands elsewhere is drift.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "adapters/rules/path.h"
#include "models/fact.h"

namespace guanxi::adapters::rules {

struct Known {
  bool scalar = false;    // a scalar is expected here
  bool anything = false;  // whatever stands here and below is known
  bool present = false;   // known to exist; its type is not told here
  bool map = false;       // a list of labels and values, or an object of label to value
  std::vector<std::pair<std::string, Known>> members;  // sorted
  std::vector<Known> element;                          // none or one: of a list

  Known& member(const std::string& key);
  Known& each();
  // The node at a path, made if need be; `*` steps go into elements.
  Known& at(const Path& path);
  // Whether the tree tells anything of what stands at a path or below.
  bool describes(const Path& path) const;
  // Whether something may stand at a path.
  bool has(const Path& path) const;
  bool typeless() const { return !scalar && members.empty() && element.empty(); }
};

// Collects drift, once a pointer and at most so many of one event.
class Findings {
 public:
  static constexpr std::size_t kMost = 32;

  explicit Findings(std::string event) : event_(std::move(event)) {}
  void add(models::Drift::Kind kind, std::string pointer, std::string sample);
  const std::string& event() const { return event_; }
  std::vector<models::Drift> take() { return std::move(drift_); }
  bool empty() const { return drift_.empty(); }
  // An enum said `none!`, a list was empty, or a fact was our own: stating nothing is no surprise.
  bool quiet = false;

 private:
  std::string event_;
  std::vector<models::Drift> drift_;
};

// The places of a message that are known and not null, each once; none if there are too many.
class Places {
 public:
  static constexpr std::size_t kMost = 256;

  void add(const std::string& place);
  std::vector<std::string> take();

 private:
  std::vector<std::string> places_;
  std::size_t next_ = 0;  // behind what was added last
  bool too_many_ = false;
};

// Compares a message with the trees of its inlet and, from `body` on, of its entry. `present`: null
// if nobody asks for it.
void find_drift(const Json& message, const Known& inlet, const Json* body, const Known* entry,
                Findings& findings, Places* present = nullptr);

// "text(12)", "number", "list(3)": the shape of a value, never the value.
std::string shape(const Json& value);

}  // namespace guanxi::adapters::rules
