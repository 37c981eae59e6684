// The interpreter of transport recipes (docs/transport-recipes.md): how a callback of a platform is
// told from a forgery, decrypted, laid open and answered, as data. And the way back, for `trigger`.
//
//   lint_transport   what is wrong with a pack's `transport` object
//   Transport        one compiled, bound to nothing
//   BoundTransport   one bound to a channel's settings: keys decoded, ready for events
//
// All are immutable and serve any thread.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/adapter.h"
#include "models/fact.h"
#include "models/result.h"
#include "models/time.h"

namespace guanxi::adapters::protocol {

using models::Json;

// Where in the `transport` object, and what is wrong there.
struct Complaint {
  std::string pointer;
  std::string reason;

  bool operator==(const Complaint&) const = default;
};

// Everything the linter refuses in a pack's `transport` object; empty: clean. `secret_settings` are
// the settings that nobody but the platform and we know, `known_settings` all that a channel may
// have.
std::vector<Complaint> lint_transport(const Json& transport,
                                      const std::set<std::string>& secret_settings,
                                      const std::set<std::string>& known_settings);

struct TransportPlan;  // recipe_plan.h
struct BoundPlan;      // bound_plan.h

class Transport {
 public:
  // Lints and compiles. The error is malformed, its detail "pointer: reason" of the first
  // complaint.
  static Result<std::shared_ptr<const Transport>> compile(
      const Json& transport, const std::set<std::string>& secret_settings,
      const std::set<std::string>& known_settings);

  explicit Transport(std::unique_ptr<const TransportPlan> plan);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  const TransportPlan& plan() const { return *plan_; }

 private:
  std::unique_ptr<const TransportPlan> plan_;
};

class BoundTransport {
 public:
  // Judges which recipes the settings enable and decodes their keys. `freshness` overrides the
  // pack's window; 0 turns the check off. The error (malformed) names the setting and never quotes
  // it.
  static Result<std::shared_ptr<const BoundTransport>> bind(
      std::shared_ptr<const Transport> transport, const Settings& settings,
      std::optional<Milliseconds> freshness);

  explicit BoundTransport(std::unique_ptr<const BoundPlan> plan);
  ~BoundTransport();
  BoundTransport(const BoundTransport&) = delete;
  BoundTransport& operator=(const BoundTransport&) = delete;

  // Verifies, decrypts, lays open and answers one callback; total. Errors: `malformed` when nothing
  // could be parsed and no secret was used, else `unauthenticated`, always with the same detail.
  Result<Opened> open(const Callback& callback, Time now) const;

  // The inverse: a callback that open() accepts through `recipe` and that carries `payload`. With
  // an empty name, the enabled recipe that stores payloads and has the fewest weaknesses.
  // `not_found` if there is none of that name, `unsupported` if the payload cannot be sent that
  // way.
  Result<Callback> make(std::string_view recipe, std::string_view payload,
                        const Forgery& forgery) const;

  // The signature of an API request by the pack's `sign` entry of that name; `not_found` if there
  // is none or its settings are not configured, `unsupported` if the request lacks a signed part.
  Result<std::string> sign(std::string_view name, const Callback& request) const;

  // Whether the pack has a recipe of that name, enabled or not.
  bool has(std::string_view recipe) const;
  // The names of the enabled recipes, in the order in which they are tried.
  std::vector<std::string> recipes() const;
  // Those whose payloads are kept, and that are not only counted.
  std::vector<std::string> keeping_recipes() const;

 private:
  std::unique_ptr<const BoundPlan> plan_;
};

// One JSON tree from "xml", "json", "form" or "bytes" (a JSON string). Strict and total:
// `malformed` for anything after the document, a DOCTYPE or processing instruction, repeated keys
// of JSON, more than 32 levels or too many nodes. XML: the root's name is dropped, text is kept as
// it stands, an element without content is "", repeated siblings become an array.
Result<Json> parse_tree(std::string_view format, std::string_view bytes);

// The way back for "xml" and "json": a tree as a platform would send it, `<xml>…</xml>` with CDATA
// around text. `unsupported` for other formats and for trees XML cannot say.
Result<std::string> render_tree(std::string_view format, const Json& tree);

}  // namespace guanxi::adapters::protocol
