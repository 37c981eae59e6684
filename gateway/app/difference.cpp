#include "gateway/app/difference.h"

#include <algorithm>
#include <ostream>

namespace guanxi::app {
namespace {

constexpr std::size_t kLongest = 400;

// Lists are compared place by place, objects name by name.
class Printer {
 public:
  Printer(std::ostream& out, const std::set<std::string>& except) : out_(out), except_(except) {}

  void compare(const Json& before, const Json& after, const Json::json_pointer& pointer) {
    if (except_.contains(pointer.to_string()) || before == after) return;
    if (before.is_object() && after.is_object()) {
      for (const auto& [name, value] : before.items()) {
        const auto other = after.find(name);
        const Json::json_pointer place = pointer / name;
        if (other == after.end()) {
          say('-', place, shown_value(value));
        } else {
          compare(value, *other, place);
        }
      }
      for (const auto& [name, value] : after.items()) {
        if (!before.contains(name)) say('+', pointer / name, shown_value(value));
      }
      return;
    }
    if (before.is_array() && after.is_array()) {
      for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
        const Json::json_pointer place = pointer / i;
        if (i >= after.size()) {
          say('-', place, shown_value(before[i]));
        } else if (i >= before.size()) {
          say('+', place, shown_value(after[i]));
        } else {
          compare(before[i], after[i], place);
        }
      }
      return;
    }
    say('~', pointer, shown_value(before) + " -> " + shown_value(after));
  }

  bool has_said() const { return has_said_; }

 private:
  void say(char how, const Json::json_pointer& pointer, const std::string& what) {
    const std::string place = pointer.to_string();
    if (except_.contains(place)) return;
    out_ << "  " << how << ' ' << place << ' ' << what << '\n';
    has_said_ = true;
  }

  std::ostream& out_;
  const std::set<std::string>& except_;
  bool has_said_ = false;
};

}  // namespace

std::string shown_value(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() <= kLongest) return text;
  std::size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text + "…";
}

bool print_difference(const Json& before, const Json& after, std::ostream& out,
                      const std::set<std::string>& except) {
  Printer printer(out, except);
  printer.compare(before, after, Json::json_pointer());
  return printer.has_said();
}

}  // namespace guanxi::app
