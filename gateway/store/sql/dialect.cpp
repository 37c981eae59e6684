#include "gateway/store/sql/dialect.h"

#include "models/result.h"

namespace guanxi::store::sql {

std::string Dialect::expand(std::string_view text) const {
  std::string expanded;
  expanded.reserve(text.size() + 64);
  for (std::size_t at = 0;;) {
    const std::size_t open = text.find('{', at);
    expanded += text.substr(at, open - at);
    if (open == std::string_view::npos) return expanded;
    const std::size_t close = text.find('}', open);
    GUANXI_CHECK(close != std::string_view::npos);
    const std::string_view inside = text.substr(open + 1, close - open - 1);
    const std::size_t colon = inside.find(':');
    const std::string_view argument =
        colon == std::string_view::npos ? std::string_view{} : inside.substr(colon + 1);
    expanded += word(inside.substr(0, colon), argument);
    at = close + 1;
  }
}

}  // namespace guanxi::store::sql
