// Runs a fuzz target over files, and over mutations of each that depend on the file only, so that a
// failure comes back. Usage: <name>_fuzz [--mutations N] FILE_OR_FOLDER...
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kMutations = 2000;
constexpr std::size_t kLargest = 64 * 1024;

class Dice {
 public:
  explicit Dice(const std::string& seed) {
    for (const char c : seed) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  std::size_t below(std::size_t limit) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return limit == 0 ? 0 : static_cast<std::size_t>(state_ % limit);
  }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325;
};

void mutate(std::string& text, const std::vector<std::string>& all, Dice& dice) {
  const std::size_t at = dice.below(text.size() + 1);
  const std::size_t length = dice.below(std::min<std::size_t>(text.size() - at, 32) + 1);
  switch (dice.below(7)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << dice.below(8)));
      return;
    case 1:
      if (at < text.size()) text[at] = static_cast<char>(dice.below(256));
      return;
    case 2:
      text.insert(at, 1 + dice.below(3), static_cast<char>(dice.below(256)));
      return;
    case 3:
      text.erase(at, length);
      return;
    case 4:
      text.insert(dice.below(text.size() + 1), text.substr(at, length));
      return;
    case 5:
      text.resize(at);
      return;
    default: {
      const std::string& other = all[dice.below(all.size())];
      text.replace(at, length, other, dice.below(other.size() + 1), 1 + dice.below(64));
    }
  }
}

void run(const std::string& text) {
  // A copy of exactly that size, so that a sanitizer sees every byte read beyond it.
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int count, char** words) {
  std::size_t mutations = kMutations;
  std::vector<std::filesystem::path> paths;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(words[i], "--mutations") == 0 && i + 1 < count) {
      mutations = static_cast<std::size_t>(std::atol(words[++i]));
    } else if (std::filesystem::is_directory(words[i])) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(words[i])) {
        if (entry.is_regular_file()) paths.push_back(entry.path());
      }
    } else {
      paths.emplace_back(words[i]);
    }
  }
  std::ranges::sort(paths);
  std::vector<std::string> all;
  for (const auto& path : paths) all.push_back(read(path));
  if (all.empty()) {
    std::fprintf(stderr, "nothing to replay\n");
    return 2;
  }
  for (const std::string& original : all) {
    run(original);
    Dice dice(original);
    std::string text = original;
    for (std::size_t i = 0; i < mutations; ++i) {
      // A few mutations on top of each other, then from the start again.
      if (i % 8 == 0 || text.size() > kLargest) text = original;
      mutate(text, all, dice);
      run(text);
    }
  }
  std::printf("%zu inputs, %zu mutations of each\n", all.size(), mutations);
}
