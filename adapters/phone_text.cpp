#include "adapters/phone_text.h"

#include "adapters/rules/phone.h"

namespace guanxi::adapters {

std::optional<std::string> phone_from(std::string_view text) {
  const rules::Json phone = rules::read_phone(text, "");
  if (!phone.is_string()) return std::nullopt;
  return phone.get<std::string>();
}

}  // namespace guanxi::adapters
