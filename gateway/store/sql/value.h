// What statements take: views, valid until the call returns.
#pragma once

#include <cstdint>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace guanxi::store::sql {

struct Text {
  std::string_view view;
};
struct Bytes {
  std::string_view view;
};
using Value = std::variant<std::monostate, std::int64_t, Text, Bytes>;  // monostate: NULL

// The cells of one or many rows, in the order of a statement's placeholders. It owns what it is
// told to keep, so that sealed values can be made before the transaction begins.
class Cells {
 public:
  Cells& null() { return add({}); }
  Cells& number(std::int64_t value) { return add(value); }
  Cells& text(std::string_view view) { return add(Text{view}); }
  Cells& bytes(std::string_view view) { return add(Bytes{view}); }
  template <typename Array>
  Cells& id(const Array& array) {
    return bytes({reinterpret_cast<const char*>(array.data()), array.size()});
  }
  Cells& keep_text(std::string text) { return add(Text{kept_.emplace_back(std::move(text))}); }
  Cells& keep_bytes(std::string bytes) { return add(Bytes{kept_.emplace_back(std::move(bytes))}); }

  void reserve(std::size_t values) { values_.reserve(values); }

  bool empty() const { return values_.empty(); }
  std::span<const Value> values() const { return values_; }
  operator std::span<const Value>() const { return values_; }  // NOLINT: reads as a list of values

 private:
  Cells& add(Value value) {
    values_.push_back(value);
    return *this;
  }

  std::vector<Value> values_;
  std::list<std::string> kept_;
};

}  // namespace guanxi::store::sql
