#include "gateway/store/store_url.h"

#include <array>
#include <charconv>
#include <stdexcept>

#include "crypto/digest.h"

namespace guanxi::store {
namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kMysql = "mysql://";

[[noreturn]] void refuse(std::string_view why) {
  throw std::runtime_error("store.url: " + std::string(why) +
                           "; it is sqlite:PATH or mysql://USER:PASSWORD@HOST:PORT/DATABASE");
}

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      plain += text[at];
      continue;
    }
    const auto byte = crypto::from_hex(text.substr(at + 1, 2));
    if (!byte || byte->empty()) refuse("a % is not followed by two hex digits");
    plain += *byte;
    at += 2;
  }
  return plain;
}

// Cuts `text` before the separator and answers what stood behind it.
std::string_view cut(std::string_view& text, char separator) {
  const std::size_t place = text.find(separator);
  if (place == std::string_view::npos) return {};
  const std::string_view rest = text.substr(place + 1);
  text = text.substr(0, place);
  return rest;
}

// Cuts the port off a host, which may be an IPv6 address in brackets.
std::string_view cut_port(std::string_view& host) {
  const std::size_t close = host.find(']');
  if (!host.starts_with('[') || close == std::string_view::npos) return cut(host, ':');
  const std::string_view rest = host.substr(close + 1);
  host = host.substr(1, close - 1);
  return rest.starts_with(':') ? rest.substr(1) : rest;
}

void read_options(std::string_view text, std::initializer_list<std::string_view> known,
                  StoreUrl& url) {
  while (!text.empty()) {
    const std::string_view rest = cut(text, '&');
    const std::string_view value = cut(text, '=');
    if (std::find(known.begin(), known.end(), text) == known.end()) {
      refuse("the option " + std::string(text) + " is unknown");
    }
    url.options[std::string(text)] = decoded(value);
    text = rest;
  }
}

StoreUrl read_sqlite(std::string_view text) {
  StoreUrl url;
  url.scheme = "sqlite";
  const std::string_view options = cut(text, '?');
  if (text.empty() || text == ":memory:") refuse("SQLite needs the path of a file");
  url.path = text;
  read_options(options, {"vfs", "synchronous"}, url);
  return url;
}

StoreUrl read_mysql(std::string_view text) {
  StoreUrl url;
  url.scheme = "mysql";
  read_options(cut(text, '?'), {"socket"}, url);
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) refuse("the user is missing");
  std::string_view user = text.substr(0, at);
  std::string_view host = text.substr(at + 1);
  url.password = decoded(cut(user, ':'));
  url.user = decoded(user);
  url.database = decoded(cut(host, '/'));
  const std::string_view port = cut_port(host);
  url.host = host;
  if (url.host.empty()) refuse("the host is missing");
  if (url.database.empty()) refuse("the database is missing");
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc{} || end != port.data() + port.size()) refuse("the port is no number");
  }
  return url;
}

}  // namespace

std::string StoreUrl::option(std::string_view name) const {
  const auto found = options.find(name);
  return found == options.end() ? std::string() : found->second;
}

std::string StoreUrl::shown() const {
  if (scheme == "sqlite") return path;
  return host + ":" + std::to_string(port) + "/" + database;
}

StoreUrl read_store_url(std::string_view url) {
  if (url.starts_with(kSqlite)) return read_sqlite(url.substr(kSqlite.size()));
  if (url.starts_with(kMysql)) return read_mysql(url.substr(kMysql.size()));
  refuse("the scheme is unknown");
}

}  // namespace guanxi::store
