#include "gateway/api/contact_text.h"

#include "models/customer.h"

namespace guanxi::api {
std::optional<std::string> email_from(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size() ||
      text.find('@', at + 1) != std::string_view::npos ||
      text.find(' ') != std::string_view::npos) {
    return std::nullopt;
  }
  return models::email_key(text);
}

}  // namespace guanxi::api
