#include "gateway/store/sqlite/gathering_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string_view>

namespace guanxi::store::sqlite {
namespace {

constexpr std::size_t kMost = 1U << 20;
// SQLite's Unix file system takes 128 KiB or more at once for a full disk.
constexpr std::size_t kPiece = 1U << 16;

// Lies where SQLite has reserved memory for a file; the base's own file stands behind it.
struct LogFile {
  sqlite3_file sqlite;
  std::string* waiting;  // written by SQLite, not yet by us
  sqlite3_int64 start;   // where it belongs

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }

  int pass_on() {
    int code = SQLITE_OK;
    for (std::size_t done = 0; done < waiting->size() && code == SQLITE_OK; done += kPiece) {
      const auto size = static_cast<int>(std::min(kPiece, waiting->size() - done));
      code = real()->pMethods->xWrite(real(), waiting->data() + done, size,
                                      start + static_cast<sqlite3_int64>(done));
    }
    // What could not be written is given up with the transaction that wrote it.
    waiting->clear();
    return code;
  }
};

LogFile& log_of(sqlite3_file* file) { return *reinterpret_cast<LogFile*>(file); }

int close_log(sqlite3_file* file) {
  LogFile& log = log_of(file);
  const int passed = log.pass_on();
  delete log.waiting;
  const int closed = log.real()->pMethods->xClose(log.real());
  return passed == SQLITE_OK ? closed : passed;
}

int write_log(sqlite3_file* file, const void* bytes, int amount, sqlite3_int64 offset) {
  LogFile& log = log_of(file);
  const auto size = static_cast<std::size_t>(amount);
  const auto end = log.start + static_cast<sqlite3_int64>(log.waiting->size());
  if (offset != end || log.waiting->size() + size > kMost) {
    if (const int code = log.pass_on(); code != SQLITE_OK) return code;
  }
  if (log.waiting->empty()) log.start = offset;
  try {
    log.waiting->append(static_cast<const char*>(bytes), size);
  } catch (const std::bad_alloc&) {
    return SQLITE_IOERR_NOMEM;
  }
  return SQLITE_OK;
}

int sync_log(sqlite3_file* file, int flags) {
  LogFile& log = log_of(file);
  if (const int code = log.pass_on(); code != SQLITE_OK) return code;
  return log.real()->pMethods->xSync(log.real(), flags);
}

int read_log(sqlite3_file* file, void* bytes, int amount, sqlite3_int64 offset) {
  LogFile& log = log_of(file);
  if (const int code = log.pass_on(); code != SQLITE_OK) return code;
  return log.real()->pMethods->xRead(log.real(), bytes, amount, offset);
}

int truncate_log(sqlite3_file* file, sqlite3_int64 size) {
  LogFile& log = log_of(file);
  if (const int code = log.pass_on(); code != SQLITE_OK) return code;
  return log.real()->pMethods->xTruncate(log.real(), size);
}

int size_of_log(sqlite3_file* file, sqlite3_int64* size) {
  LogFile& log = log_of(file);
  if (const int code = log.pass_on(); code != SQLITE_OK) return code;
  return log.real()->pMethods->xFileSize(log.real(), size);
}

int lock_log(sqlite3_file* file, int level) {
  sqlite3_file* const real = log_of(file).real();
  return real->pMethods->xLock(real, level);
}

int unlock_log(sqlite3_file* file, int level) {
  sqlite3_file* const real = log_of(file).real();
  return real->pMethods->xUnlock(real, level);
}

int is_log_reserved(sqlite3_file* file, int* result) {
  sqlite3_file* const real = log_of(file).real();
  return real->pMethods->xCheckReservedLock(real, result);
}

int control_log(sqlite3_file* file, int operation, void* argument) {
  sqlite3_file* const real = log_of(file).real();
  return real->pMethods->xFileControl(real, operation, argument);
}

int sector_size(sqlite3_file* file) {
  sqlite3_file* const real = log_of(file).real();
  return real->pMethods->xSectorSize(real);
}

int characteristics(sqlite3_file* file) {
  sqlite3_file* const real = log_of(file).real();
  return real->pMethods->xDeviceCharacteristics(real);
}

sqlite3_io_methods log_methods() {
  sqlite3_io_methods methods{};
  methods.iVersion = 1;
  methods.xClose = close_log;
  methods.xRead = read_log;
  methods.xWrite = write_log;
  methods.xTruncate = truncate_log;
  methods.xSync = sync_log;
  methods.xFileSize = size_of_log;
  methods.xLock = lock_log;
  methods.xUnlock = unlock_log;
  methods.xCheckReservedLock = is_log_reserved;
  methods.xFileControl = control_log;
  methods.xSectorSize = sector_size;
  methods.xDeviceCharacteristics = characteristics;
  return methods;
}

sqlite3_vfs* base_of(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  static const sqlite3_io_methods kMethods = log_methods();
  sqlite3_vfs* const base = base_of(vfs);
  if ((flags & SQLITE_OPEN_WAL) == 0) return base->xOpen(base, name, file, flags, out_flags);
  LogFile* const log = new (file) LogFile{};
  const int code = base->xOpen(base, name, log->real(), flags, out_flags);
  if (code != SQLITE_OK) {
    // SQLite closes a file that has methods even if it could not be opened.
    if (log->real()->pMethods != nullptr) log->real()->pMethods->xClose(log->real());
    return code;
  }
  log->waiting = new (std::nothrow) std::string;
  if (log->waiting == nullptr) {
    log->real()->pMethods->xClose(log->real());
    return SQLITE_NOMEM;
  }
  log->sqlite.pMethods = &kMethods;
  return SQLITE_OK;
}

// Everything but the opening of files is the base's.
class GatheringVfs {
 public:
  GatheringVfs(sqlite3_vfs* base, std::string known_as) : name_(std::move(known_as)) {
    vfs_.iVersion = 2;
    vfs_.szOsFile = base->szOsFile + static_cast<int>(sizeof(LogFile));
    vfs_.mxPathname = base->mxPathname;
    vfs_.zName = name_.c_str();
    vfs_.pAppData = base;
    vfs_.xOpen = open_file;
    vfs_.xDelete = [](sqlite3_vfs* vfs, const char* name, int sync) {
      return base_of(vfs)->xDelete(base_of(vfs), name, sync);
    };
    vfs_.xAccess = [](sqlite3_vfs* vfs, const char* name, int flags, int* result) {
      return base_of(vfs)->xAccess(base_of(vfs), name, flags, result);
    };
    vfs_.xFullPathname = [](sqlite3_vfs* vfs, const char* name, int size, char* out) {
      return base_of(vfs)->xFullPathname(base_of(vfs), name, size, out);
    };
    vfs_.xRandomness = [](sqlite3_vfs* vfs, int size, char* out) {
      return base_of(vfs)->xRandomness(base_of(vfs), size, out);
    };
    vfs_.xSleep = [](sqlite3_vfs* vfs, int microseconds) {
      return base_of(vfs)->xSleep(base_of(vfs), microseconds);
    };
    vfs_.xCurrentTime = [](sqlite3_vfs* vfs, double* out) {
      return base_of(vfs)->xCurrentTime(base_of(vfs), out);
    };
    vfs_.xGetLastError = [](sqlite3_vfs* vfs, int size, char* out) {
      return base_of(vfs)->xGetLastError(base_of(vfs), size, out);
    };
    vfs_.xCurrentTimeInt64 = [](sqlite3_vfs* vfs, sqlite3_int64* out) {
      return base_of(vfs)->xCurrentTimeInt64(base_of(vfs), out);
    };
    if (sqlite3_vfs_register(&vfs_, 0) != SQLITE_OK) {
      throw std::runtime_error("SQLite does not take a file system");
    }
  }
  GatheringVfs(const GatheringVfs&) = delete;
  GatheringVfs& operator=(const GatheringVfs&) = delete;

  const std::string& name() const { return name_; }

 private:
  std::string name_;
  sqlite3_vfs vfs_{};
};

}  // namespace

std::string gathering_vfs(const std::string& base) {
  static std::mutex mutex;
  // Never destroyed: SQLite keeps pointers to them until the process ends.
  static auto& made = *new std::map<std::string, std::unique_ptr<GatheringVfs>>;
  const std::lock_guard lock(mutex);
  auto& entry = made[base];
  if (!entry) {
    sqlite3_vfs* const real = sqlite3_vfs_find(base.empty() ? nullptr : base.c_str());
    if (real == nullptr) throw std::runtime_error("SQLite knows no file system \"" + base + '"');
    entry = std::make_unique<GatheringVfs>(real, "guanxi-over-" + base);
  }
  return entry->name();
}

}  // namespace guanxi::store::sqlite
