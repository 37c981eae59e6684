// What to do when OpenSSL fails where only exhausted memory or a broken installation can make it.
#pragma once

namespace guanxi::crypto {

// Ends the process, naming `what`, unless `done`.
void must(bool done, const char* what);

}  // namespace guanxi::crypto
