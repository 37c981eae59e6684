// Taking what is known of a person out of raw payloads. Private to the pipeline.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "models/fact.h"

namespace guanxi::pipeline {

// Every text that the fact says of a person: ids, names, phones as they are written in several
// ways, remarks, messages.
void add_texts(const models::Fact& fact, std::set<std::string>& texts);
void add_texts(const models::Json& value, std::set<std::string>& texts);

// The payload with each of the texts, also as JSON and XML escape them, replaced by as many marks.
std::string redacted(std::string bytes, const std::set<std::string>& texts);

// True for what redacted() left of a text.
bool is_redacted(std::string_view text);

}  // namespace guanxi::pipeline
