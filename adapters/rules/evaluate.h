// Values of a rule taken from a message.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/rules/known.h"
#include "adapters/rules/plan.h"

namespace guanxi::adapters::rules {

// What `$…` stands for. Null: unknown.
struct Variables {
  Json id, time, org, app, key, name;
  const Json* arguments = nullptr;  // of the call, in answers
};

// Where pointers start.
struct Frame {
  const Json* body = nullptr;
  const Json* item = nullptr;
  const Json* outer = nullptr;
  const Variables* variables = nullptr;
};

// A value read: known, cleared (the platform says it holds nothing), or unknown.
struct Outcome {
  enum class State : std::uint8_t { unknown, cleared, known } state = State::unknown;
  Json value;

  bool known() const { return state == State::known; }
};

// What stands at a source; null when nothing does.
const Json* look(const Source& source, const Frame& frame);

// The first of the sources that is there and not empty; null when none is.
const Json* first_filled(const std::vector<Source>& sources, const Frame& frame);

// Reads a value as a type. An enum's unknown value is noted, and refused where `closed` has words.
Outcome evaluate(const Value& value, Type type, Words closed, const Frame& frame,
                 Findings& findings);

// Reads a scalar as text.
std::optional<std::string> evaluate_text(const Value& value, const Frame& frame,
                                         Findings& findings);

// As a sample of drift: codes are short words, anything else may be what a person typed.
std::string code_sample(const std::string& text);

// What the enum makes of a value; null when it does not know it. "none!" is for the caller to heed.
const std::string* translation(const EnumTable& table, const std::string& text);

// Label and value pairs: what the enum knows goes to `set` under its model field, the rest to
// `answers`.
void evaluate_pairs(const Value& value, const Frame& frame, Findings& findings, Json& set,
                    Json& answers);

// The elements of a list: an object or scalar is a list of one, an empty value a list of none.
// `storage` keeps what had to be made.
std::vector<const Json*> elements_of(const Json& list, bool split, std::vector<Json>& storage);

}  // namespace guanxi::adapters::rules
