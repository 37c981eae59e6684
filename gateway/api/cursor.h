// Cursors: positions that callers hold and cannot make, change, or use for another tenant or list.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "gateway/api/problem.h"
#include "gateway/store/store.h"

namespace guanxi::api {

// Issues and reads the cursors of one list. `filter` is the canonical text of what the list is
// filtered by; a cursor is good for that filter only. Views its arguments.
class CursorBook {
 public:
  CursorBook(const store::Store& store, store::TenantId tenant, std::string_view list,
             std::string_view filter);

  // URL-safe text.
  std::string issue(std::string_view position) const;
  // The position; cursor_invalid for what issue() did not write, cursor_mismatch for another
  // filter.
  tl::expected<std::string, Problem> read(std::string_view cursor) const;

 private:
  std::string mac(std::string_view filter_hash, std::string_view position) const;

  const store::Store& store_;
  store::TenantId tenant_;
  std::string list_;
  std::string filter_hash_;
};

}  // namespace guanxi::api
