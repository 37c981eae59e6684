// A response as bytes.
#pragma once

#include <string>

#include "gateway/net/http_server.h"

namespace guanxi::net {

struct ResponseFraming {
  bool keep_alive = true;
  bool old = false;           // asked in HTTP/1.0, which must be told when the connection stays
  bool without_body = false;  // the answer to HEAD
};

// Appends the response to `out`. Header fields that would change the framing are left out, and
// bytes that would end a header line are replaced by blanks, whatever the handler put in.
void write_response(const Response& response, const ResponseFraming& framing, std::string& out);

// A refusal of our own: the status and its phrase, no details; the connection ends after it.
Response refusal(int status);

}  // namespace guanxi::net
