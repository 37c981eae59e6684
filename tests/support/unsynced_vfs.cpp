#include "tests/support/unsynced_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

namespace guanxi::tests {
namespace {

// One file as everybody reads it, and what of it is not yet on disk.
struct Content {
  std::string bytes;
  std::vector<std::pair<std::size_t, std::size_t>> dirty;  // offset, size
  bool is_cut_short = false;                               // truncated since the last sync
};

struct State {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Content>> contents;
  int generation = 0;  // counts the power cuts
  bool is_full = false;
};

State& state() {
  static State instance;
  return instance;
}

sqlite3_vfs* real_vfs() {
  static sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
  return vfs;
}

// The real file stands behind it in the same memory.
struct File {
  sqlite3_file base;
  std::shared_ptr<Content>* content;
  int generation;

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File& file_of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }

bool is_dead(const File& file) { return file.generation != state().generation; }

int close_file(sqlite3_file* file) {
  File& self = file_of(file);
  delete self.content;
  return self.real()->pMethods->xClose(self.real());
}

int read_file(sqlite3_file* file, void* buffer, int amount, sqlite3_int64 offset) {
  const std::lock_guard lock(state().mutex);
  File& self = file_of(file);
  if (is_dead(self)) return SQLITE_IOERR_READ;
  const std::string& bytes = (*self.content)->bytes;
  const auto wanted = static_cast<std::size_t>(amount);
  const auto from = std::min(static_cast<std::size_t>(offset), bytes.size());
  const std::size_t there = std::min(wanted, bytes.size() - from);
  std::memcpy(buffer, bytes.data() + from, there);
  std::memset(static_cast<char*>(buffer) + there, 0, wanted - there);
  return there == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* buffer, int amount, sqlite3_int64 offset) {
  const std::lock_guard lock(state().mutex);
  File& self = file_of(file);
  if (is_dead(self)) return SQLITE_IOERR_WRITE;
  if (state().is_full) return SQLITE_FULL;
  Content& content = **self.content;
  const auto from = static_cast<std::size_t>(offset);
  const auto size = static_cast<std::size_t>(amount);
  if (content.bytes.size() < from + size) content.bytes.resize(from + size);
  std::memcpy(content.bytes.data() + from, buffer, size);
  content.dirty.emplace_back(from, size);
  return SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  const std::lock_guard lock(state().mutex);
  File& self = file_of(file);
  if (is_dead(self)) return SQLITE_IOERR_TRUNCATE;
  (*self.content)->bytes.resize(static_cast<std::size_t>(size));
  (*self.content)->is_cut_short = true;
  return SQLITE_OK;
}

int sync_file(sqlite3_file* file, int) {
  const std::lock_guard lock(state().mutex);
  File& self = file_of(file);
  if (is_dead(self)) return SQLITE_IOERR_FSYNC;
  Content& content = **self.content;
  sqlite3_file* real = self.real();
  if (content.is_cut_short) {
    real->pMethods->xTruncate(real, static_cast<sqlite3_int64>(content.bytes.size()));
    content.is_cut_short = false;
  }
  for (const auto& [offset, size] : content.dirty) {
    if (offset >= content.bytes.size()) continue;
    const std::size_t there = std::min(size, content.bytes.size() - offset);
    const int code =
        real->pMethods->xWrite(real, content.bytes.data() + offset, static_cast<int>(there),
                               static_cast<sqlite3_int64>(offset));
    if (code != SQLITE_OK) return code;
  }
  content.dirty.clear();
  return SQLITE_OK;
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  const std::lock_guard lock(state().mutex);
  File& self = file_of(file);
  if (is_dead(self)) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>((*self.content)->bytes.size());
  return SQLITE_OK;
}

int lock_file(sqlite3_file* file, int level) {
  sqlite3_file* real = file_of(file).real();
  return real->pMethods->xLock(real, level);
}

int unlock_file(sqlite3_file* file, int level) {
  sqlite3_file* real = file_of(file).real();
  return real->pMethods->xUnlock(real, level);
}

int check_lock(sqlite3_file* file, int* is_reserved) {
  sqlite3_file* real = file_of(file).real();
  return real->pMethods->xCheckReservedLock(real, is_reserved);
}

// Hints about sizes would reach the real file behind the back of what is kept here.
int control_file(sqlite3_file* file, int operation, void* argument) {
  if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
  sqlite3_file* real = file_of(file).real();
  return real->pMethods->xFileControl(real, operation, argument);
}

int sector_size(sqlite3_file* file) {
  sqlite3_file* real = file_of(file).real();
  return real->pMethods->xSectorSize(real);
}

int characteristics(sqlite3_file* file) {
  sqlite3_file* real = file_of(file).real();
  return real->pMethods->xDeviceCharacteristics(real);
}

int map_shared(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  sqlite3_file* real = file_of(file).real();
  return real->pMethods->xShmMap(real, page, size, extend, memory);
}

int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
  sqlite3_file* real = file_of(file).real();
  return real->pMethods->xShmLock(real, offset, count, flags);
}

void fence_shared(sqlite3_file* file) {
  sqlite3_file* real = file_of(file).real();
  real->pMethods->xShmBarrier(real);
}

int unmap_shared(sqlite3_file* file, int remove) {
  sqlite3_file* real = file_of(file).real();
  return real->pMethods->xShmUnmap(real, remove);
}

constexpr sqlite3_io_methods kMethods{2,
                                      close_file,
                                      read_file,
                                      write_file,
                                      truncate_file,
                                      sync_file,
                                      size_of_file,
                                      lock_file,
                                      unlock_file,
                                      check_lock,
                                      control_file,
                                      sector_size,
                                      characteristics,
                                      map_shared,
                                      lock_shared,
                                      fence_shared,
                                      unmap_shared,
                                      nullptr,
                                      nullptr};

int load(sqlite3_file* real, Content& content) {
  sqlite3_int64 size = 0;
  int code = real->pMethods->xFileSize(real, &size);
  content.bytes.resize(static_cast<std::size_t>(size));
  if (code == SQLITE_OK && size > 0) {
    code = real->pMethods->xRead(real, content.bytes.data(), static_cast<int>(size), 0);
  }
  return code;
}

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  const std::lock_guard lock(state().mutex);
  File* self = new (file) File{};
  sqlite3_file* real = self->real();
  const int code = real_vfs()->xOpen(real_vfs(), name, real, flags, out_flags);
  if (code != SQLITE_OK) return code;
  if (!name) name = "";
  auto content = *name ? state().contents[name] : nullptr;
  if (!content) {
    content = std::make_shared<Content>();
    if (const int loaded = load(real, *content); loaded != SQLITE_OK) return loaded;
    if (*name) state().contents[name] = content;
  }
  self->base.pMethods = &kMethods;
  self->content = new std::shared_ptr<Content>(content);
  self->generation = state().generation;
  return SQLITE_OK;
}

int remove_file(sqlite3_vfs*, const char* name, int sync) {
  const std::lock_guard lock(state().mutex);
  state().contents.erase(name);
  return real_vfs()->xDelete(real_vfs(), name, sync);
}

int register_vfs() {
  static sqlite3_vfs vfs = *real_vfs();
  vfs.zName = "unsynced";
  vfs.szOsFile = static_cast<int>(sizeof(File)) + real_vfs()->szOsFile;
  vfs.xOpen = open_file;
  vfs.xDelete = remove_file;
  vfs.pNext = nullptr;
  return sqlite3_vfs_register(&vfs, 0);
}

}  // namespace

const char* unsynced_vfs() {
  static const int registered = register_vfs();
  return registered == SQLITE_OK ? "unsynced" : "";
}

void cut_power() {
  unsynced_vfs();
  const std::lock_guard lock(state().mutex);
  ++state().generation;
  state().contents.clear();
}

void set_disk_full(bool full) {
  unsynced_vfs();
  const std::lock_guard lock(state().mutex);
  state().is_full = full;
}

}  // namespace guanxi::tests
