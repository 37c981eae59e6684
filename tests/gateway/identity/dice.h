// Chance that repeats, for the tests of who is who.
#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace guanxi::identity::tests {

// The same on every machine, which the distributions of the standard library are not.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((engine_() >> 32) * bound >> 32);
  }
  bool once_in(std::uint32_t count) { return below(count) == 0; }
  bool percent(std::uint32_t share) { return below(100) < share; }
  template <typename Value>
  const Value& of(const std::vector<Value>& values) {
    return values[below(static_cast<std::uint32_t>(values.size()))];
  }
  template <typename Value>
  void shuffle(std::vector<Value>& values) {
    for (std::size_t i = values.size(); i > 1; --i) {
      std::swap(values[i - 1], values[below(static_cast<std::uint32_t>(i))]);
    }
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace guanxi::identity::tests
