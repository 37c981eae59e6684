#include "models/mask.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

namespace guanxi::models {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

struct Character {
  char32_t code = 0;
  std::size_t size = 1;
};

// Of broken UTF-8, the byte.
Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  if (size == 1 || at + size > text.size()) return {lead, 1};
  char32_t code = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return {lead, 1};
    code = code << 6 | (byte(at + i) & 0x3fU);
  }
  return {code, size};
}

// The digit that a character shows: of either width, circled, or mathematical.
std::optional<char> digit_of(char32_t code) {
  const auto from = [code](char32_t zero, char32_t first = 0) -> std::optional<char> {
    if (code < zero + first || code > zero + 9) return std::nullopt;
    return static_cast<char>('0' + (code - zero));
  };
  for (const char32_t zero : {U'0', U'\uff10'}) {
    if (const auto digit = from(zero)) return digit;
  }
  if (code >= 0x1d7ce && code <= 0x1d7ff) return static_cast<char>('0' + (code - 0x1d7ce) % 10);
  if (code == 0x24ea || code == 0x24ff) return '0';
  for (const char32_t zero : {0x245fU, 0x2473U, 0x2487U, 0x24f4U, 0x2775U, 0x277fU, 0x2789U}) {
    if (const auto digit = from(zero, 1)) return digit;
  }
  return std::nullopt;
}

// What people put between the digits of a number: anything that is neither letter nor digit.
bool is_mark(char32_t code) {
  if (code < 0x80) return !is_letter(static_cast<char>(code)) && !digit_of(code);
  const auto within = [code](char32_t first, char32_t last) {
    return code >= first && code <= last;
  };
  return within(0x80, 0xbf) || code == 0xd7 || code == 0xf7 || within(0x2000, 0x2bff) ||
         within(0x3000, 0x3030) || within(0xfe00, 0xfe6f) || code == 0xfeff ||
         within(0xff00, 0xff0f) || within(0xff1a, 0xff20) || within(0xff3b, 0xff40) ||
         within(0xff5b, 0xff65) || code == 0x30fb;
}

bool fits(std::string_view text, std::string_view form) {
  if (text.size() < form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const char c = text[i];
    if (form[i] == '0' ? !is_digit(c) : form[i] == '-' ? c != '-' && c != '/' : c != form[i]) {
      return false;
    }
  }
  return true;
}

bool ends_at(std::string_view text, std::size_t at) {
  return text.size() == at || !is_digit(text[at]);
}

// How long the date is that stands at the beginning, "2025-01-01" or "2025/01/01", which is no
// number to call, and what follows may be one; 0: none.
std::size_t date_at(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00";
  if (!fits(text, kForm) || !ends_at(text, kForm.size())) return 0;
  const std::string_view month = text.substr(5, 2);
  const std::string_view day = text.substr(8, 2);
  const bool is_day = month >= "01" && month <= "12" && day >= "01" && day <= "31";
  return is_day ? kForm.size() : 0;
}

// The same for a time of day: "13:45", "13:45:07", "13:45:07.123".
std::size_t clock_at(std::string_view text) {
  if (!fits(text, "00:00") || text.substr(0, 2) > "23" || text[3] > '5') return 0;
  std::size_t size = 5;
  if (fits(text.substr(size), ":00") && text[size + 1] <= '5') {
    size += 3;
    if (fits(text.substr(size), ".000") && ends_at(text, size + 4)) size += 4;
  }
  return ends_at(text, size) ? size : 0;
}

