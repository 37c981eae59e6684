#include "adapters/rules/schema.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

#include "adapters/rules/embedded.h"
#include "models/result.h"

namespace guanxi::adapters::rules {
namespace {

// Compiled once; validation does not change it.
std::unique_ptr<valijson::Schema> parse_schema(std::string_view path) {
  const auto text = embedded_file(path);
  GUANXI_CHECK(text.has_value());
  const Json json = Json::parse(*text);
  auto schema = std::make_unique<valijson::Schema>();
  valijson::SchemaParser parser;
  const valijson::adapters::NlohmannJsonAdapter adapter(json);
  parser.populateSchema(adapter, *schema);
  return schema;
}

const valijson::Schema& schema_of(Schema schema) {
  static const auto pack = parse_schema("rules/schema/pack.schema.json");
  static const auto manifest = parse_schema("rules/schema/manifest.schema.json");
  return schema == Schema::pack ? *pack : *manifest;
}

// valijson writes a place as "<root>", "[a]", "[b]".
std::string pointer_of(const std::vector<std::string>& context) {
  std::string pointer;
  for (const std::string& part : context) {
    if (part.size() < 2 || part.front() != '[') continue;
    pointer += '/' + escape_step(std::string_view(part).substr(1, part.size() - 2));
  }
  return pointer;
}

}  // namespace

std::vector<Complaint> check_schema(Schema schema, const Json& json) {
  constexpr std::size_t kMost = 5;
  valijson::ValidationResults results;
  valijson::Validator validator;
  const valijson::adapters::NlohmannJsonAdapter target(json);
  std::vector<Complaint> complaints;
  if (validator.validate(schema_of(schema), target, &results)) return complaints;
  // The innermost place is reported first, and says most.
  valijson::ValidationResults::Error error;
  while (complaints.size() < kMost && results.popError(error)) {
    complaints.push_back({pointer_of(error.context), error.description});
  }
  if (complaints.empty()) complaints.push_back({"", "has the wrong shape"});
  return complaints;
}

}  // namespace guanxi::adapters::rules
