// Writes the write-ahead log in one piece a commit. SQLite hands the operating system each page in
// two writes, which costs more than the pages do; nobody may look at them before the sync that ends
// the commit, so until then they can wait together.
#pragma once

#include <string>

namespace guanxi::store::sqlite {

// The name of a file system over the one named `base` ("": SQLite's own). Only for connections with
// synchronous = FULL: without the sync of each commit, others would look for pages that still wait.
// Registered once a base. Throws std::runtime_error for a base that does not exist.
std::string gathering_vfs(const std::string& base);

}  // namespace guanxi::store::sqlite
