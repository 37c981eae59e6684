#include <doctest/doctest.h>

#include <array>
#include <cstdio>

#include "tests/house/source_tree.h"

using namespace guanxi::house;

namespace {

struct Outcome {
  int status = -1;
  std::string output;
};

Outcome run(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (!pipe) return outcome;
  std::array<char, 4096> buffer{};
  while (const auto got = fread(buffer.data(), 1, buffer.size(), pipe))
    outcome.output.append(buffer.data(), got);
  outcome.status = pclose(pipe);
  return outcome;
}

const std::string kCheck =
    "clang-format-14 --style='{BasedOnStyle: Google, ColumnLimit: 100}' --dry-run -Werror ";

}  // namespace

TEST_CASE("every source is formatted by clang-format 14 with the repository's style") {
  REQUIRE_MESSAGE(run("clang-format-14 --version").status == 0,
                  "clang-format-14 is missing: scripts/setup test installs it");
  std::string files;
  for (const SourceFile& file : read_tree(GUANXI_SOURCE_DIR))
    if (is_source(file.path)) files += " '" + file.path + "'";
  const Outcome outcome = run("cd '" GUANXI_SOURCE_DIR "' && " + kCheck + files);
  CHECK_MESSAGE(outcome.status == 0, outcome.output.substr(0, 4000));
}

TEST_CASE("an unformatted source is found") {
  CHECK(run("printf 'int  main( ){return 0;}\\n' | " + kCheck).status != 0);
  CHECK(run("printf 'int main() { return 0; }\\n' | " + kCheck).status == 0);
}
