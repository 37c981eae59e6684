#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "crypto/aes_cbc.h"
#include "crypto/base64.h"
#include "crypto/digest.h"
#include "crypto/hmac.h"

using namespace guanxi::crypto;

namespace {

// Public samples of platforms' message encryption: non-canonical base64 keys, PKCS#7 to 32 bytes.
struct Sample {
  std::string_view id;
  std::array<std::string_view, 3> signed_with;  // token, timestamp, nonce
  std::string_view key;
  std::string_view cipher;
  std::string_view signature;
  std::size_t padding;
  std::string_view message;
};

constexpr Sample kSamples[] = {
    {"W1",
     {"QDG6eK", "1409659813", "1372623149"},
     "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
     "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3Qczc"
     "dCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLj"
     "vd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMn"
     "vw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k"
     "22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2Yoy"
     "yH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==",
     "477715d11cdb4164915debcba66cb864d751f3e6",
     30,
     "<xml><ToUserName><![CDATA[wx5823bf96d3bd56c7]]></ToUserName>"},
    {"W4",
     {"kjr2TKI8umCBfVF3wAHk8JiPwma5VBme", "1583940690", "VHh7ymSeb0jc4lSb"},
     "4Ma3YBrSBbX2aez8MJpXGBne5LSDwgGqHbhM9WPYIws",
     "6KmUQuPVu7UhjyVqRdbo5SfcRqaHvbUlKSHFvBV2ZuR6TIlKsygcfeSd1GDplg1C5KSKr6UPHCaC/nIX3ZNt9w==",
     "1ba3cb09c0d2c2b3ed6900d37f91a6efae6cb011",
     3,
     "94966531020182955848408"},
    {"W6",
     {"123456", "1411443780", "437374425"},
     "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR",
     "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==",
     "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96",
     7,
     "5927782489442352469"},
    {"W7",
     {"123456", "1411525903", "461056294"},
     "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR",
     "RgqEoJj5A4EMYlLvWO1F86ioRjZfaex/gePD0gOXTxpsq5Yj4GNglrBb8I2BAJVODGajiFnXBu7mCPatfjsu6IHC"
     "rsTyeDXzF6Bv283dGymzxh6ydJRvZsryDyZbLTE7rhnus50qGPMfp2wASFlzEgMW9z1ef/RD8XzaFYgm7iTdaXpX"
     "aG4+BiYyolBug/gYNx410cvkKR2/nPwBiT+P4hIiOAQqGp/TywZBtDh1yCF2KOd0gpiMZ5jSw3e29mTvmUHzkVQi"
     "MS6td7vXUaWOMZnYZlF3So2SjHnwh4jYFxdgpkHHqIrH/54SNdshoQgWYEvccTKe7FS709/5t6NMxuGhcUGAPOQi"
     "pvWTT4dShyqio7mlsl5noTrb++x6En749zCpQVhDpbV6GDnTbcX2e8K9QaNWHp91eBdCRxthuL0=",
     "74d92dfeb87ba7c714f89d98870ae5eb62dff26d",
     1,
     "<xml><ToUserName><![CDATA[wx49f0ab532d5d035a]]></ToUserName>"},
    {"O5",
     {"AAAAA", "1713424427", "415670741"},
     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
     "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==",
     "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1",
     1,
     "{\"demo_resp\":\"good luck\"}"},
    {"G3",
     {"gatewayTok1", "1735689602", "9003"},
     "3bfcOEhSXJjE8rE3R5EYPQNzDxiGjwei4JP+tYrijVE",
     "S0hphBhYM01TgTWj6ne/YGMyneS8k4LoTxNVCjmLSUZSEYBwpfSIMDSqkK0daxZidy1AMha8Ac1w23qIrHkEDg==",
     "e7a702d6dbf6b5cba9e57b349b29de7f975813e7",
     2,
     "{\"msgtype\":\"text\",\"text\":{\"content\":\"hi\"}}"},
    {"G4",
     {"gatewayTok1", "1735689603", "9004"},
     "3bfcOEhSXJjE8rE3R5EYPQNzDxiGjwei4JP+tYrijVE",
     "S0hphBhYM01TgTWj6ne/YNdcH344+wgO6BrogJYEIPOaI96roHgGIq/lpMNEsomn0/Zh1VF2/yafYyBkwDUJqwm5"
     "Tvx2Gfl8jOjuCmrzV1R8/c3VF4i87TKdXO2b1RvM",
     "c3d436715244e5176584962c0132032cd44a58d5",
     32,
     "xxxxxxxxxxxxxxxxxxxxxxxxxx"},
    {"W2",
     {"QDG6eK", "1409659589", "263014780"},
     "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
     "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
     "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
     7,
     "1616140317555161061"},
    {"DingTalk A",
     {"123456", "1445827045067", "nEXhMP4r"},
     "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij",
     "1a3NBxmCFwkCJvfoQ7WhJHB+iX3qHPsc9JbaDznE1i03peOk1LaOQoRz3+nlyGNhwmwJ3vDMG+OzrHMeiZI7gTRW"
     "VdUBmfxjZ8Ej23JVYa9VrYeJ5as7XM/ZpulX8NEQis44w53h1qAgnC3PRzM7Zc/D6Ibr0rgUathB6zRHP8PYrfgn"
     "NOS9PhSBdHlegK+AGGanfwjXuQ9+0pZcy0w9lQ==",
     "5a65ceeef9aab2d149439f82dc191dd6c5cbe2c0",
     22,
     "{\"EventType\":\"check_create_suite_url\",\"Random\":\"LPIdSnlF\",\"TestSuiteKey\":\"sui"
     "te4xxxxxxxxxxxxxxx\"}"},
    {"DingTalk B",
     {"123456", "1614767836", "A7Co0cJLMzIDtMMI"},
     "1234567890123456789012345678901234567890123",
     "YvkvaGe4hQxd3VxRmEty0dVlnCOAqwf56xwTRHDHoOURqhalbmBJQk5FNcRk42Gl5T0YQXZNwpwWSm1xAFJ5ZA==",
     "9a95a004dd16f5c307e849b994173f76aa26e5eb",
     17,
     "success"},
    {"DingTalk F",
     {"666666", "1561081681688", "88888888"},
     "TXpRMU5qYzRPVEF4TWpNME5UWTNPRGt3TVRJek5EVTI",
     "vX4fIRZyaGG0IO7bLFB5yvtsnhFfDobunY/z1KLcfAZM1YSVlZvhJBsS/cepIsleema+FaN/4sPtyFhsLpeWFfdS"
     "QYwgjq9gt+VLgOEa/IiF2qnYPAopE94/N/0crmk4KtylM8/yBW875q4qmm6ovrPQIv21g+dDgHsMgB4U8Vs=",
     "3459fa65492bfb5dfd216b458a1398b3aa1ebd68",
     4,
     "%22%E4%B8%AD%E6%96%87%E4%B9%B1%E7%A0%81%E6%B5%8B%E8%AF%95/abc/123%22"},
};

}  // namespace