// Phone numbers, however they are written, become plain ones that are masked.
std::string mask_phones(std::string_view text) {
  constexpr std::size_t kFewest = 7;
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    if (const std::size_t size = std::max(date_at(rest), clock_at(rest)); size > 0) {
      shown += rest.substr(0, size);
      at += size;
      continue;
    }
    const bool plus = text[at] == '+' && at + 1 < text.size();
    std::size_t end = at + (plus ? 1 : 0);
    if (!digit_of(character_at(text, end).code)) {
      const std::size_t size = character_at(text, at).size;
      shown += text.substr(at, size);
      at += size;
      continue;
    }
    std::string number = plus ? "+" : "";
    for (std::size_t next = end; next < text.size();) {
      const Character character = character_at(text, next);
      const auto digit = digit_of(character.code);
      if (!digit && !is_mark(character.code)) break;
      next += character.size;
      if (!digit) continue;
      number += *digit;
      end = next;
    }
    const bool hides = number.size() - (plus ? 1 : 0) >= kFewest;
    shown += hides ? mask_phone(number) : std::string(text.substr(at, end - at));
    at = end;
  }
  return shown;
}

bool is_domain(char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '['; }

bool is_local(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-/=?^_`{|}~.";
  return is_digit(c) || is_letter(c) || kMarks.find(c) != std::string_view::npos;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// "corp.cn", "[1.2.3.4]" behind blanks: an address even if blanks stand around the @.
bool has_dotted_domain(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  std::size_t size = 0;
  while (size < text.size() && is_domain(text[size])) ++size;
  const std::size_t dot = text.substr(0, size).find('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < size;
}

// Where the local part begins that ends at the end of `text`; its end if there is none.
std::size_t local_part(std::string_view text, bool past_blanks) {
  std::size_t end = text.size();
  while (past_blanks && end > 0 && is_blank(text[end - 1])) --end;
  if (end > 1 && text[end - 1] == '"') {
    const std::size_t open = text.rfind('"', end - 2);
    if (open != std::string_view::npos) return open;
  }
  std::size_t start = end;
  while (start > 0 && is_local(text[start - 1])) --start;
  if (start == end) {
    while (start > 0 && is_beyond_ascii(text[start - 1])) --start;
  }
  return start == end ? text.size() : start;
}

// Hides what stands before the @ of an address: the Latin part of it, or all where there is none.
std::string mask_emails(std::string_view text) {
  constexpr std::string_view kWideAt = "\uff20";
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    const bool wide = text.substr(at).starts_with(kWideAt);
    const std::size_t size = wide ? kWideAt.size() : 1;
    if (wide || text[at] == '@') {
      const std::string_view behind = text.substr(at + size);
      const bool dotted = has_dotted_domain(behind);
      const bool follows = !behind.empty() && (is_domain(behind[0]) || is_beyond_ascii(behind[0]));
      const std::size_t start = local_part(shown, dotted);
      if ((dotted || follows) && start < shown.size()) {
        const char first = shown[start];
        shown.replace(start, std::string::npos,
                      (is_letter(first) || is_digit(first) ? std::string(1, first) : "") + "***");
      }
    }
    shown += text.substr(at, size);
    at += size;
  }
  return shown;
}

}  // namespace

std::string mask_phone(std::string_view phone) {
  // Enough for a person to recognise it by, and never so much that the rest can be guessed: of a
  // Chinese mobile number its first three digits and the last four.
  struct Shown {
    std::size_t front, behind;
  };
  const Shown shown = phone.size() >= 14   ? Shown{6, 4}
                      : phone.size() >= 11 ? Shown{3, 4}
                      : phone.size() >= 9  ? Shown{2, 2}
                                           : Shown{0, 0};
  return std::string(phone.substr(0, shown.front)) +
         std::string(phone.size() - shown.front - shown.behind, '*') +
         std::string(phone.substr(phone.size() - shown.behind));
}

std::string mask_email(std::string_view email) {
  const std::size_t at = email.rfind('@');
  if (at == std::string_view::npos || at == 0) return "***";
  const unsigned char first = static_cast<unsigned char>(email.front());
  const std::string shown = first < 0x80 ? std::string(1, email.front()) : std::string();
  return shown + "***" + std::string(email.substr(at));
}

std::string mask_text(std::string_view text) { return mask_phones(mask_emails(text)); }

void mask_within(nlohmann::json& value) {
  if (value.is_string()) value = mask_text(value.get<std::string>());
  if (value.is_structured()) {
    for (nlohmann::json& item : value) mask_within(item);
  }
}

}  // namespace guanxi::models
