#include "crypto/digest.h"

#include <openssl/evp.h>

#include <array>
#include <cstddef>

#include "crypto/must.h"

namespace guanxi::crypto {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

constexpr std::size_t kAlgorithms = 3;

// Fetched once, since OpenSSL 3 otherwise looks the name up at every use; never freed, so that
// other statics may hash until the very end.
const EVP_MD* fetched(HashAlgorithm algorithm) {
  static const std::array<const EVP_MD*, kAlgorithms> kFetched{
      EVP_MD_fetch(nullptr, "MD5", nullptr), EVP_MD_fetch(nullptr, "SHA1", nullptr),
      EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  const EVP_MD* found = kFetched[static_cast<std::size_t>(algorithm)];
  must(found != nullptr, "a hash is missing");
  return found;
}

void start(EVP_MD_CTX* context, HashAlgorithm algorithm) {
  must(EVP_DigestInit_ex2(context, fetched(algorithm), nullptr) == 1, "starting a hash");
}

void feed(EVP_MD_CTX* context, std::string_view data) {
  must(EVP_DigestUpdate(context, data.data(), data.size()) == 1, "feeding a hash");
}

std::string take(EVP_MD_CTX* context) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned size = 0;
  must(EVP_DigestFinal_ex(context, bytes.data(), &size) == 1, "finishing a hash");
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

EVP_MD_CTX* context_of_thread(HashAlgorithm algorithm) {
  thread_local std::array<Context, kAlgorithms> contexts;
  Context& context = contexts[static_cast<std::size_t>(algorithm)];
  if (!context) {
    context.reset(EVP_MD_CTX_new());
    must(context != nullptr, "memory for a hash");
  }
  return context.get();
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string digest(HashAlgorithm algorithm, std::string_view data) {
  return digest_of(algorithm, {&data, 1});
}

std::string digest_of(HashAlgorithm algorithm, std::span<const std::string_view> parts) {
  EVP_MD_CTX* context = context_of_thread(algorithm);
  start(context, algorithm);
  for (const std::string_view part : parts) feed(context, part);
  return take(context);
}

struct Digest::State {
  HashAlgorithm algorithm;
  Context context;
};

Digest::Digest(HashAlgorithm algorithm)
    : state_(std::make_unique<State>(State{algorithm, Context(EVP_MD_CTX_new())})) {
  must(state_->context != nullptr, "memory for a hash");
  start(state_->context.get(), algorithm);
}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::update(std::string_view data) { feed(state_->context.get(), data); }

std::string Digest::finish() {
  std::string hash = take(state_->context.get());
  start(state_->context.get(), state_->algorithm);
  return hash;
}

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(bytes.size() * 2, '\0');
  char* out = text.data();
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    *out++ = kDigits[value >> 4];
    *out++ = kDigits[value & 15];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes(text.size() / 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<char>(high * 16 + low);
  }
  return bytes;
}

}  // namespace guanxi::crypto
