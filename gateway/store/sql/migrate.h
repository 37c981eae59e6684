// Numbered migrations, and the check that the database was sealed by our data key.
#pragma once

#include "gateway/store/sql/connection.h"
#include "gateway/store/vault.h"
#include "models/result.h"

namespace guanxi::store::sql {

// The version this binary brings: the number of its last migration.
int newest_schema();
// The version the database has; 0 when it is empty.
int schema_of(Connection& connection);

// Brings the database to newest_schema(). `unsupported` if it is newer than this binary,
// `unauthenticated` if it was sealed by another key.
Result<void> migrate(Database& database, const Vault& vault);

}  // namespace guanxi::store::sql
