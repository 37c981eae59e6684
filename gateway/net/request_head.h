// The first look at a request's header block, before the parser reads it: refuses what a lenient
// parser and a proxy in front of us could understand differently (RFC 9112, sections 3, 5, 6).
#pragma once

#include <cstddef>
#include <string_view>

namespace guanxi::net {

// Finds the end of a header block that arrives in pieces, looking at every byte once.
class HeadScan {
 public:
  enum class Found { more, end, malformed };

  // `data` starts where it started before and has grown. Malformed: a line not ended by CR LF.
  Found scan(std::string_view data);
  // Just behind the empty line, once that was found.
  std::size_t end() const { return next_; }
  bool in_first_line() const { return line_ == 0; }

 private:
  std::size_t line_ = 0;  // where the current line starts
  std::size_t next_ = 0;  // the first byte not looked at
};

struct HeadVerdict {
  int status = 0;  // 0: sound; else the status to refuse it with, after which the connection ends
  bool keep_alive = true;
  bool old = false;  // HTTP/1.0
  bool expects_continue = false;
};

struct HeadLimits {
  std::size_t target_bytes;
  std::size_t header_bytes;  // the whole block, request line included
};

// `head` is a whole block, empty line included.
HeadVerdict check_head(std::string_view head, const HeadLimits& limits);
// The same for a block whose end has not arrived: a status when waiting for more is pointless, else
// 0.
int check_partial_head(std::string_view data, bool in_first_line, const HeadLimits& limits);

// A method or a header's name (RFC 9110, 5.6.2).
bool is_token(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace guanxi::net
