// Where a store is.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace guanxi::store {

// "sqlite:path?option=value" or "mysql://user:password@host:port/database?socket=path".
struct StoreUrl {
  std::string scheme;
  std::string path;  // of SQLite's file
  std::string user;
  std::string password;
  std::string host;
  std::uint16_t port = 3306;
  std::string database;
  std::map<std::string, std::string, std::less<>> options;

  // Empty when it is not given.
  std::string option(std::string_view name) const;
  // Without user and password.
  std::string shown() const;
};

// Throws std::runtime_error saying what is wrong, without repeating a password.
StoreUrl read_store_url(std::string_view url);

}  // namespace guanxi::store
