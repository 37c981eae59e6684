#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "crypto/aes_cbc.h"
#include "crypto/base64.h"
#include "crypto/digest.h"

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
