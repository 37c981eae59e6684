// A text file compiled into the binary.
#pragma once

#include <string_view>

namespace guanxi::models {

struct EmbeddedFile {
  std::string_view path;  // relative to the embedded folder
  std::string_view text;
};

}  // namespace guanxi::models
