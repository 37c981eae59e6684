// The repository's own files, as the house rules see them: what git would track, minus build
// output.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace guanxi::house {

struct SourceFile {
  std::string path;  // relative to the root, with '/'
  std::string text;
};

using Complaints = std::vector<std::string>;

inline bool is_source(std::string_view path) {
  return path.ends_with(".h") || path.ends_with(".cpp");
}

inline bool is_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/';
}

inline bool is_not_ours(const std::string& name) {
  return name == ".git" || name == "build" || name.starts_with("build-") ||
         name == "node_modules" || name == "corpus" || name == "__pycache__";
}

inline std::vector<SourceFile> read_tree(const std::filesystem::path& root) {
  namespace fs = std::filesystem;
  std::vector<SourceFile> files;
  for (fs::recursive_directory_iterator it(root), end; it != end; ++it) {
    if (it->is_directory() && is_not_ours(it->path().filename().string())) {
      it.disable_recursion_pending();
      continue;
    }
    if (!it->is_regular_file()) continue;
    std::ifstream in(it->path(), std::ios::binary);
    files.push_back({fs::relative(it->path(), root).generic_string(),
                     {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()}});
  }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The code without comments; a string literal that holds "//" keeps it only as part of a URL.
inline std::string without_comments(std::string_view code) {
  std::string kept;
  for (const std::string_view line : lines_of(code)) {
    auto end = line.find("//");
    while (end != std::string_view::npos && end > 0 && line[end - 1] == ':')
      end = line.find("//", end + 2);
    kept += line.substr(0, end);
    kept += '\n';
  }
  return kept;
}

inline std::string joined(const Complaints& complaints) {
  std::string text;
  for (const std::string& complaint : complaints) text += "\n  " + complaint;
  return text;
}

}  // namespace guanxi::house
