#include "gateway/store/sql/documents.h"

#include <algorithm>

namespace guanxi::store::sql {
namespace {

using models::Source;

Json source_to_json(const Source& source) {
  return Json::array({source.platform, source.channel, source.seq, source.pack, source.pack_hash,
                      to_ms(source.at), source.from_answer});
}

Source source_from_json(const Json& json) {
  return {json.at(0).get<std::string>(),  json.at(1).get<std::string>(),
          json.at(2).get<std::int64_t>(), json.at(3).get<std::string>(),
          json.at(4).get<std::string>(),  from_ms(json.at(5).get<std::int64_t>()),
          json.at(6).get<bool>()};
}

}  // namespace

std::string to_bytes(const Json& json) {
  std::string bytes;
  Json::to_cbor(json, nlohmann::detail::output_adapter<char>(bytes));
  return bytes;
}

Json json_from(std::string_view bytes) {
  Json json = Json::from_cbor(bytes, true, false);
  return json.is_discarded() ? Json() : json;
}

std::string facts_document(const SubjectFacts& facts) {
  return to_bytes(Json::array({source_to_json(facts.source), models::facts_state(facts.facts)}));
}

std::optional<SubjectFacts> facts_from_document(std::string_view bytes) {
  try {
    const Json json = json_from(bytes);
    auto facts = models::facts_from_state(json.at(1));
    if (!facts) return std::nullopt;
    return SubjectFacts{0, {}, source_from_json(json.at(0)), *std::move(facts)};
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::string customer_document(const models::Customer& customer) {
  constexpr std::size_t kStep = 256;
  std::string bytes = to_bytes(models::customer_state(customer));
  bytes.resize((bytes.size() / kStep + 1) * kStep, '\0');
  return bytes;
}

std::optional<models::Customer> customer_from_document(std::string_view bytes) {
  // What stands behind the document is the room.
  const Json json = Json::from_cbor(bytes, false, false);
  return json.is_discarded() ? std::nullopt : models::customer_from_state(json);
}

std::string_view clipped(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

std::string folded(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

}  // namespace guanxi::store::sql