TEST_CASE("platforms' samples verify, decrypt, unpad and encrypt to the same text again") {
  for (const Sample& sample : kSamples) {
    CAPTURE(sample.id);
    std::array<std::string_view, 4> parts{sample.signed_with[0], sample.signed_with[1],
                                          sample.signed_with[2], sample.cipher};
    std::ranges::sort(parts);
    CHECK(to_hex(digest_of(HashAlgorithm::sha1, parts)) == sample.signature);

    const auto key = decode_base64_lenient(sample.key);
    REQUIRE(key);
    const auto aes = AesCbc::make(*key);
    REQUIRE(aes);
    const std::string_view iv = std::string_view(*key).substr(0, AesCbc::kBlock);
    const auto cipher = decode_base64(sample.cipher);
    REQUIRE(cipher);
    const auto padded = aes->decrypt(iv, *cipher);
    REQUIRE(padded);
    const auto size = unpad(*padded, 32);
    REQUIRE(size);
    CHECK(padded->size() - *size == sample.padding);
    CHECK(std::string_view(*padded).substr(20, sample.message.size()) == sample.message);
    CHECK(encode_base64(*aes->encrypt(iv, pad(std::string_view(*padded).substr(0, *size), 32))) ==
          sample.cipher);
  }
}

TEST_CASE("a key whose last character has spare bits is refused by strict reading only") {
  constexpr std::string_view kPadded = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C=";
  constexpr std::string_view kKey = kPadded.substr(0, 43);
  CHECK(decode_base64_lenient(kKey)->size() == 32);
  CHECK_FALSE(decode_base64(kPadded));
}

TEST_CASE("a sample under another's key does not unpad to its message") {
  const auto key = decode_base64_lenient(kSamples[1].key);
  const auto aes = AesCbc::make(*key);
  const auto padded = aes->decrypt(key->substr(0, 16), *decode_base64(kSamples[0].cipher));
  REQUIRE(padded);
  CHECK_FALSE(unpad(*padded, 32));
}

