#include "gateway/pipeline/redaction.h"

#include <algorithm>
#include <vector>

namespace guanxi::pipeline {
namespace {

using models::Fact;
using models::Json;

constexpr char kMark = '*';
// Shorter texts stand everywhere, and say nothing by themselves.
constexpr std::size_t kShortest = 2;

void add(std::string text, std::set<std::string>& texts) {
  if (text.size() >= kShortest && !is_redacted(text)) texts.insert(std::move(text));
}

void add_phone(const std::string& phone, std::set<std::string>& texts) {
  add(phone, texts);
  if (phone.starts_with("+86")) {
    add(phone.substr(3), texts);
    add(phone.substr(1), texts);
  }
}

std::string without_quotes(std::string json) {
  return json.size() < 2 ? json : json.substr(1, json.size() - 2);
}

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

void replace_all(std::string& bytes, const std::string& text) {
  for (std::size_t at = bytes.find(text); at != std::string::npos;
       at = bytes.find(text, at + text.size())) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), text.size(), kMark);
  }
}

}  // namespace

void add_texts(const Json& value, std::set<std::string>& texts) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (text.starts_with('+')) {
      add_phone(text, texts);
    } else {
      add(text, texts);
    }
  } else if (value.is_structured()) {
    for (const Json& item : value) add_texts(item, texts);
  }
}

void add_texts(const Fact& fact, std::set<std::string>& texts) {
  for (const models::Named& named : fact.names) {
    if (named.identity.side != models::Side::customer) continue;
    if (named.identity.name_space == "phone") {
      add_phone(named.identity.value, texts);
    } else {
      add(named.identity.value, texts);
    }
  }
  for (const char* name : {"set", "content", "media", "subject", "url"}) {
    const auto found = fact.fields.find(name);
    if (found != fact.fields.end()) add_texts(*found, texts);
  }
}

std::string redacted(std::string bytes, const std::set<std::string>& texts) {
  std::vector<std::string> all;
  for (const std::string& text : texts) {
    all.push_back(text);
    const Json json(text);
    all.push_back(without_quotes(json.dump(-1, ' ', false, Json::error_handler_t::replace)));
    all.push_back(without_quotes(json.dump(-1, ' ', true, Json::error_handler_t::replace)));
    all.push_back(xml_escaped(text));
  }
  // Longer ones first, since they may hold others.
  std::ranges::sort(all, std::greater{}, &std::string::size);
  for (const std::string& text : all) replace_all(bytes, text);
  return bytes;
}

bool is_redacted(std::string_view text) {
  return text.size() >= kShortest && text.find_first_not_of(kMark) == std::string_view::npos;
}

}  // namespace guanxi::pipeline
