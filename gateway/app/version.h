// The version that --version prints; the same as the build's (a test compares them).
#pragma once

namespace guanxi::app {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace guanxi::app