TEST_CASE("a text without frame is padded and encrypted as the platform's own library does") {
  const auto key = decode_base64_lenient("4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij");
  REQUIRE(key);
  CHECK(to_hex(*key) == "e20e63eb8aa5ca5df3bdeb6ac73e638a871daf9f3a7e7db3be3a5af3396cde28");
  const auto aes = AesCbc::make(*key);
  REQUIRE(aes);
  const std::string_view iv = std::string_view(*key).substr(0, AesCbc::kBlock);
  constexpr std::string_view kPlain = "5p7b4jXMWUshiBCosucc111esssuite4xxxxxxxxxxxxxxx221";
  constexpr std::string_view kCipher =
      "DwCJ9BMxu4r+VTe9TD+AWc1yfxqs7d2YgepFe4XruMgh1+6pTjCCq4nqAM6StRcafOx5a1OfwmX3ckSBifatlA==";
  const std::string padded = pad(kPlain, 32);
  CHECK(padded == std::string(kPlain) + std::string(14, '\x0e'));
  CHECK(encode_base64(*aes->encrypt(iv, padded)) == kCipher);
  CHECK(aes->decrypt(iv, *decode_base64(kCipher)) == padded);
}

TEST_CASE("a hashed key and an IV in front of the text give the official sample in both ways") {
  const std::string key = digest(HashAlgorithm::sha256, "test key");
  CHECK(to_hex(key) == "fa2bdca424f01f01ffb48df93acc35d439c7fd331a1a7fba6ac2fd83aa9ab31a");
  const auto aes = AesCbc::make(key);
  REQUIRE(aes);
  constexpr std::string_view kCipher = "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=";
  const auto blob = decode_base64(kCipher);
  REQUIRE(blob);
  const std::string_view iv = std::string_view(*blob).substr(0, AesCbc::kBlock);
  CHECK(to_hex(iv) == "3f7ef0f9564898d80f10ed5106127a46");
  const auto padded = aes->decrypt(iv, std::string_view(*blob).substr(AesCbc::kBlock));
  REQUIRE(padded);
  CHECK(*padded == "hello world" + std::string(5, '\x05'));
  CHECK(encode_base64(std::string(iv) + *aes->encrypt(iv, pad("hello world", 16))) == kCipher);
}

TEST_CASE("plain hashes over parts agree with platforms' printed signatures") {
  // An event and an old card, signed alike but for the hash.
  constexpr std::array<std::string_view, 4> kParts{"1626947018", "64607134", "fake-xx", "{fake}"};
  CHECK(to_hex(digest_of(HashAlgorithm::sha256, kParts)) ==
        "7db78fdbc2fb617c46e713c3ec3f4b4658d94166682a80434fe557f23afcfd06");
  CHECK(to_hex(digest_of(HashAlgorithm::sha1, kParts)) ==
        "5470922ccdb44ddab796dff38ae55d2bbf446668");
  // Tickets of pages within a client.
  constexpr std::string_view kPage =
      "jsapi_ticket=ticket-demo-0001&noncestr=nonceJS01&timestamp=1735689600000"
      "&url=https://crm.example.com/h5/index.html?x=1";
  CHECK(to_hex(digest(HashAlgorithm::sha256, kPage)) ==
        "2f92cc6ac5bbfd8c438c6fe4f05153e0084a537b61453f220c47129c9ba4f7ed");
  CHECK(to_hex(digest(HashAlgorithm::sha1, kPage)) == "c5e6ddac6eb4ded09ae5324172ed13d6ae87aa3c");
  CHECK(to_hex(digest(HashAlgorithm::sha1,
                      "jsapi_ticket=617bf955832a4d4d80d9d8d85917a427&noncestr=Y7a8KkqX041bsSwT"
                      "&timestamp=1510045655000&url=https://example.cn/test/1234/content.html")) ==
        "40a68999ecf7e05907edba43b31a50fd1830c777");
  CHECK(to_hex(digest(HashAlgorithm::sha1,
                      "jsapi_ticket=617bf955832a4d4d80d9d8d85917a427&noncestr=Y7a8KkqX041bsSwT"
                      "&timestamp=1510045655000&url=https://m.haiwainet.cn/ttc/3541093/2018/0509/"
                      "content_31312407_1.html")) == "2ee6a79c182eeec8d76e7474136edb6e617b8d58");
}

TEST_CASE("keyed hashes agree with platforms' printed signatures") {
  const auto sign = [](std::string_view key, std::string_view data) {
    return encode_base64(hmac(HashAlgorithm::sha256, key, data));
  };
  // A group's custom bot, whose text is the key.
  CHECK(sign("1661860880\nxxx", "") == "QnWVTSBe6FmQDE0bG6X0mURbI+DnvVyu1h+j5dHOjrU=");
  // A robot, a sign-in and a suite.
  CHECK(sign("this is a secret", "1577262236757\nthis is a secret") ==
        "DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA=");
  CHECK(sign("testappSecret", "1546084445901") == "HCbG3xNE3vzhO+u7qCUL1jS5hsu2n5r2cFhnTrtyDAE=");
  CHECK(sign("suiteSecretDemo", "1735689600000\nticketDemo") ==
        "wZw/MMOmqHF9BTkepCGV+6Uz9ucXm6dP8Hk991yWiQM=");
}
