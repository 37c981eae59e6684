#include "gateway/store/data_key.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>

#include "crypto/base64.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "gateway/store/vault.h"

namespace guanxi::store {
namespace {

[[noreturn]] void fail_with(const std::string& path, const std::string& what) {
  const int code = errno;
  throw std::runtime_error("store.data_key: " + what + " " + path + ": " +
                           std::generic_category().message(code));
}

class File {
 public:
  File(const std::string& path, int flags) : descriptor_(::open(path.c_str(), flags, 0600)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::optional<std::string> read_key(const std::string& path) {
  const File file(path, O_RDONLY | O_CLOEXEC);
  if (file.get() < 0) {
    if (errno == ENOENT) return std::nullopt;
    fail_with(path, "cannot read");
  }
  std::string text(256, '\0');
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size < 0) fail_with(path, "cannot read");
  text.resize(static_cast<std::size_t>(size));
  auto key = read_data_key(text);
  if (!key) {
    throw std::runtime_error("store.data_key: " + path +
                             " does not hold 32 bytes in base64 or hex; restore it from a backup");
  }
  return key;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

void sync_folder_of(const std::string& path) {
  const std::string folder = folder_of(path);
  const File file(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file.get() < 0 || ::fsync(file.get()) != 0) fail_with(folder, "cannot sync");
}

// Whole in a file of its own first, then linked: nobody ever reads half a key.
void make_key(const std::string& path) {
  const std::string draft = path + "." + crypto::random_token(8);
  const std::string text = crypto::encode_base64(crypto::random_bytes(Vault::kKey)) + "\n";
  {
    const File file(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
    if (file.get() < 0 ||
        ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(file.get()) != 0) {
      const int code = errno;
      ::unlink(draft.c_str());
      errno = code;
      fail_with(path, "cannot make");
    }
  }
  const bool linked = ::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST;
  const int code = errno;
  ::unlink(draft.c_str());
  errno = code;
  if (!linked) fail_with(path, "cannot make");
  sync_folder_of(path);
}

std::string made_key(const std::string& path) {
  if (auto key = read_key(path)) return *std::move(key);
  make_key(path);
  if (auto key = read_key(path)) return *std::move(key);
  fail_with(path, "cannot read");
}

std::string waiting(const std::string& file) { return file + ".next"; }

std::string given_key(const std::string& setting, const std::string& text) {
  auto key = read_data_key(text);
  if (!key) throw std::runtime_error(setting + " does not hold 32 bytes in base64 or hex");
  return *std::move(key);
}

}  // namespace

DataKeys::DataKeys(const StoreOptions& options, const StoreUrl& url) {
  if (!options.data_key.empty()) {
    given_.push_back(given_key("store.data_key", options.data_key));
    if (!options.previous_data_key.empty()) {
      given_.push_back(given_key("store.previous_data_key", options.previous_data_key));
    }
    return;
  }
  if (!options.previous_data_key.empty()) {
    throw std::runtime_error(
        "store.previous_data_key is set and store.data_key is not; set store.data_key to the key "
        "that takes its place");
  }
  if (url.scheme != "sqlite") {
    throw std::runtime_error(
        "store.data_key is missing; set it to 32 random bytes in base64, for instance the output "
        "of "
        "`openssl rand -base64 32`, and keep a copy: without it the data cannot be read");
  }
  file_ = url.path + ".key";
}

std::vector<std::string> DataKeys::all(bool make_if_absent) const {
  if (!are_in_files()) return given_;
  // First the one that waits: it may take the other's place meanwhile.
  const auto next = read_key(waiting(file_));
  auto present = read_key(file_);
  if (!present && !next) {
    if (!make_if_absent) {
      throw std::runtime_error("store.data_key: " + file_ +
                               " is missing, and the database was sealed by the key in it; restore "
                               "it from a backup or set store.data_key");
    }
    present = made_key(file_);
  }
  std::vector<std::string> keys;
  if (present) keys.push_back(*std::move(present));
  if (next) keys.push_back(*next);
  return keys;
}

std::string DataKeys::next() const {
  return are_in_files() ? made_key(waiting(file_)) : given_.front();
}

void DataKeys::take_over() const {
  if (!are_in_files() || !read_key(waiting(file_))) return;
  if (const auto former = read_key(file_)) {
    const std::string kept = file_ + '.' + shown_key(Vault::id_of(*former));
    if (::link(file_.c_str(), kept.c_str()) != 0 && errno != EEXIST) {
      fail_with(kept, "cannot keep the former key in");
    }
    sync_folder_of(file_);
  }
  if (std::rename(waiting(file_).c_str(), file_.c_str()) != 0) {
    fail_with(file_, "cannot put the new key in");
  }
  sync_folder_of(file_);
}

DataKeys::Lock::Lock(const DataKeys& keys) {
  if (!keys.are_in_files()) return;
  const std::string folder = folder_of(keys.file());
  folder_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0) fail_with(folder, "cannot open");
  if (::flock(folder_, LOCK_EX | LOCK_NB) != 0) {
    ::close(folder_);
    throw std::runtime_error("store.data_key: another process is changing a data key in " + folder +
                             "; let it end");
  }
}

DataKeys::Lock::~Lock() {
  if (folder_ >= 0) ::close(folder_);
}

std::string shown_key(std::string_view key_id) { return crypto::to_hex(key_id); }

}  // namespace guanxi::store
