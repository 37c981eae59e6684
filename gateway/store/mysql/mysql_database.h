// A database reached by the MySQL protocol: MariaDB, MySQL.
#pragma once

#include <memory>

#include "gateway/store/sql/connection.h"
#include "gateway/store/store_url.h"

namespace guanxi::store::mysql {

// Throws sql::DatabaseError if the server cannot be reached or refuses us.
std::unique_ptr<sql::Database> open_database(const StoreUrl& url, std::size_t connections);

}  // namespace guanxi::store::mysql
