// The data keys at hand: the configuration's, or those in files beside a SQLite database.
#pragma once

#include <string>
#include <vector>

#include "gateway/store/store.h"
#include "gateway/store/store_url.h"

namespace guanxi::store {

// In files: `<database>.key`, and while it is being changed `<database>.key.next`. Afterwards the
// former one is `<database>.key.<id>`. A key appears whole and on disk, or not at all, and readable
// by its owner only. Every method throws std::runtime_error with the setting or file and the cure.
class DataKeys {
 public:
  DataKeys(const StoreOptions& options, const StoreUrl& url);

  // The first is the one wanted: the configuration's, or that of `<database>.key`.
  // `make_if_absent`: a new one is made there; two processes at once end with the same.
  std::vector<std::string> all(bool make_if_absent = false) const;
  bool are_in_files() const { return !file_.empty(); }
  // Empty: not in a file.
  const std::string& file() const { return file_; }

  // The key to change to; in files, a new one waits there until it is taken over.
  std::string next() const;
  // Puts the key that waits in the place of the present one. Nothing if none waits. Interrupted
  // anywhere, both keys are in files, and it can be done again.
  void take_over() const;
  // Keeps other processes from changing the keys in files until it goes.
  class Lock {
   public:
    explicit Lock(const DataKeys& keys);
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    int folder_ = -1;
  };

 private:
  std::string file_;
  std::vector<std::string> given_;
};

// How people are told of a key: its id in hex.
std::string shown_key(std::string_view key_id);

}  // namespace guanxi::store
