// The program's command line (contract.md, 1).
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace guanxi::app {

// The exit code: 0 done, 1 failed (one line on stderr says why), 2 wrong usage.
int run(int argc, char** argv);
// The same with other streams; `arguments` without the program's name.
int run(std::vector<std::string> arguments, std::ostream& out, std::ostream& err);

}  // namespace guanxi::app
