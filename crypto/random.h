// Unpredictable bytes from the operating system's generator. If it fails, the process ends: nothing
// made from predictable bytes would be safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace guanxi::crypto {

// Any thread. Has the shape of guanxi::Randomness. Small amounts are taken from a supply of the
// thread, so a process that forks must not go on to use it in both halves.
void fill_random(std::uint8_t* bytes, std::size_t size);
std::string random_bytes(std::size_t size);
// `size` random bytes as URL-safe base64 without padding.
std::string random_token(std::size_t size);

}  // namespace guanxi::crypto
