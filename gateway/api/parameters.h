// The query of one request, read against the names that its route knows.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "gateway/api/problem.h"
#include "models/time.h"

namespace guanxi::api {

template <typename T>
using Checked = tl::expected<T, Problem>;

class Parameters {
 public:
  // Refuses bad encoding, repeated names and names not in `known`.
  static Checked<Parameters> read(std::string_view query, std::span<const std::string_view> known);

  // Null when absent or empty.
  const std::string* find(std::string_view name) const;
  Checked<std::size_t> number(std::string_view name, std::size_t smallest, std::size_t largest,
                              std::size_t otherwise) const;
  Checked<std::optional<Time>> time(std::string_view name) const;
  Checked<bool> flag(std::string_view name) const;  // absent: false

  // All but `cursor` and `limit`, in one spelling: what a cursor is bound to.
  std::string filter() const;
  // The query again with another cursor.
  std::string with_cursor(std::string_view cursor) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace guanxi::api
