#include "adapters/rules/pack.h"

#include <algorithm>

#include "adapters/rules/compile.h"
#include "adapters/rules/example.h"
#include "adapters/rules/schema.h"
#include "crypto/digest.h"

namespace guanxi::adapters::rules {
namespace {

// Canonical: nlohmann's objects are sorted.
std::string content_hash(const Json& resolved) {
  const std::string text = resolved.dump(-1, ' ', false, Json::error_handler_t::replace);
  return crypto::to_hex(crypto::digest(crypto::HashAlgorithm::sha256, text));
}

const Json& member(const Json& object, const char* key) {
  static const Json kNothing = Json::object();
  const auto found = object.find(key);
  return found == object.end() || !found->is_object() ? kNothing : *found;
}

// An event that is `like` another states only what differs; its shape is judged as it will be read.
Json without_likes(const Json& pack) {
  const auto events = pack.find("events");
  if (events == pack.end() || !events->is_object()) return pack;
  Json resolved = pack;
  for (auto& [name, entry] : resolved["events"].items()) entry = resolved_event(*events, entry);
  return resolved;
}

}  // namespace

RulePack::RulePack(std::string platform, std::string version,
                   std::shared_ptr<const PackSource> source)
    : platform_(std::move(platform)), version_(std::move(version)), source_(std::move(source)) {}

RulePack::RulePack(std::string platform, std::string version, const Json& resolved,
                   const Manifest& manifest, std::vector<Complaint>& complaints)
    : platform_(std::move(platform)), version_(std::move(version)) {
  const std::size_t before = complaints.size();
  for (Complaint& complaint : check_schema(Schema::pack, without_likes(resolved))) {
    complaints.push_back(std::move(complaint));
  }
  if (complaints.size() != before) return;
  plan_ = compile_rules(resolved, manifest, complaints);
  text_ = text_of(resolved);
  if (complaints.size() == before) run_examples(plan_, manifest, resolved, complaints);
  const Json& transport = member(resolved, "transport");
  check_transport(transport, manifest, complaints);
  transport_ = compile_transport(transport, manifest);
}

RulePack::Text RulePack::text_of(const Json& resolved) {
  Text text;
  text.hash = content_hash(resolved);
  for (const auto& [name, example] : member(resolved, "examples").items()) {
    if (!example.is_object() || example.contains("answer_to")) continue;
    text.examples[name] = {example.value("event", std::string()), example.dump()};
  }
  return text;
}

const RulePlan& RulePack::plan() const {
  std::call_once(compiled_, [this] {
    if (source_ == nullptr) return;
    std::vector<Complaint> complaints;
    const auto files = source_->files();
    plan_ = compile_rules(resolve_pack(*files, version_, complaints, "examples"),
                          source_->manifest(), complaints);
    GUANXI_CHECK(complaints.empty());
  });
  return plan_;
}

const RulePack::Text& RulePack::text() const {
  std::call_once(written_, [this] {
    if (source_ == nullptr) return;
    std::vector<Complaint> complaints;
    const auto files = source_->files();
    text_ = text_of(resolve_pack(*files, version_, complaints));
  });
  return text_;
}

std::shared_ptr<const protocol::Transport> RulePack::transport() const {
  return source_ == nullptr ? transport_ : source_->transport(version_);
}

std::vector<std::string> RulePack::event_names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : plan().events) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

bool RulePack::knows(std::string_view event, std::string_view place) const {
  const auto found = plan().events.find(event);
  const auto path = parse_path(place);
  if (found == plan().events.end() || !path) return false;
  const Known& known = found->second->known;
  return std::ranges::any_of(plan().inlets, [&](const InletPlan& inlet) {
    const bool from_root = inlet.any_body || inlet.body.empty();
    if (from_root && known.has(*path)) return true;
    if (inlet.any_body) return false;
    return inlet.known.has(*path) || std::ranges::any_of(inlet.body, [&](const Path& body) {
             const std::size_t depth = body.steps.size();
             if (depth > path->steps.size()) return false;
             const auto rest = path->steps.begin() + static_cast<std::ptrdiff_t>(depth);
             return std::equal(path->steps.begin(), rest, body.steps.begin()) &&
                    known.has({{rest, path->steps.end()}});
           });
  });
}

std::vector<std::string> RulePack::example_names() const {
  std::vector<std::string> names;
  for (const auto& [name, example] : text().examples) names.push_back(name);
  return names;
}

Result<std::pair<std::string, Json>> RulePack::example(std::string_view name) const {
  auto found = text().examples.find(name);
  if (found == text().examples.end()) {
    found = std::ranges::find_if(text().examples,
                                 [&](const auto& entry) { return entry.second.event == name; });
  }
  if (found == text().examples.end()) {
    return fail(ErrorCode::not_found, platform_ + " " + version_ + " has no example or event \"" +
                                          std::string(name) + "\"");
  }
  Json example = Json::parse(found->second.text);
  auto text =
      protocol::render_tree(example.value("format", std::string("json")), example.at("payload"));
  if (!text) return tl::unexpected<Error>(text.error());
  return std::pair(std::move(*text), std::move(example.at("payload")));
}

bool is_version(std::string_view text) {
  if (text.size() != 10) return false;
  return parse_time(std::string(text) + "T00:00:00Z").has_value();
}

}  // namespace guanxi::adapters::rules
