#include <doctest/doctest.h>

#include <array>

#include "crypto/aes_cbc.h"
#include "crypto/aes_gcm.h"
#include "crypto/base64.h"
#include "crypto/digest.h"
#include "crypto/random.h"

using namespace guanxi::crypto;

namespace {

std::string hex(std::string_view text) { return from_hex(text).value(); }

// NIST SP 800-38A, F.2: the same four blocks under three key sizes.
constexpr std::string_view kIv = "000102030405060708090a0b0c0d0e0f";
constexpr std::string_view kPlain =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
constexpr std::array<std::array<std::string_view, 2>, 3> kCbc{{
    {"2b7e151628aed2a6abf7158809cf4f3c",
     "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
     "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"},
    {"8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
     "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
     "571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd"},
    {"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
     "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"},
}};

}  // namespace

TEST_CASE("CBC agrees with NIST under every key size, again and again") {
  for (int round = 0; round < 2; ++round) {
    for (const auto& [key, cipher] : kCbc) {
      const auto aes = AesCbc::make(hex(key));
      REQUIRE(aes);
      CHECK(aes->encrypt(hex(kIv), hex(kPlain)) == hex(cipher));
      CHECK(aes->decrypt(hex(kIv), hex(cipher)) == hex(kPlain));
      CHECK(aes->decrypt(hex(kIv), hex(cipher)) == hex(kPlain));
    }
  }
}

TEST_CASE("CBC refuses keys, vectors and data of any other size") {
  for (const std::size_t size : {0, 1, 15, 17, 31, 33, 64}) {
    CHECK_FALSE(AesCbc::make(std::string(size, 'k')));
  }
  const auto aes = AesCbc::make(std::string(32, 'k'));
  REQUIRE(aes);
  CHECK_FALSE(aes->decrypt(std::string(15, 'i'), std::string(16, 'd')));
  CHECK_FALSE(aes->decrypt(std::string(17, 'i'), std::string(16, 'd')));
  for (const std::size_t size : {0, 1, 15, 17, 31}) {
    CHECK_FALSE(aes->decrypt(std::string(16, 'i'), std::string(size, 'd')));
    CHECK_FALSE(aes->encrypt(std::string(16, 'i'), std::string(size, 'd')));
  }
}

TEST_CASE("padding of every length is added and taken off") {
  for (const std::size_t block : {std::size_t{16}, std::size_t{32}}) {
    for (std::size_t size = 0; size <= 3 * block; ++size) {
      const std::string padded = pad(std::string(size, 'x'), block);
      CHECK(padded.size() % block == 0);
      CHECK(padded.size() > size);
      CHECK(unpad(padded, block) == size);
    }
  }
}

TEST_CASE("padding is refused when any of its bytes differs or it is out of range") {
  CHECK_FALSE(unpad("", 32));
  CHECK_FALSE(unpad(std::string(32, '\0'), 32));
  CHECK_FALSE(unpad(std::string(64, '\x21'), 32));
  CHECK_FALSE(unpad(std::string(64, '\xff'), 32));
  CHECK_FALSE(unpad(std::string(32, '\x20'), 16));
  CHECK(unpad(std::string(32, '\x20'), 32) == 0);
  CHECK_FALSE(unpad(std::string(16, '\x20'), 32));
  for (std::size_t count = 1; count <= 32; ++count) {
    for (std::size_t i = 0; i < count; ++i) {
      std::string padded(64 - count, 'x');
      padded.append(count, static_cast<char>(count));
      CHECK(unpad(padded, 32) == 64 - count);
      padded[63 - i] = static_cast<char>(padded[63 - i] ^ 0x40);
      CHECK_FALSE(unpad(padded, 32));
    }
  }
}

TEST_CASE("sealed data opens under its key and associated data only") {
  const auto aes = AesGcm::make(random_bytes(32));
  REQUIRE(aes);
  for (const std::size_t size : {0, 1, 16, 1000}) {
    const std::string plain = random_bytes(size);
    const std::string sealed = aes->seal(plain, "row 7");
    CHECK(sealed.size() == plain.size() + AesGcm::kNonce + AesGcm::kTag);
    CHECK(aes->open(sealed, "row 7") == plain);
    CHECK(aes->seal(plain, "row 7") != sealed);
    CHECK_FALSE(aes->open(sealed, "row 8"));
    CHECK_FALSE(aes->open(sealed, ""));
    CHECK_FALSE(AesGcm::make(random_bytes(32))->open(sealed, "row 7"));
  }
}

TEST_CASE("every flipped bit and every cut of sealed data is noticed") {
  const auto aes = AesGcm::make(std::string(32, 'k'));
  REQUIRE(aes);
  const std::string sealed = aes->seal("a phone number", "");
  CHECK(aes->open(sealed, "") == "a phone number");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK_FALSE(aes->open(changed, ""));
    CHECK_FALSE(aes->open(sealed.substr(0, i), ""));
  }
  CHECK_FALSE(aes->open(sealed + "x", ""));
}

TEST_CASE("GCM opens the examples of its specification") {
  // The GCM specification's test cases 13 and 16: 256-bit keys, without and with associated data.
  const auto zero = AesGcm::make(std::string(32, '\0'));
  CHECK(zero->open(std::string(12, '\0') + hex("530f8afbc74536b9a963b4f1c4cb738b"), "") == "");
  const auto aes =
      AesGcm::make(hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
  CHECK(aes->open(hex("cafebabefacedbaddecaf888"
                      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                      "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                      "76fc6ece0f4e1768cddf8853bb2d551b"),
                  hex("feedfacedeadbeeffeedfacedeadbeefabaddad2")) ==
        hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"));
}

TEST_CASE("GCM refuses keys of any other size") {
  for (const std::size_t size : {0, 16, 24, 31, 33})
    CHECK_FALSE(AesGcm::make(std::string(size, 'k')));
}
