#include "crypto/digest.h"

#include <doctest/doctest.h>

#include <array>
#include <thread>
#include <vector>

using namespace guanxi::crypto;

namespace {

struct Vector {
  HashAlgorithm algorithm;
  std::string_view data;
  std::string_view hash;
};

// RFC 1321 (A.5) and FIPS 180-4 examples.
constexpr Vector kVectors[] = {
    {HashAlgorithm::md5, "", "d41d8cd98f00b204e9800998ecf8427e"},
    {HashAlgorithm::md5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
    {HashAlgorithm::md5,
     "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
     "57edf4a22be3c955ac49da2e2107b67a"},
    {HashAlgorithm::sha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {HashAlgorithm::sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {HashAlgorithm::sha1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    {HashAlgorithm::sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {HashAlgorithm::sha256, "abc",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {HashAlgorithm::sha256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

}  // namespace

TEST_CASE("hashes agree with their standards' examples, at once and in pieces") {
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.data);
    CHECK(to_hex(digest(vector.algorithm, vector.data)) == vector.hash);
    Digest pieces(vector.algorithm);
    for (const char c : vector.data) pieces.update({&c, 1});
    CHECK(to_hex(pieces.finish()) == vector.hash);
  }
}

TEST_CASE("a million letters hash as the standard says") {
  CHECK(to_hex(digest(HashAlgorithm::sha1, std::string(1'000'000, 'a'))) ==
        "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_CASE("parts hash like their concatenation, and none hash like the empty text") {
  const std::array<std::string_view, 4> parts{"ab", "", "c", std::string_view("\0", 1)};
  CHECK(digest_of(HashAlgorithm::sha1, parts) ==
        digest(HashAlgorithm::sha1, std::string_view("abc\0", 4)));
  CHECK(digest_of(HashAlgorithm::sha256, {}) == digest(HashAlgorithm::sha256, ""));
}

TEST_CASE("a finished hash starts over empty") {
  Digest hash(HashAlgorithm::sha256);
  hash.update("abc");
  const std::string first = hash.finish();
  CHECK(hash.finish() == digest(HashAlgorithm::sha256, ""));
  hash.update("abc");
  CHECK(hash.finish() == first);
}

TEST_CASE("a moved hash goes on where it was") {
  Digest hash(HashAlgorithm::md5);
  hash.update("message ");
  Digest moved(std::move(hash));
  moved.update("digest");
  CHECK(to_hex(moved.finish()) == "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST_CASE("threads hash at the same time without disturbing each other") {
  const std::string expected = digest(HashAlgorithm::sha1, "abc");
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (int& count : wrong) {
    threads.emplace_back([&count, &expected] {
      for (int i = 0; i < 2000; ++i)
        count += digest(HashAlgorithm::sha1, "abc") != expected ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("hexadecimal text is written in lower case and read in either") {
  CHECK(to_hex(std::string_view("\x00\x0f\xa0\xff", 4)) == "000fa0ff");
  CHECK(from_hex("000fA0fF") == std::string("\x00\x0f\xa0\xff", 4));
  CHECK(from_hex("") == "");
}

TEST_CASE("what is not hexadecimal is refused") {
  for (const std::string_view text :
       {"0", "0g", "g0", " 00", "0x", "00 ", "@0", "`0", "/0", ":0"}) {
    CAPTURE(text);
    CHECK_FALSE(from_hex(text));
  }
}
