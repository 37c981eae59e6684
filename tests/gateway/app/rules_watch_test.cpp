#include "gateway/app/rules_watch.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <vector>

#include "tests/support/temporary_folder.h"

using namespace guanxi;
using namespace guanxi::tests;
using namespace std::chrono_literals;

namespace {

void write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

}  // namespace

TEST_CASE("a change is told once, when what is looked at has stood still") {
  // One answer a look; the last one for ever.
  const std::vector<std::string> answers{"a", "a", "half", "whole", "whole", "whole"};
  std::size_t looks = 0;
  std::vector<std::size_t> told;
  std::promise<void> ended;
  {
    app::RulesWatch watch(
        [&] {
          if (++looks == answers.size() + 3) ended.set_value();
          return answers[std::min(looks, answers.size()) - 1];
        },
        [&] {
          told.push_back(looks);
          return true;
        },
        1ms, "a");
    ended.get_future().wait();
  }
  CHECK(told == std::vector<std::size_t>{5});
}

TEST_CASE("what changed before the watch began is told too") {
  std::promise<void> told;
  const auto tell = [&] {
    told.set_value();
    return true;
  };
  const app::RulesWatch watch([] { return std::string("new"); }, tell, 1ms, "old");
  told.get_future().wait();
}

TEST_CASE("a change that could not be taken yet is told again") {
  std::promise<int> taken;
  int times = 0;
  const auto tell = [&] {
    if (++times < 3) return false;  // as long as the store is away
    taken.set_value(times);
    return true;
  };
  const app::RulesWatch watch([] { return std::string("new"); }, tell, 1ms, "old");
  CHECK(taken.get_future().get() == 3);
}

TEST_CASE("a fingerprint differs with every file that packs are read from, and with no other") {
  const TemporaryFolder folder;
  const std::string dir = folder.file("rules");
  std::filesystem::create_directory(dir);
  CHECK(app::fingerprint_of("").empty());
  const std::string empty = app::fingerprint_of(dir);
  write(dir + "/notes.txt", "nothing");
  CHECK(app::fingerprint_of(dir) == empty);
  std::string before = empty;
  for (const char* file :
       {"/wecom/manifest.json", "/wecom/2026-12-01.json", "/wecom/rules/2026-12-02.json"}) {
    CAPTURE(file);
    write(dir + file, "{}");
    const std::string after = app::fingerprint_of(dir);
    CHECK(after != before);
    before = after;
  }
  write(dir + "/wecom/rules/2026-12-02.json", "{\"interface\": 1}");
  CHECK(app::fingerprint_of(dir) != before);
  std::filesystem::remove_all(dir + "/wecom");
  CHECK(app::fingerprint_of(dir) == empty);
}
