#include "crypto/base64.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace guanxi::crypto {
namespace {

constexpr char kStandard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char kUrl[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Set in the sum of four characters as soon as one of them is not in the alphabet.
constexpr std::uint32_t kInvalid = 0x80000000;

// For each of the four places in a group: what a character adds to its 24 bits.
using DecodeTable = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr DecodeTable decode_table(const char* alphabet) {
  DecodeTable table{};
  for (auto& place : table) place.fill(kInvalid);
  for (std::uint32_t value = 0; value < 64; ++value) {
    const auto character = static_cast<unsigned char>(alphabet[value]);
    for (std::size_t place = 0; place < 4; ++place) {
      table[place][character] = value << (18 - 6 * place);
    }
  }
  return table;
}

// The two characters of every 12 bits: one look-up instead of two.
using EncodeTable = std::array<std::array<char, 2>, 4096>;

constexpr EncodeTable encode_table(const char* alphabet) {
  EncodeTable table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = {alphabet[i >> 6], alphabet[i & 63]};
  return table;
}

constexpr DecodeTable kDecodeStandard = decode_table(kStandard);
constexpr DecodeTable kDecodeUrl = decode_table(kUrl);
constexpr EncodeTable kEncodeStandard = encode_table(kStandard);
constexpr EncodeTable kEncodeUrl = encode_table(kUrl);

std::uint32_t group(const DecodeTable& table, const unsigned char* in) {
  return table[0][in[0]] | table[1][in[1]] | table[2][in[2]] | table[3][in[3]];
}

void put_three(unsigned char* out, std::uint32_t bits) {
  out[0] = static_cast<unsigned char>(bits >> 16);
  out[1] = static_cast<unsigned char>(bits >> 8);
  out[2] = static_cast<unsigned char>(bits);
}

// Text without padding.
std::optional<std::string> decode(const DecodeTable& table, std::string_view text,
                                  bool spare_bits) {
  const std::size_t rest = text.size() % 4;
  if (rest == 1) return std::nullopt;
  const std::size_t groups = text.size() / 4;
  std::string bytes(groups * 3 + (rest == 0 ? 0 : rest - 1), '\0');
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  auto* out = reinterpret_cast<unsigned char*>(bytes.data());
  std::uint32_t seen = 0;
  std::size_t i = 0;
  for (; i + 4 <= groups; i += 4, in += 16, out += 12) {
    const std::uint32_t a = group(table, in);
    const std::uint32_t b = group(table, in + 4);
    const std::uint32_t c = group(table, in + 8);
    const std::uint32_t d = group(table, in + 12);
    seen |= a | b | c | d;
    put_three(out, a);
    put_three(out + 3, b);
    put_three(out + 6, c);
    put_three(out + 9, d);
  }
  for (; i < groups; ++i, in += 4, out += 3) {
    const std::uint32_t bits = group(table, in);
    seen |= bits;
    put_three(out, bits);
  }
  if (rest != 0) {
    const std::uint32_t third = rest == 3 ? table[2][in[2]] : 0;
    const std::uint32_t bits = table[0][in[0]] | table[1][in[1]] | third;
    seen |= bits;
    const std::uint32_t spare = rest == 3 ? 0xFF : 0xFFFF;
    if (!spare_bits && (bits & spare) != 0) return std::nullopt;
    out[0] = static_cast<unsigned char>(bits >> 16);
    if (rest == 3) out[1] = static_cast<unsigned char>(bits >> 8);
  }
  if ((seen & kInvalid) != 0) return std::nullopt;
  return bytes;
}

std::string encode(const EncodeTable& table, std::string_view bytes, bool padded) {
  const std::size_t groups = bytes.size() / 3;
  const std::size_t rest = bytes.size() % 3;
  const std::size_t tail = rest == 0 ? 0 : (padded ? 4 : rest + 1);
  std::string text(groups * 4 + tail, '=');
  const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
  char* out = text.data();
  for (std::size_t i = 0; i < groups; ++i, in += 3, out += 4) {
    const auto& first = table[(std::size_t{in[0]} << 4) | (in[1] >> 4)];
    const auto& second = table[(std::size_t{in[1]} & 15) << 8 | in[2]];
    out[0] = first[0];
    out[1] = first[1];
    out[2] = second[0];
    out[3] = second[1];
  }
  if (rest != 0) {
    const std::size_t low = rest == 2 ? in[1] : 0;
    const auto& first = table[(std::size_t{in[0]} << 4) | (low >> 4)];
    out[0] = first[0];
    out[1] = first[1];
    if (rest == 2) out[2] = table[(low & 15) << 8][0];
  }
  return text;
}

// Without its padding, when that completes a group of four.
std::string_view without_padding(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return text;
  if (text.back() == '=') text.remove_suffix(1);
  if (text.back() == '=') text.remove_suffix(1);
  return text;
}

}  // namespace

std::string encode_base64(std::string_view bytes) { return encode(kEncodeStandard, bytes, true); }

std::string encode_base64_url(std::string_view bytes) { return encode(kEncodeUrl, bytes, false); }

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  return decode(kDecodeStandard, without_padding(text), false);
}

std::optional<std::string> decode_base64_lenient(std::string_view text) {
  return decode(kDecodeStandard, without_padding(text), true);
}

std::optional<std::string> decode_base64_url(std::string_view text) {
  return decode(kDecodeUrl, text, false);
}

}  // namespace guanxi::crypto
