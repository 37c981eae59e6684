#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "crypto/base64.h"
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

void sync_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
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

}  // namespace

std::string data_key_from_file(const std::string& path, bool make_if_absent) {
  if (auto key = read_key(path)) return *std::move(key);
  if (!make_if_absent) {
    throw std::runtime_error("store.data_key: " + path +
                             " is missing, and the database was sealed by the key in it; restore "
                             "it from a backup or set store.data_key");
  }
  make_key(path);
  if (auto key = read_key(path)) return *std::move(key);
  fail_with(path, "cannot read");
}

}  // namespace guanxi::store
