#include "crypto/random.h"

#include <doctest/doctest.h>

#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace guanxi::crypto;

TEST_CASE("bytes are given once, in whatever amounts and threads they are asked for") {
  std::mutex mutex;
  std::set<std::string> seen;
  std::size_t asked = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      std::vector<std::string> mine;
      for (int round = 0; round < 200; ++round) {
        for (const std::size_t size : {12, 16, 33, 64, 65, 512, 4096}) {
          mine.push_back(random_bytes(size).substr(0, 12));
        }
      }
      const std::lock_guard lock(mutex);
      asked += mine.size();
      seen.insert(mine.begin(), mine.end());
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(seen.size() == asked);
}

TEST_CASE("a token is as many random bytes as asked for, safe in a URL") {
  CHECK(random_token(32).size() == 43);
  CHECK(random_token(32).find_first_of("+/=") == std::string::npos);
  CHECK(random_bytes(0).empty());
}
