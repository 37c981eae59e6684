// What is kept as one sealed value: models as compact bytes and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/store/store.h"

namespace guanxi::store::sql {

std::string to_bytes(const Json& json);
// Null for what to_bytes() did not write.
Json json_from(std::string_view bytes);

std::string facts_document(const SubjectFacts& facts);
// Source and facts; tenant and subject are the caller's.
std::optional<SubjectFacts> facts_from_document(std::string_view bytes);

// With room to grow, so that the next change often finds its place in the same page.
std::string customer_document(const models::Customer& customer);
std::optional<models::Customer> customer_from_document(std::string_view bytes);

// At most `size` bytes of the text, not cut within a character.
std::string_view clipped(std::string_view text, std::size_t size);
// ASCII letters in lower case: how names are searched.
std::string folded(std::string_view text);

}  // namespace guanxi::store::sql
