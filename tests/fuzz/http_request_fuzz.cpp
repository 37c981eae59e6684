// Requests as a server reads them: the look at the head, then the parser. Beyond not failing, what
// comes in pieces must be understood as what comes at once, and both readers must agree.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/net/http_server.h"
#include "gateway/net/request_head.h"
#include "gateway/net/request_reader.h"

using namespace guanxi::net;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

struct Reading {
  int status = 0;
  bool done = false;
  std::size_t used = 0;
  Request request;
};

Reading read_body(std::string_view head, std::string_view rest, std::size_t piece) {
  ServerLimits limits;
  limits.body_bytes = 4096;
  RequestReader reader(limits);
  Reading reading;
  reading.used = reader.take(head);
  std::size_t arrived = std::min(piece, rest.size());
  std::size_t taken = 0;
  while (reader.status() == 0 && !reader.is_done()) {
    const std::size_t now = reader.take(rest.substr(taken, arrived - taken));
    taken += now;
    if (reader.status() != 0 || reader.is_done()) break;
    if (arrived == rest.size() && now == 0) break;
    arrived = std::min(arrived + piece, rest.size());
  }
  reading.used += taken;
  reading.status = reader.status();
  reading.done = reader.is_done();
  reading.request = reader.request();
  return reading;
}

std::size_t count(const Request& request, std::string_view name) {
  std::size_t found = 0;
  for (const auto& header : request.headers)
    found += equal_ignoring_case(header.first, name) ? 1 : 0;
  return found;
}

void check_agreement(std::string_view head, const Request& request) {
  must(head.starts_with(request.method + " " + request.target + " HTTP/1."));
  must(request.path.starts_with("/"));
  must(percent_decode(request.path).has_value());
  must(percent_decode(request.query).has_value());
  must(parse_query(request.query).has_value());
  must(count(request, "host") <= 1);
  must(count(request, "content-length") + count(request, "transfer-encoding") <= 1);
  for (const auto& [name, value] : request.headers) {
    must(is_token(name));
    must(value.find('\n') == std::string::npos && value.find('\0') == std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view data(reinterpret_cast<const char*>(bytes), size);
  if (const auto decoded = percent_decode(data))
    must(percent_decode(percent_encode(*decoded)) == decoded);
  (void)parse_query(data);

  HeadScan whole;
  const HeadScan::Found found = whole.scan(data);
  HeadScan pieces;
  HeadScan::Found last = HeadScan::Found::more;
  for (std::size_t i = 1; i <= size && last == HeadScan::Found::more; ++i)
    last = pieces.scan(data.substr(0, i));
  must(found == last);

  const HeadLimits limits{256, 2048};
  (void)check_partial_head(data, whole.in_first_line(), limits);
  (void)check_head(data, limits);
  if (found != HeadScan::Found::end) return 0;
  must(whole.end() == pieces.end());
  const std::string_view head = data.substr(0, whole.end());
  if (check_head(head, limits).status != 0) return 0;

  const std::string_view rest = data.substr(whole.end());
  const Reading once = read_body(head, rest, rest.size() + 1);
  const Reading slowly = read_body(head, rest, 1);
  // Trailers that end too late may be noticed earlier or later; whole requests are whole either
  // way.
  must(once.done == slowly.done);
  if (once.done && once.status == 0) {
    must(once.used == slowly.used && once.request.body == slowly.request.body);
    must(once.request.headers == slowly.request.headers);
    check_agreement(head, once.request);
  }
  return 0;
}
