#include "crypto/hmac.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "crypto/base64.h"
#include "crypto/constant_time.h"

using namespace guanxi::crypto;

namespace {

struct Vector {
  HashAlgorithm algorithm;
  std::string key;
  std::string data;
  std::string_view mac;
};

// RFC 2202 (md5, sha1) and RFC 4231 (sha256), with keys longer than a block of the hash.
const Vector kVectors[] = {
    {HashAlgorithm::md5, std::string(16, '\x0b'), "Hi There", "9294727a3638bb1c13f48ef8158bfc9d"},
    {HashAlgorithm::md5, "Jefe", "what do ya want for nothing?",
     "750c783e6ab0b503eaa86e310a5db738"},
    {HashAlgorithm::sha1, std::string(20, '\x0b'), "Hi There",
     "b617318655057264e28bc0b6fb378c8ef146be00"},
    {HashAlgorithm::sha1, std::string(80, '\xaa'),
     "Test Using Larger Than Block-Size Key - Hash Key First",
     "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
    {HashAlgorithm::sha256, std::string(20, '\x0b'), "Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {HashAlgorithm::sha256, "Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {HashAlgorithm::sha256, std::string(131, '\xaa'),
     "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {HashAlgorithm::sha256, "", "",
     "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
};

}  // namespace

TEST_CASE("keyed hashes agree with their RFCs, at once and under a kept key") {
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.mac);
    CHECK(to_hex(hmac(vector.algorithm, vector.key, vector.data)) == vector.mac);
    const Hmac keyed(vector.algorithm, vector.key);
    CHECK(to_hex(keyed.sign(vector.data)) == vector.mac);
    CHECK(to_hex(keyed.sign(vector.data)) == vector.mac);
  }
}

TEST_CASE("a webhook signature agrees with the Standard Webhooks example") {
  const auto key = decode_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  REQUIRE(key);
  CHECK(encode_base64(hmac(HashAlgorithm::sha256, *key,
                           "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}")) ==
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("secrets are equal only byte for byte") {
  CHECK(equal_in_constant_time("", ""));
  CHECK(equal_in_constant_time("abc", "abc"));
  CHECK_FALSE(equal_in_constant_time("abc", "abd"));
  CHECK_FALSE(equal_in_constant_time("abc", "Abc"));
  CHECK_FALSE(equal_in_constant_time("abc", "ab"));
  CHECK_FALSE(equal_in_constant_time("", "a"));
  CHECK_FALSE(equal_in_constant_time(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

TEST_CASE("many keys serve many threads by turns, and each hash is as if it were alone") {
  std::vector<Hmac> keyed;
  std::vector<std::string> keys;
  for (int i = 0; i < 7; ++i) {
    keys.push_back("key " + std::to_string(i));
    keyed.emplace_back(HashAlgorithm::sha256, keys.back());
  }
  std::vector<int> wrong(3, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 500; ++i) {
        // Now the same key again, now another one, more than a thread remembers.
        const std::size_t key = (i / 3 + t) % keyed.size();
        const std::string message = "message " + std::to_string(i);
        if (keyed[key].sign(message) != hmac(HashAlgorithm::sha256, keys[key], message)) ++wrong[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(3, 0));
}

TEST_CASE("a key made where another was gone is not taken for it") {
  for (int i = 0; i < 20; ++i) {
    const std::string key = "key " + std::to_string(i);
    const Hmac keyed(HashAlgorithm::sha1, key);
    CHECK(keyed.sign("message") == hmac(HashAlgorithm::sha1, key, "message"));
  }
}
