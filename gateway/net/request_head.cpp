#include "gateway/net/request_head.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "gateway/net/http_server.h"

namespace guanxi::net {
namespace {

constexpr std::size_t kVersionSize = 8;  // "HTTP/1.1"

constexpr std::array<bool, 256> token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kToken = token_table();

bool is_visible(char c) { return c > 0x20 && c < 0x7F; }

bool is_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || byte == '\t';
  });
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_known_method(std::string_view method) {
  static constexpr std::string_view kMethods[] = {"GET",   "POST",   "HEAD",   "PUT",
                                                  "PATCH", "DELETE", "OPTIONS"};
  return std::ranges::find(kMethods, method) != std::end(kMethods);
}

// Origin form only, without fragment, and every escape readable and not NUL.
bool is_sound_target(std::string_view target) {
  if (target.empty() || target.front() != '/') return false;
  if (!std::ranges::all_of(target, [](char c) { return is_visible(c) && c != '#'; })) return false;
  return target.find('%') == std::string_view::npos || percent_decode(target).has_value();
}

// 0 for 1.1, 1 for 1.0, else a status.
int version_verdict(std::string_view version) {
  if (version == "HTTP/1.1") return 0;
  if (version == "HTTP/1.0") return 1;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool other = version.size() == kVersionSize && version.starts_with("HTTP/") &&
                     digit(version[5]) && version[6] == '.' && digit(version[7]);
  return other ? 505 : 400;
}

int check_request_line(std::string_view line, const HeadLimits& limits, bool& old) {
  const std::size_t first = line.find(' ');
  if (first == std::string_view::npos || !is_token(line.substr(0, first))) return 400;
  const std::size_t last = line.rfind(' ');
  if (last == first) return 400;
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (target.size() > limits.target_bytes) return 414;
  const int version = version_verdict(line.substr(last + 1));
  if (version > 1) return version;
  old = version == 1;
  if (!is_known_method(line.substr(0, first))) return 501;
  return is_sound_target(target) ? 0 : 400;
}

struct Fields {
  int hosts = 0;
  int lengths = 0;
  int encodings = 0;
  bool close = false;
  bool keep = false;
  bool expects_continue = false;
};

void note_connection(std::string_view value, Fields& fields) {
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    const std::string_view option = trimmed(value.substr(0, comma));
    fields.close |= equal_ignoring_case(option, "close");
    fields.keep |= equal_ignoring_case(option, "keep-alive");
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
}

bool is_sound_host(std::string_view value) {
  return std::ranges::all_of(
      value, [](char c) { return is_visible(c) && !std::strchr("/?#@\\<>\"{}|^`,", c); });
}

int note_field(std::string_view name, std::string_view value, Fields& fields) {
  switch (name.size()) {
    case 4:
      if (!equal_ignoring_case(name, "host")) return 0;
      return ++fields.hosts > 1 || !is_sound_host(value) ? 400 : 0;
    case 6:
      if (!equal_ignoring_case(name, "expect")) return 0;
      fields.expects_continue = equal_ignoring_case(value, "100-continue");
      return fields.expects_continue ? 0 : 417;
    case 10:
      if (equal_ignoring_case(name, "connection")) note_connection(value, fields);
      return 0;
    case 14: {
      if (!equal_ignoring_case(name, "content-length")) return 0;
      const bool digits = std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
      if (++fields.lengths > 1 || value.empty() || !digits) return 400;
      return value.size() > 18 ? 413 : 0;
    }
    case 17:
      if (!equal_ignoring_case(name, "transfer-encoding")) return 0;
      return ++fields.encodings > 1 || !equal_ignoring_case(value, "chunked") ? 400 : 0;
    default:
      return 0;
  }
}

int check_fields(std::string_view lines, Fields& fields) {
  for (;;) {
    const std::size_t end = lines.find('\r');
    if (end == std::string_view::npos || end + 1 >= lines.size() || lines[end + 1] != '\n')
      return 400;
    if (end == 0) return lines.size() == 2 ? 0 : 400;
    const std::string_view line = lines.substr(0, end);
    const std::size_t colon = line.find(':');
    // A folded line and white space before the colon both show as no token.
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return 400;
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_value(value)) return 400;
    if (const int status = note_field(line.substr(0, colon), value, fields)) return status;
    lines.remove_prefix(end + 2);
  }
}

}  // namespace

HeadScan::Found HeadScan::scan(std::string_view data) {
  while (next_ < data.size()) {
    const void* found = std::memchr(data.data() + next_, '\n', data.size() - next_);
    if (found == nullptr) {
      next_ = data.size();
      return Found::more;
    }
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - data.data());
    next_ = at + 1;
    if (at == line_ || data[at - 1] != '\r') return Found::malformed;
    if (at == line_ + 1) return Found::end;
    line_ = next_;
  }
  return Found::more;
}

HeadVerdict check_head(std::string_view head, const HeadLimits& limits) {
  HeadVerdict verdict;
  const std::size_t end = head.find("\r\n");
  if (end == std::string_view::npos) return {400};
  verdict.status = check_request_line(head.substr(0, end), limits, verdict.old);
  if (verdict.status != 0) return verdict;
  if (head.size() > limits.header_bytes) return {431};
  Fields fields;
  verdict.status = check_fields(head.substr(end + 2), fields);
  if (verdict.status != 0) return verdict;
  if (fields.hosts == 0 && !verdict.old) return {400};
  if (fields.encodings > 0 && (fields.lengths > 0 || verdict.old)) return {400};
  verdict.keep_alive = !fields.close && (!verdict.old || fields.keep);
  verdict.expects_continue = fields.expects_continue && !verdict.old;
  return verdict;
}

int check_partial_head(std::string_view data, bool in_first_line, const HeadLimits& limits) {
  if (data.empty()) return 0;
  // Recognizes at once what speaks another protocol to us, TLS for instance.
  if (data.front() != '\r' && !kToken[static_cast<unsigned char>(data.front())]) return 400;
  if (in_first_line) {
    const std::size_t space = data.find(' ');
    const std::size_t method = std::min(space, data.size());
    constexpr std::size_t kBehindTarget = 1 + kVersionSize + 1;
    if (method < data.size() && data.size() - method - 1 > limits.target_bytes + kBehindTarget)
      return 414;
  }
  return data.size() >= limits.header_bytes ? 431 : 0;
}

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

}  // namespace guanxi::net
