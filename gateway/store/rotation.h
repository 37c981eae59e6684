// Changes the data key of a database, while gateways go on using it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "gateway/store/store.h"

namespace guanxi::store {

// What the database says of its data key. Keys are named by their ids, which tell nothing of them.
struct DataKeyState {
  std::string in_force;    // empty: the database has none yet
  bool is_wanted = false;  // it is the one that the configuration wants
  std::string from;        // of the key that is being replaced; empty: none is
  std::string another;     // another key that is at hand
  std::string key_file;    // where the keys are; empty: in the configuration
};

struct RotationBegun {
  std::string from;
  std::string to;
  bool goes_on = false;   // it was begun before, and interrupted
  std::int64_t rows = 0;  // to be looked at
};

struct RotationStep {
  std::int64_t rows = 0;        // looked at
  std::int64_t unreadable = 0;  // values left as they are: damaged, or of a key that nobody has
  int walk = 1;                 // through all tables: those after the first look for what is left
  bool is_done = false;         // a whole walk found nothing to seal anew
};

struct RotationEnded {
  std::int64_t values = 0;  // sealed anew, interrupted or not
  std::string former_file;  // where the former key is kept; empty: in the configuration
};

// One at a time; its methods in this order, the second until it is done. Killed anywhere, the
// database can be read and written by whoever has both keys, and a rotation that is begun again
// goes on where it was.
class Rotation {
 public:
  virtual ~Rotation() = default;

  // The database by itself, changing nothing.
  virtual Result<DataKeyState> state() = 0;
  // Puts the new key in force: whatever is written from now on, by whomever, is sealed by it.
  // `not_found`: there is no key to change to.
  virtual Result<RotationBegun> begin(Time now) = 0;
  // Seals some rows anew, in one small transaction.
  virtual Result<RotationStep> step() = 0;
  // Nothing is sealed by the former key any more.
  virtual Result<RotationEnded> end() = 0;
};

// Throws as open_store. The schema must be this program's.
std::unique_ptr<Rotation> open_rotation(const StoreOptions& options);

}  // namespace guanxi::store
